"""What a generator's highs become: the mixture's own, as loud as the generator says and no louder.

A generator (a mirror, SpeechSR, VoiceFixer) only guesses how loud the voice is above the edge. With
a mixture the guess is a prior: min(c·|G|, |M|) with the mixture's phase, where c, a low quantile of
|M|/|G| per band over the loud frames nearby and at most 1, keeps hi-hats from lifting it, and
nothing at all where the mixture's highs do not rise and fall with the voice. Without one, the
guess itself is spliced in. For the blocks of stage B.

Always holds: highs are added and nothing else; where nothing is added the voice stays as it was,
bit for bit; same shape, zero lag, gain in = gain out.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..stft import TINY, hertz, hop_samples, in_frames, istft, stft
from .edge import find_edges

WINDOW_S = 0.024
"""Longest STFT window: highs are consonants and live in milliseconds."""

CALIBRATION_S = 0.7
"""Reach of the calibration each way."""

BAND_HZ = 1000.0
"""Width of a band of the calibration."""

LOW = 0.2
"""Quantile of |M|/|G|: the loud frames in which the backing says least."""

LOUD = 0.03
"""A frame counts as loud within 15 dB of the loudest within reach."""

TRUST_S = 1.5
"""Reach of the comparison of envelopes each way: some five syllables."""

ALIKE = 0.3, 0.6
"""Correlation of the envelopes below which all is refused, and above which nothing is."""

DEEP = 1e-6
"""Envelopes are compared down to 60 dB below their loudest frame."""


@dataclass(frozen=True, slots=True)
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
    edges = find_edges(spectrum.abs().square().sum(1), frequency)
    donor = None if mix is None else at_level(mix, level, rate)
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
    if heard.mix is not None:
        sure = trust(made, heard.mix, round(TRUST_S * heard.per_second))
        reach = round(CALIBRATION_S * heard.per_second)
        made = sure * carried(made, heard.mix, heard.frequency, reach)
    # An edge is a slope: what the voice still holds there is not made twice.
    made = made * (1 - heard.voice.abs() / made.abs().clamp_min(TINY)).clamp_min(0)
    return istft(made, heard.samples) * heard.level


def trust(guess: Tensor, donor: Tensor, reach: int) -> Tensor:
    """Whether the mixture's highs rise and fall with the voice: correlation of the levels in dB.

    Args:
        guess: a generator's highs, 0 below the edge. Shape: (batch, channels, bins, frames).
        donor: the mixture, same shape.
        reach: frames each way.

    Returns:
        0..1. Shape: (batch, 1, 1, frames).
    """
    made = guess.abs().amax((1, 3), keepdim=True) > 0
    told = guess.abs().square().sum((1, 2))
    heard = (donor.abs().square() * made).sum((1, 2))
    one, other = (
        10 * torch.log10(power + DEEP * power.amax(-1, keepdim=True) + TINY)
        for power in (mean_over_time(told, 2), mean_over_time(heard, 2))
    )
    one, other = one - mean_over_time(one, reach), other - mean_over_time(other, reach)
    spread = mean_over_time(one.square(), reach) * mean_over_time(other.square(), reach)
    alike = mean_over_time(one * other, reach) / spread.sqrt().clamp_min(1e-6)
    return ((alike - ALIKE[0]) / (ALIKE[1] - ALIKE[0])).clamp(0, 1)[:, None, None]


def mean_over_time(curve: Tensor, reach: int) -> Tensor:
    """Mean over up to 2·reach + 1 frames. Shape: (batch, frames), kept."""
    reach = min(reach, curve.shape[-1] - 1)
    return F.avg_pool1d(curve, 2 * reach + 1, 1, reach, count_include_pad=False)


def carried(guess: Tensor, donor: Tensor, frequency: Tensor, reach: int) -> Tensor:
    """The mixture's own highs, no louder than the calibrated guess: min(c·|G|, |M|).

    Args:
        guess: a generator's highs, 0 below the edge. Shape: (batch, channels, bins, frames).
        donor: the mixture, same shape.
        reach: of the calibration, frames each way.
    """
    bins, frames = guess.shape[-2:]
    size = max(1, round(BAND_HZ / float(frequency[1])))
    reach = min(reach, frames - 1)
    told, heard = (banded(x.abs().square(), size) for x in (guess, donor))
    loudest = F.max_pool1d(told.flatten(0, 1), 2 * reach + 1, 1, reach).view_as(told)
    ratio = (heard / told.clamp_min(TINY)).sqrt()
    ratio = ratio.masked_fill(told < LOUD * loudest, torch.inf)
    # c moves as slowly as its reach: five places in it are enough, and 50 times less to sort.
    step = max(1, reach // 5)
    near = F.pad(ratio, (reach, reach + step), value=torch.inf).unfold(-1, 2 * reach + 1, step)
    rank = (LOW * (near.isfinite().sum(-1) - 1).clamp_min(0)).long()
    low = near.sort(-1).values.gather(-1, rank[..., None])[..., 0].clamp_max(1)
    c = low.repeat_interleave(step, -1)[..., :frames].repeat_interleave(size, -2)[..., :bins, :]
    return donor * (torch.minimum(c * guess.abs(), donor.abs()) / donor.abs().clamp_min(TINY))


def banded(power: Tensor, size: int) -> Tensor:
    """Mean power of bands of so many bins. Shape: (batch, channels, bins, frames) to (batch,
    channels, bands, frames); the last band may be short."""
    return F.avg_pool2d(power, (size, 1), ceil_mode=True)
