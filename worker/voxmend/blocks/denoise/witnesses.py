"""What in a voice is not the voice's, told by witnesses that know nothing of each other.

``in_common`` compares the voice with the rest of the mixture, M − V: what a separator let through
moves with the rest, phase and all, while a voice, its room, its double and its choir do not, nor
does a phase error (there the correlation is negative). ``chirps`` finds gaps strewn with lone
cells, as musical noise leaves them. ``steady`` finds the noise floor of a recording.
``denoise.deepfilternet`` asks them before it believes its network.

Always holds: channels together, frames of 10 ms, no number here depends on the level.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from ..stft import TINY
from .gate import noise_floor

LOWEST_HZ, HIGHEST_HZ = 100.0, 16_000.0
"""Third octaves between; one band below and one above."""

NEAR = 25
"""Frames each way over which two sounds are compared: 0.5 s. Of two strangers one band in a
hundred then correlates by more than .15 to .2."""

FAR = 75
"""Frames each way of the verdict over all bands: 1.5 s. Over four voices, clean, doubled, in
rooms, with choirs or with a phase error of 1 rad, it stays below .2; with bleed of any kind it is
.28 or more where the bleed counts."""

STRANGERS, KIN = 0.15, 0.35
"""Correlation in a band up to which nothing, and from which all is called common."""

DOUBT, SURE = 0.25, 0.35
"""The same of the verdict over all bands."""

CHIRP_HZ = 300.0, 8000.0
AROUND = 15, 9
"""Bins and frames around a cell: 375 Hz by 90 ms."""

OVER_DB = 12.0
"""By so much a lone cell stands over the mean level around it."""

OVERSHOOT = 1.5
"""A lone cell is lowered by so much more than it stands over: the mean around holds chirps too."""

RARE, MANY = 0.12, 0.18
"""Share of such cells in calm frames. Musical noise at −35 to −25 dB leaves .21 to .28, clean
gaps, rooms, choirs and bleed of separators up to .10."""

CALM = 50
"""Frames each way over which lone cells are counted: 1 s."""

FLOOR_RANGE = 6.0
"""Power up to so many times the believed noise floor, which is half the noise's mean, is noise."""


def bands(frequency: Tensor) -> Tensor:
    """Which bins lie in which third octave, 0 or 1. Shape: (bands, bins)."""
    width = float(frequency[1])
    edges, edge = [0], LOWEST_HZ
    while edge < min(HIGHEST_HZ, float(frequency[-1])):
        edges.append(round(edge / width))
        edge *= 2 ** (1 / 3)
    edges = sorted({*edges, len(frequency)})
    member = torch.zeros(len(edges) - 1, len(frequency), device=frequency.device)
    for row, (low, high) in enumerate(pairwise(edges)):
        member[row, low:high] = 1
    return member


def in_common(
    voice: Tensor, rest: Tensor, weight: Tensor, frequency: Tensor
) -> tuple[Tensor, Tensor]:
    """What the voice shares with the rest of the mixture.

    Args:
        voice, rest: spectra of V and M − V. Shape: (channels, bins, frames).
        weight: cells that count, 0..1: those that somebody takes for foreign. Shape: (bins,
            frames).

    Returns:
        How surely a cell's band holds the rest, 0..1, and the cell's magnitude that this explains.
        Shape: (bins, frames) each.
    """
    member = bands(frequency)
    own, other = (s.abs().square().sum(0) for s in (voice, rest))
    shared = (voice * rest.conj()).real.sum(0)
    near, one, two = (
        mean_over_time(member @ (weight * power), NEAR) for power in (shared, own, other)
    )
    alike = near / (one * two).sqrt().clamp_min(TINY)
    size = one.clamp_min(0).sqrt()
    overall = mean_over_time((alike * size).sum(0, keepdim=True), FAR) / mean_over_time(
        size.sum(0, keepdim=True), FAR
    ).clamp_min(TINY)
    sure = rise(alike, STRANGERS, KIN) * rise(overall, DOUBT, SURE)
    factor = (near / two.clamp_min(TINY)).clamp_min(0) * sure
    return member.mT @ sure, (member.mT @ factor) * other.sqrt()


def chirps(power: Tensor, calm: Tensor, frequency: Tensor) -> tuple[Tensor, Tensor]:
    """Musical noise where nobody sings.

    Args:
        power: Shape: (bins, frames).
        calm: 1 where surely nobody sings, else 0. Shape: (frames,).

    Returns:
        How surely a frame holds it, 0..1, shape (frames,); and the gain that brings each lone cell,
        with the skirts that a window gives it, down to the level around it, shape (bins, frames).
    """
    level = 10 * torch.log10(power + 1e-9 * power.max() + TINY)
    bins, frames = (size // 2 for size in AROUND)
    around = mean_over_time(mean_over_time(level, frames).mT, bins).mT
    over = level - around
    inside = (frequency >= CHIRP_HZ[0]) & (frequency < CHIRP_HZ[1])
    lone = (over[inside] > OVER_DB).float().mean(0)
    counted = mean_over_time(torch.stack([lone * calm, calm]), CALM)
    sure = rise(counted[0] / counted[1].clamp_min(TINY), RARE, MANY) * calm
    if not bool(sure.any()):
        return sure, torch.ones_like(power)
    skirts = F.max_pool2d(over.clamp_min(0)[None], (1, 5), 1, (0, 2))
    skirts = F.max_pool2d(skirts, (5, 1), 1, (2, 0))[0]
    return sure, 10 ** (-OVERSHOOT * skirts / 20)


def steady(power: Tensor, rate: int) -> Tensor:
    """How surely a cell is the recording's own noise floor, 0..1. Shape: (bins, frames), kept."""
    floor = noise_floor(power[None], rate)[0][:, None]
    around = F.avg_pool2d(power[None, None], 3, 1, 1, count_include_pad=False)[0, 0]
    return (2 - around / (FLOOR_RANGE * floor).clamp_min(TINY)).clamp(0, 1)


def rise(values: Tensor, low: float, high: float) -> Tensor:
    """0 up to ``low``, 1 from ``high`` on, a straight line between."""
    return ((values - low) / (high - low)).clamp(0, 1)


def mean_over_time(values: Tensor, reach: int) -> Tensor:
    """Mean over up to 2·reach + 1 frames. Shape: (any, frames), kept."""
    reach = min(reach, values.shape[-1] - 1)
    return F.avg_pool1d(values[None], 2 * reach + 1, 1, reach, count_include_pad=False)[0]
