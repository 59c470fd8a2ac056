"""What in a voice is not the voice's: three estimates that do not depend on each other.

``common_part`` correlates the voice with the rest of the mixture, M − V: what a separator let
through moves with the rest, phase and all, while a voice, its room, its double and its choir do
not, nor does a phase error (there the correlation is negative). ``chirps`` finds unvoiced stretches
full of isolated cells, as musical noise leaves them. ``noise_floor_share`` finds the noise floor of
a recording. ``denoise.deepfilternet`` asks them before it believes its network.

Always holds: channels together, frames of 10 ms, no number here depends on the level.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...dsp.bands import third_octaves
from ...dsp.curves import TINY, Ramp, decibel, mean_over_time
from .gate import noise_floor

LOWEST_HZ, HIGHEST_HZ = 100.0, 16_000.0
"""Third octaves between; one band below and one above."""

NEAR = 25
"""Frames each way over which two sounds are compared: 0.5 s. Of two unrelated sounds one band
in a hundred then correlates by more than .15 to .2."""

FAR = 75
"""Frames each way of the verdict over all bands: 1.5 s. Over four voices, clean, doubled, in
rooms, with choirs or with a phase error of 1 rad, it stays below .2; with bleed of any kind it is
.28 or more where the bleed counts."""

BAND_CORRELATION = Ramp(0.15, 0.35)
"""Correlation in a band up to which nothing, and from which all is called common."""

OVERALL_CORRELATION = Ramp(0.25, 0.35)
"""The same of the verdict over all bands."""

CHIRP_HZ = 300.0, 8000.0
AROUND = 15, 9
"""Bins and frames around a cell: 375 Hz by 90 ms."""

OVER_DB = 12.0
"""By so much an isolated cell stands over the mean level around it."""

OVERSHOOT = 1.5
"""An isolated cell is attenuated by so much more than it stands over: the mean around holds chirps
too."""

ISOLATED_SHARE = Ramp(0.12, 0.18)
"""Share of such cells in unvoiced frames. Musical noise at −35 to −25 dB leaves .21 to .28, clean
gaps, rooms, choirs and bleed of separators up to .10."""

COUNTED = 50
"""Frames each way over which isolated cells are counted: 1 s."""

FLOOR_RANGE = 6.0
"""Power up to so many times the believed noise floor, which is half the noise's mean, is noise."""


def common_part(
    voice: Tensor, rest: Tensor, weight: Tensor, frequency: Tensor
) -> tuple[Tensor, Tensor]:
    """What the voice has in common with the rest of the mixture.

    Per third octave, over the cells that count, with A = M − V:
    correlation = Re Σ V·A* / sqrt(Σ|V|² · Σ|A|²), and factor = Re Σ V·A* / Σ|A|².

    Args:
        voice, rest: spectra of V and M − V. Shape: (channels, bins, frames).
        weight: cells that count, 0..1: those that somebody takes for foreign. Shape: (bins,
            frames).

    Returns:
        How surely a cell's band holds the rest, 0..1, and the cell's magnitude that this explains.
        Shape: (bins, frames) each.
    """
    width = float(frequency[1])
    highest = min(HIGHEST_HZ, float(frequency[-1]))
    member = third_octaves(len(frequency), LOWEST_HZ / width, highest / width, frequency.device)
    own, other = (s.abs().square().sum(0) for s in (voice, rest))
    shared = (voice * rest.conj()).real.sum(0)
    near, one, two = (
        mean_over_time(member @ (weight * power), NEAR) for power in (shared, own, other)
    )
    correlation = near / (one * two).sqrt().clamp_min(TINY)
    size = one.clamp_min(0).sqrt()
    overall = mean_over_time((correlation * size).sum(0, keepdim=True), FAR) / mean_over_time(
        size.sum(0, keepdim=True), FAR
    ).clamp_min(TINY)
    sure = BAND_CORRELATION(correlation) * OVERALL_CORRELATION(overall)
    factor = (near / two.clamp_min(TINY)).clamp_min(0) * sure
    return member.mT @ sure, (member.mT @ factor) * other.sqrt()


def chirps(power: Tensor, unvoiced: Tensor, frequency: Tensor) -> tuple[Tensor, Tensor]:
    """Musical noise where nobody sings.

    Args:
        power: Shape: (bins, frames).
        unvoiced: 1 where surely nobody sings, else 0. Shape: (frames,).

    Returns:
        How surely a frame holds it, 0..1, shape (frames,); and the gain that brings each isolated
        cell, with the skirts that a window gives it, down to the level around it, shape (bins,
        frames).
    """
    level = decibel(power, 1e-9 * power.max() + TINY)
    bins, frames = (size // 2 for size in AROUND)
    around = mean_over_time(mean_over_time(level, frames).mT, bins).mT
    over = level - around
    inside = (frequency >= CHIRP_HZ[0]) & (frequency < CHIRP_HZ[1])
    isolated = (over[inside] > OVER_DB).float().mean(0)
    counted = mean_over_time(torch.stack([isolated * unvoiced, unvoiced]), COUNTED)
    sure = ISOLATED_SHARE(counted[0] / counted[1].clamp_min(TINY)) * unvoiced
    if not bool(sure.any()):
        return sure, torch.ones_like(power)
    skirts = F.max_pool2d(over.clamp_min(0)[None], (1, 5), 1, (0, 2))
    skirts = F.max_pool2d(skirts, (5, 1), 1, (2, 0))[0]
    return sure, 10 ** (-OVERSHOOT * skirts / 20)


def noise_floor_share(power: Tensor, rate: int) -> Tensor:
    """How surely a cell is the recording's own noise floor, 0..1. Shape: (bins, frames), kept."""
    floor = noise_floor(power[None], rate)[0][:, None]
    around = F.avg_pool2d(power[None, None], 3, 1, 1, count_include_pad=False)[0, 0]
    return (2 - around / (FLOOR_RANGE * floor).clamp_min(TINY)).clamp(0, 1)
