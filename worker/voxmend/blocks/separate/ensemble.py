"""Several separators, one voice: their complex ratio masks combined bin by bin.

A member's mask is S·X*/|X|², and mask times mixture is S itself: so the average of masks is that of
waveforms, best by SDR (Fabbro et al., TISMIR 2024), and nothing here divides by the mixture. It
only bounds what members do not agree on. A member has no say above its own band.

The runner runs the members first and stacks their voices in front. Always holds: one member comes
back untouched, members that agree are that member, zero lag, gain in = gain out, and the channels
of a bin are treated alike, so that a voice keeps its place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ...dsp.curves import TINY
from ...dsp.stft import hertz, istft, power, stft, together
from ..contract import Combiner, CombinerParams
from ..registry import register

WINDOW_S = 0.093
"""Longest STFT window: parts two partials 22 Hz apart. The average does not depend on it."""

FADE = (0.90, 0.95)
"""Where a member's weight falls from 1 to 0, in parts of its highest frequency: done before the
resampler's slope (-4 dB at 0.952), and 900 Hz wide at 17.6 kHz, so that it rings for 1 ms."""

NOTHING = 1e-6
"""A weight this part of the largest is 0: 120 dB down, and alone in its band still a float32."""

TIE = 0.5 + 1e-4
"""A weighted median has no more than half the weight on either side, rounding aside."""

RULES = ("average", "median", "max", "min")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleParams(CombinerParams):
    """Who takes part and how their masks combine.

    Attributes:
        weights: one number for each member of the plan, separated by spaces; empty: all 1. A
            member of weight 0 takes no part. They count in ``average`` and ``median``.
        rule: ``average``, ``median`` (of the parts in phase with the average and a quarter turn
            from it), ``max`` or ``min`` (the member that is loudest, or quietest, in each bin).
        bound: largest magnitude of a member's mask, or that of the quietest if larger. Above 0.
    """

    rule: str = "average"
    bound: float = 2.0

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise BadRequest(f"rule is “{self.rule}”; give one of {', '.join(RULES)}.")
        if not 0 < self.bound < math.inf:
            raise BadRequest(f"bound is {self.bound:g}; give a number above 0, such as 2.")
        if not self.weights.strip():
            return
        try:
            weights = [float(word) for word in self.weights.split()]
        except ValueError:
            raise BadRequest(
                f"weights are “{self.weights}”; give numbers separated by spaces, such as 1 0.5."
            ) from None
        if not all(0 <= weight < math.inf for weight in weights) or not any(weights):
            raise BadRequest(
                f"weights are “{self.weights}”; give numbers of 0 or more, at "
                "least one of them above 0."
            )


@register
class Ensemble(Combiner):
    """``separate.ensemble``: the members' masks, combined."""

    name = "separate.ensemble"
    context_s = 1.0
    params = EnsembleParams

    def combine(self, mix: Tensor, voices: Tensor, params: EnsembleParams) -> Tensor:
        """One voice.

        Args:
            mix: float32. Shape: (batch, channels, samples).
            voices: Shape: (members, batch, channels, samples).
            params: ``weights`` and ``limits_hz`` empty or as long as there are members.
        """
        weights = [float(word) for word in params.weights.split()] or [1.0] * len(voices)
        limits = params.limits_hz or (math.inf,) * len(voices)
        if not len(voices) == len(weights) == len(limits):
            raise ValueError("an ensemble needs one weight and one limit for each member")
        part = [n for n, weight in enumerate(weights) if weight > NOTHING * max(weights)]
        samples = mix.shape[-1]
        if len(part) == 1:  # not masked, so that what it put beside the mixture stays
            return voices[part[0]].clone()

        # One spectrum of all, so that all are brought to the same level.
        everything = torch.cat([mix, *voices[part]], dim=1)
        spectrum, level = stft(everything, params.rate, WINDOW_S)
        heard, *members = spectrum.chunk(1 + len(part), dim=1)
        frequency = hertz(heard.shape[-2], params.rate, mix.device)[:, None]
        band = reach([limits[n] for n in part], frequency)
        share = band * band.new_tensor([weights[n] / max(weights) for n in part])[:, None, None]
        share = share / share.sum(0)

        sizes = [size(member) for member in members]
        # The bound is for what one member made up, before it outweighs the rest in the mean. Where
        # even the quietest is above it, voice and band cancel in the mixture: two perfect members
        # would give 43 dB SDR.
        most = torch.maximum(params.bound * size(heard), quietest(sizes, band))
        held = [(most / own.clamp_min(TINY)).clamp_max(1) for own in sizes]
        mean = torch.zeros_like(heard)
        for member, weight, gain in zip(members, share, held, strict=True):
            parts(mean).addcmul_(parts(member), (weight * gain)[..., None])
        found = mean
        if params.rule != "average":
            for member, gain in zip(members, held, strict=True):
                parts(member).mul_(gain[..., None])
            if params.rule == "median":
                found = median(members, share, mean)
            else:
                signs = 1 if params.rule == "max" else -1
                found = loudest(members, [signs * own for own in sizes], band)
        return istft(found, samples) * level


