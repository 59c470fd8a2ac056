"""What a generator's highs become: the mixture's own, as loud as the generator says and no louder.

A generator (a mirror, SpeechSR, VoiceFixer) only guesses how loud the voice is above the edge. With
V the voice, M the mixture and G the guess, what is added in each cell above the edge is

    min(max(c·|G| − |V|, 0) · admits(score), |M − V|) · e^(j·∠(M − V))

so that phase and image are the mixture's. c brings the guess to the level of the mixture: a low
quantile of |M − V| / |G| per band over the loud frames nearby and at most 1, so that hi-hats do not
lift it; the more surely the mixture above the edge is the voice alone, the more it is believed. The
score says whether the mixture holds the voice there, see ``dsp.voice_above``. Without a mixture the
guess itself is spliced in. For the blocks of stage B.

Always holds: highs are added and nothing else; where nothing is added the voice stays as it was,
bit for bit; same shape, zero lag, gain in = gain out.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...dsp.above_edge import AboveEdge
from ...dsp.bands import mean_in_bands, mean_over_bins
from ...dsp.curves import TINY, mean_over_time, quantile_around
from ...dsp.stft import istft
from ...dsp.voice_above import SCORE_ADMITS, SCORE_ALONE
from ..contract import LOSS

CALIBRATION_S = 0.7
"""Reach of the calibration each way."""

BAND_HZ = 1000.0
"""Width of a band of the calibration."""

SPARES = (LOSS,)
"""What the guard does not ask the blocks of stage B for: they carry the voice on the mixture's
phase, so what the mixture keeps is coherent with it and would be called loss."""

LOW, HIGH = 0.2, 0.9
"""Quantile of |M − V|/|G|: the loud frames in which the backing says least; and where there is no
backing."""

HOTTER = 8.0
"""c at most, where there is no backing: a guess may be 18 dB too cold."""

LOUD = 0.03
"""A frame counts as loud within 15 dB of the loudest within reach."""

BLUR_HZ = 250.0
"""Reach of the mean of |G|², each way: its lines are not the voice's."""


def highs(seen: AboveEdge, guess: Tensor) -> Tensor:
    """What is to be added to the voice.

    Args:
        guess: a generator's spectrum of the voice at the voice's level; what it holds below the
            edge does not count. Shape: as ``seen.voice``.

    Returns:
        float32. Shape: (batch, channels, samples).
    """
    made = guess * seen.above
    if seen.mix is None:
        # An edge is a slope: what the voice still holds there is not made twice.
        made = made * (1 - seen.voice.abs() / made.abs().clamp_min(TINY)).clamp_min(0)
    else:
        made = carried(made, seen)
    return istft(made, seen.samples) * seen.level


def carried(guess: Tensor, seen: AboveEdge) -> Tensor:
    """The mixture's own highs, no louder than the calibrated guess.

    Args:
        guess: a generator's highs, 0 below the edge. Shape: as ``seen.voice``.
    """
    rest, admits = seen.rest, SCORE_ADMITS(seen.score)
    width = float(seen.frequency[1])
    size, blur = max(1, round(BAND_HZ / width)), max(1, round(BLUR_HZ / width))
    power = mean_over_bins(guess.abs().square(), blur) * seen.above
    reach = round(CALIBRATION_S * seen.per_second)
    c = calibration(power, rest, SCORE_ALONE(seen.score), size, reach)
    wanted = (c * power.sqrt() - seen.voice.abs()).clamp_min(0) * admits[:, None]
    return rest * (torch.minimum(wanted, rest.abs()) / rest.abs().clamp_min(TINY))


def restrained(guess: Tensor, prior: Tensor, seen: AboveEdge) -> Tensor:
    """A guess no louder than a prior, band by band: for a voice that is alone.

    Args:
        guess: a generator's spectrum. Shape: as ``seen.voice``.
        prior: what the voice's own envelope suggests, such as the mirror's; same shape.
    """
    size = max(1, round(BAND_HZ / float(seen.frequency[1])))
    reach = round(CALIBRATION_S * seen.per_second)
    loud, usual = (
        mean_over_time(mean_in_bands(each.abs().square() * seen.above, size).flatten(0, 1), reach)
        for each in (guess, prior)
    )
    gain = (usual / loud.clamp_min(TINY)).sqrt().clamp_max(1)
    gain = gain.view(*guess.shape[:2], *gain.shape[1:])
    return guess * gain.repeat_interleave(size, -2)[..., : guess.shape[-2], :]


def calibration(guess: Tensor, rest: Tensor, alone: Tensor, size: int, reach: int) -> Tensor:
    """c, for each cell.

    Args:
        guess: |G|², 0 below the edge. Shape: (batch, channels, bins, frames).
        rest: M − V, same shape.
        alone: how much the mixture is the voice alone, 0..1. Shape: (batch, bins, frames).
        size: bins in a band.
        reach: frames each way.
    """
    bins, frames = guess.shape[-2:]
    reach = min(reach, frames - 1)
    above = guess > 0
    inside = mean_in_bands(above.to(guess.dtype), size).clamp_min(TINY)
    made, held = (
        mean_in_bands(power * above, size) / inside for power in (guess, rest.abs().square())
    )
    loudest = F.max_pool1d(made.flatten(0, 1), 2 * reach + 1, 1, reach).view_as(made)
    ratio = (held / made.clamp_min(TINY)).sqrt()
    loud = (made > LOUD * loudest) & (made > TINY)
    low, high = (
        quantile_around(ratio.flatten(0, 1), loud.flatten(0, 1), q, reach).view_as(ratio)
        for q in (LOW, HIGH)
    )
    share = mean_in_bands(alone[:, None], size)
    c = torch.lerp(low.clamp_max(1), high.clamp_max(HOTTER), share)
    return c.repeat_interleave(size, -2)[..., :bins, :]
