"""Where one sound lies in another: whitened cross-correlation (GCC-PHAT), and its peaks.

Knapp and Carter, "The generalized correlation method for estimation of time delay", IEEE Trans.
ASSP 24 (1976). Only the phase counts, so neither the level of a band nor what a separator's mask
did to it moves the peak. All at ``RATE``, mono.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

RATE = 16_000
"""Samples per second of everything that is compared here."""

BAND_HZ = (150.0, 7_800.0)
"""What is compared: under it lie kick and bass, above it an MP3 and a separator end early."""

BLIND = 80
"""Lags on each side of a peak that belong to it: 5 ms."""

STEPS = 32
"""Lags between two samples at which the top of a peak is looked at."""


@dataclass(frozen=True, slots=True)
class Peak:
    """One place where a sound may lie.

    Attributes:
        lag: samples from the begin of what was searched.
        score: height over the root mean square of the whole curve; 4 to 5 is chance.
    """

    lag: float
    score: float


def curves(sounds: Tensor, within: Tensor) -> Tensor:
    """How well each sound fits at each lag, over the curve's root mean square; its sign is the
    polarity.

    Args:
        sounds: Shape: (count, samples).
        within: no shorter. Shape: (more,).

    Returns:
        Shape: (count, more − samples + 1); zeros where one of the two is silent.
    """
    lags = within.shape[0] - sounds.shape[1] + 1
    found: Tensor = torch.fft.irfft(_cross(sounds, within))[:, :lags]
    return found / found.square().mean(1, keepdim=True).sqrt().clamp_min(1e-20)


def peaks(found: Tensor, count: int, least: float) -> list[Peak]:
    """The highest peaks of a curve, ``BLIND`` lags apart, whatever their sign; at most ``count``,
    none below ``least``."""
    height = found.abs()
    highest = torch.nn.functional.max_pool1d(height[None], 2 * BLIND + 1, 1, BLIND)[0]
    tops = ((height == highest) & (height >= least)).nonzero().flatten()
    order = height[tops].argsort(descending=True)[:count]
    return [Peak(float(lag), float(height[lag])) for lag in tops[order]]


def exact(sound: Tensor, within: Tensor) -> tuple[Peak, float]:
    """The highest peak, to a hundredth of a sample, and its sign. Shapes: as ``curve``."""
    lags = within.shape[0] - sound.shape[0] + 1
    cross = _cross(sound, within)
    size = 2 * (cross.shape[0] - 1)
    found = torch.fft.irfft(cross)[:lags]
    top = int(found.abs().argmax())
    score = float(found[top].abs() / found.square().mean().sqrt().clamp_min(1e-20))
    sign = math.copysign(1.0, float(found[top]))
    used = cross.abs().nonzero().flatten()
    offsets = torch.arange(-STEPS, STEPS + 1, dtype=torch.float64) / STEPS
    turn = 2 * math.pi / size * used.double()
    phase = cross[used].angle().double() + turn * top
    close = sign * torch.cos(phase + turn * offsets[:, None]).sum(1)
    at = int(close[1:-1].argmax()) + 1
    before, here, after = close[at - 1 : at + 2].tolist()
    bend = before - 2 * here + after
    lean = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return Peak(top + (at - STEPS + lean) / STEPS, score), sign


def _cross(sound: Tensor, within: Tensor) -> Tensor:
    """The whitened cross-spectrum: 1 in size within the band, else 0. Shape: (…, bins)."""
    size = 1 << max(1, (within.shape[0] - 1).bit_length())
    cross = torch.fft.rfft(sound, size).conj() * torch.fft.rfft(within, size)
    height = cross.abs()
    hertz = torch.linspace(0, RATE / 2, cross.shape[-1])
    kept = (hertz > BAND_HZ[0]) & (hertz < BAND_HZ[1]) & (height > 0)
    return torch.where(kept, cross / height.clamp_min(1e-37), 0)
