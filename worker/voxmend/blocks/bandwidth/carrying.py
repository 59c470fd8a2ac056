"""What a generator's highs become: the mixture's own, as loud as the generator says and no louder.

A generator (a mirror, SpeechSR, VoiceFixer) only guesses how loud the voice is above the edge. With
a mixture the guess is a prior: what is added is M − V there, its phase and its image, cell by cell
at most c·|G|. c brings the guess to the level of the mixture: a low quantile of |M − V|/|G| per
band over the loud frames nearby and at most 1, so that hi-hats do not lift it; the more surely the
mixture above the edge is the voice alone, the more it is believed. Where it does not hold the voice
there, see ``voice_above``, nothing is added. Without a mixture the guess itself is spliced in. For
the blocks of stage B.

Always holds: highs are added and nothing else; where nothing is added the voice stays as it was,
bit for bit; same shape, zero lag, gain in = gain out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from ..stft import TINY, hertz, hop_samples, in_frames, istft, power, stft
from .edge import find_edge, find_edges
from .voice_above import Cues, cues, evidence, plainness, quantile_around, sureness
from .voice_above import mean_over_time as mean_over_time

WINDOW_S = 0.024
"""Longest STFT window: highs are consonants and live in milliseconds."""

CALIBRATION_S = 0.7
"""Reach of the calibration each way."""

BAND_HZ = 1000.0
"""Width of a band of the calibration."""

LOW, HIGH = 0.2, 0.9
"""Quantile of |M − V|/|G|: the loud frames in which the backing says least; and where there is no
backing."""

HOTTER = 8.0
"""c at most, where there is no backing: a guess may be 18 dB too cold."""

LOUD = 0.03
"""A frame counts as loud within 15 dB of the loudest within reach."""

BLUR_HZ = 250.0
"""Reach of the mean of |G|², each way: its lines are not the voice's."""


@dataclass(frozen=True)
class Heard:
    """A batch of windows as a block of stage B hears it. Spectra have shape (batch, channels, bins,
    STFT frames) and one level: that at which the voice has peak 1.

    Attributes:
        voice: its spectrum.
        mix: the mixture's, or None.
        edges: where the voice's highs were cut off, Hz, 0 = nowhere. Shape: (batch, STFT frames).
        level: the voice's own peak. Shape: (batch, 1, 1).
        rate: samples per second.
        samples: in a window.
    """

    voice: Tensor
    mix: Tensor | None
    edges: Tensor
    level: Tensor
    rate: int
    samples: int

    @property
    def frequency(self) -> Tensor:
        """Middle of each bin, Hz. Shape: (bins,)."""
        return hertz(self.voice.shape[-2], self.rate, self.voice.device)

    @property
    def per_second(self) -> float:
        """STFT frames in a second."""
        return self.rate / hop_samples(self.voice.shape[-2])

    @property
    def above(self) -> Tensor:
        """Cells above the edge, where there is one. Shape: (batch, 1, bins, STFT frames), bool."""
        edges = self.edges[:, None, None]
        return (edges > 0) & (self.frequency[:, None] >= edges)

    @property
    def rest(self) -> Tensor:
        """M − V. Shape: as ``voice``."""
        if self.mix is None:
            raise ValueError("there is no mixture")
        return self.mix - self.voice

    @cached_property
    def cues(self) -> Cues:
        """What speaks for the voice in M − V above the edge."""
        voice, rest = (power(each).sum(1) for each in (self.voice, self.rest))
        return cues(voice, rest, self.frequency, self.edges, self.per_second)

    @cached_property
    def evidence(self) -> Tensor:
        """How surely the mixture holds the voice there. Shape: (batch, bins, STFT frames)."""
        return evidence(self.cues, self.voice.shape[-2])

    @property
    def hopeless(self) -> bool:
        """Whether nothing can be added, whatever a generator says."""
        if not bool(self.edges.any()):
            return True
        return self.mix is not None and not bool((sureness(self.evidence) > 0).any())

    @property
    def cutoff(self) -> Tensor:
        """``edges`` in frames of 10 ms, for the evidence. Shape: (batch, frames)."""
        hop = hop_samples(self.voice.shape[-2])
        return in_frames(self.edges, self.samples, self.rate, hop)


def hear(voice: Tensor, mix: Tensor | None, rate: int) -> Heard:
    """Look at a batch of windows.

    Args:
        voice: float32. Shape: (batch, channels, samples).
        mix: the mixture, same shape, or None.
    """
    spectrum, level = stft(voice, rate, WINDOW_S)
    frequency = hertz(spectrum.shape[-2], rate, voice.device)
    seen = power(spectrum).sum(1)
    if mix is None:  # nothing can say whether a part of it is only dark
        edges = find_edge(seen, frequency)[:, None].expand(-1, seen.shape[-1])
        return Heard(spectrum, None, edges, level, rate, voice.shape[-1])
    edges = find_edges(seen, frequency, rate / hop_samples(spectrum.shape[-2]))
    donor = at_level(mix, level, rate)
    return Heard(spectrum, donor, edges, level, rate, voice.shape[-1])