def reach(limits: list[float], frequency: Tensor) -> Tensor:
    """How far each member has a say: 1 in its band, 0 above, a raised cosine between.

    Those that reach highest never fade: there is nobody to hand over to, and above their limit
    they hold nothing. So equal limits, or limits above half the clip's rate, change nothing.
    Shape: (bins, 1) to (members, bins, 1).
    """
    limits = [min(limit, float(frequency[-1])) for limit in limits]
    curves = []
    for limit in limits:
        start, end = (edge * limit for edge in FADE)
        down = ((frequency - start) / (end - start)).clamp(0, 1)
        fading = 0.5 + 0.5 * torch.cos(math.pi * down)
        curves.append(torch.ones_like(fading) if limit == max(limits) else fading)
    return torch.stack(curves)


def size(spectrum: Tensor) -> Tensor:
    """Magnitude of all channels. Shape: (batch, any, bins, frames) to (batch, 1, bins, frames)."""
    return together(power(spectrum), 1).sqrt()[:, None]


def parts(spectrum: Tensor) -> Tensor:
    """The same numbers as pairs of real ones: torch takes a real factor of a complex number for a
    complex one, and twice the time. Shape: (..., 2)."""
    return torch.view_as_real(spectrum)


def quietest(sizes: list[Tensor], band: Tensor) -> Tensor:
    """The least size in each bin, of members whose weight has not begun to fall. Shapes as in
    ``loudest``; (batch, 1, bins, frames)."""
    least = torch.full_like(sizes[0], torch.inf)
    for own, inside in zip(sizes, band == 1, strict=True):
        least = torch.minimum(least, own.masked_fill(~inside, torch.inf))
    return least


def loudest(members: list[Tensor], sizes: list[Tensor], band: Tensor) -> Tensor:
    """The member of the largest size in each bin, of those whose weight has not begun to fall.

    Args:
        members: what to choose from, each (batch, any, bins, frames).
        sizes: what to choose by, each (batch, 1, bins, frames).
        band: from ``reach``; at least one is 1 in each bin. Shape: (members, bins, 1).
    """
    best = torch.full_like(sizes[0], -torch.inf)
    found = torch.zeros_like(members[0])
    for member, own, inside in zip(members, sizes, band == 1, strict=True):
        better = inside & (own > best)
        best = torch.where(better, own, best)
        found = torch.where(better, member, found)
    return found


def median(members: list[Tensor], share: Tensor, mean: Tensor) -> Tensor:
    """Weighted median of real and imaginary part, turned to the phase of the mean.

    Turned, because a median of parts as they stand would depend on where the window begins, and
    would move a panned voice. Two members of equal weight give their mean.

    Args:
        members: each (batch, channels, bins, frames).
        share: weights that sum to 1. Shape: (members, bins, 1).
        mean: the weighted mean, shape of a member.
    """
    turn = torch.where(mean == 0, 1, mean.sgn())
    turned = [torch.view_as_real(member * turn.conj()) for member in members]
    weighed = list(zip(turned, share[..., None], strict=True))
    taken, total = torch.zeros_like(turned[0]), torch.zeros_like(turned[0])
    for value, own in weighed:  # each against each: a sort takes three times the memory
        below, above = torch.zeros_like(value), torch.zeros_like(value)
        for other, weight in weighed:
            below += weight * (other < value)
            above += weight * (other > value)
        middle = own * ((below <= TIE) & (above <= TIE))
        total += middle * value
        taken += middle
    return torch.view_as_complex(total / taken) * turn
