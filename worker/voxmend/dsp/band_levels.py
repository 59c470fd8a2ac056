"""A voice and the rest of its mixture in bands over time: what voice activity is read from.

Frames lie 20 ms apart and are placed by time, not by whole hops, so that an hour at any rate does
not drift. Everything is a sum over the cells of a band: power of the voice, power of the rest, and
how much of the two is in phase.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor

from .stft import common, power

STEP_S = 0.02
"""From one frame to the next."""

WINDOW_S = 2048 / 44_100
"""Of the short-time spectrum: fine enough for the partials of a low voice."""

EDGES_HZ = (60, 150, 250, 350, 450, 600, 800, 1000, 1300, 1700, 2200, 2900, 3800, 5000, 6500, 8500,
            11_000)  # fmt: skip
"""Of the bands: as wide as hearing's critical bands, up to where Spleeter's networks end."""

BANDS = len(EDGES_HZ) - 1

AT_ONCE = 512
"""Frames whose spectra are in memory together."""


@dataclass(frozen=True, slots=True)
class BandLevels:
    """Shape of each: (bands, frames), float32.

    Attributes:
        voice: power, channels together.
        rest: power of mixture minus voice.
        common: real part of voice times conjugate rest: positive where the two are in phase.
    """

    voice: Tensor
    rest: Tensor
    common: Tensor


def reach(rate: int) -> int:
    """Samples to either side of a frame's middle that it hears."""
    return round(WINDOW_S * rate / 2)


def frames_of(samples: int, rate: int) -> int:
    """Frames in a clip: the first in the middle of its first sample, none behind its end.

    Examples:
        >>> frames_of(44_100, 44_100)
        50
    """
    return max(1, ceil(samples / (STEP_S * rate) - 1e-9))


def band_levels(voice: Tensor, mix: Tensor, rate: int, first: int, frames: int) -> BandLevels:
    """Read a stretch of a clip.

    Args:
        voice, mix: float32, from ``reach`` samples before the middle of frame ``first`` to at least
            as far behind the middle of the last one. Shape: (channels, samples).
        first: number of the first frame in the clip; its middle lies at ``first`` · 20 ms.
        frames: how many.
    """
    size = 2 * reach(rate)
    places = ((torch.arange(frames) + first).double() * (STEP_S * rate)).round().long()
    places = (places - places[0]).to(voice.device)
    window = torch.hann_window(size, device=voice.device)
    member = _members(size, rate, voice.device)
    inside = torch.arange(size, device=voice.device)
    parts = []
    for begin in range(0, frames, AT_ONCE):
        index = places[begin : begin + AT_ONCE, None] + inside
        own, both = (torch.fft.rfft(sound[:, index] * window) for sound in (voice, mix))
        rest = both - own
        cells = power(own), power(rest), common(own, rest)
        parts.append(torch.stack([each.sum(0) @ member for each in cells]))
    found = torch.cat(parts, dim=1).mT.contiguous()
    return BandLevels(*found)


def _members(size: int, rate: int, device: torch.device) -> Tensor:
    """Which bins lie in which band, 0 or 1. Shape: (bins, bands)."""
    frequency = torch.arange(size // 2 + 1, device=device) * (rate / size)
    edges = torch.tensor(EDGES_HZ, device=device, dtype=frequency.dtype)
    inside = (frequency[:, None] >= edges[:-1]) & (frequency[:, None] < edges[1:])
    return inside.float()