def at_level(sound: Tensor, level: Tensor, rate: int) -> Tensor:
    """The spectrum of another sound, in units of the voice's peak: ``Heard.level``."""
    spectrum, own = stft(sound, rate, WINDOW_S)
    return spectrum * (own / level)[..., None].clamp_max(1e6)


def highs(heard: Heard, guess: Tensor) -> Tensor:
    """What is to be added to the voice.

    Args:
        guess: a generator's spectrum of the voice at the voice's level; what it holds below the
            edge does not count. Shape: as ``heard.voice``.

    Returns:
        float32. Shape: (batch, channels, samples).
    """
    made = guess * heard.above
    if heard.mix is None:
        # An edge is a slope: what the voice still holds there is not made twice.
        made = made * (1 - heard.voice.abs() / made.abs().clamp_min(TINY)).clamp_min(0)
    else:
        made = carried(made, heard)
    return istft(made, heard.samples) * heard.level


def carried(guess: Tensor, heard: Heard) -> Tensor:
    """The mixture's own highs, no louder than the calibrated guess.

    Args:
        guess: a generator's highs, 0 below the edge. Shape: as ``heard.voice``.
    """
    rest, found = heard.rest, heard.evidence
    width = float(heard.frequency[1])
    size, blur = max(1, round(BAND_HZ / width)), max(1, round(BLUR_HZ / width))
    told = blurred(guess.abs().square(), blur) * heard.above
    plain = plainness(found)
    c = calibration(told, rest, plain, size, round(CALIBRATION_S * heard.per_second))
    wanted = (c * told.sqrt() - heard.voice.abs()).clamp_min(0) * sureness(found)[:, None]
    return rest * (torch.minimum(wanted, rest.abs()) / rest.abs().clamp_min(TINY))


def restrained(guess: Tensor, prior: Tensor, heard: Heard) -> Tensor:
    """A guess no louder than a prior, band by band: for a voice that is alone.

    Args:
        guess: a generator's spectrum. Shape: as ``heard.voice``.
        prior: what the voice's own envelope suggests, such as the mirror's; same shape.
    """
    size = max(1, round(BAND_HZ / float(heard.frequency[1])))
    reach = round(CALIBRATION_S * heard.per_second)
    loud, usual = (
        mean_over_time(banded(each.abs().square() * heard.above, size).flatten(0, 1), reach)
        for each in (guess, prior)
    )
    gain = (usual / loud.clamp_min(TINY)).sqrt().clamp_max(1)
    gain = gain.view(*guess.shape[:2], *gain.shape[1:])
    return guess * gain.repeat_interleave(size, -2)[..., : guess.shape[-2], :]


def calibration(told: Tensor, rest: Tensor, plain: Tensor, size: int, reach: int) -> Tensor:
    """c, for each cell.

    Args:
        told: |G|², 0 below the edge. Shape: (batch, channels, bins, frames).
        rest: M − V, same shape.
        plain: how much the mixture is the voice alone, 0..1. Shape: (batch, bins, frames).
        size: bins in a band.
        reach: frames each way.
    """
    bins, frames = told.shape[-2:]
    reach = min(reach, frames - 1)
    inside = banded((told > 0).to(told.dtype), size).clamp_min(TINY)
    one, other = (
        banded(power * (told > 0), size) / inside for power in (told, rest.abs().square())
    )
    loudest = F.max_pool1d(one.flatten(0, 1), 2 * reach + 1, 1, reach).view_as(one)
    ratio = (other / one.clamp_min(TINY)).sqrt()
    loud = (one > LOUD * loudest) & (one > TINY)
    alone = banded(plain[:, None], size)
    low, high = (
        quantile_around(ratio.flatten(0, 1), loud.flatten(0, 1), q, reach).view_as(ratio)
        for q in (LOW, HIGH)
    )
    c = torch.lerp(low.clamp_max(1), high.clamp_max(HOTTER), alone)
    return c.repeat_interleave(size, -2)[..., :bins, :]


def blurred(power: Tensor, reach: int) -> Tensor:
    """Mean over up to 2·reach + 1 bins. Shape: (batch, channels, bins, frames), kept."""
    rows = power.transpose(-1, -2).flatten(0, 1)
    rows = F.avg_pool1d(rows, 2 * reach + 1, 1, reach, count_include_pad=False)
    return rows.view(*power.shape[:2], *rows.shape[1:]).transpose(-1, -2)


def banded(power: Tensor, size: int) -> Tensor:
    """Mean power of bands of so many bins. Shape: (batch, channels, bins, frames) to (batch,
    channels, bands, frames); the last band may be short."""
    return F.avg_pool2d(power, (size, 1), ceil_mode=True)
