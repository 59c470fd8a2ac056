"""Curves over time: frames of 10 ms, running means and quantiles, decibels, soft thresholds.

Time is always the last axis. For all that reads a sound: ``blocks``, ``diagnosis``, the guard.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

FRAME_S = 0.01
"""A frame, wherever a rule counts frames, is 10 ms."""

TINY = 1e-20
"""Keeps 0/0 at 0 once a window has peak 1: 400 dB down, and its square is still a float32."""

WIDE = 16
"""Reach from which running sums are quicker."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """A soft threshold: 0 up to ``low``, 1 from ``high`` on, a straight line between. With ``low``
    above ``high`` it falls from 1 to 0.

    Examples:
        >>> Ramp(2.0, 4.0)(torch.tensor([1.0, 3.0, 5.0])).tolist()
        [0.0, 0.5, 1.0]
        >>> Ramp(4.0, 2.0)(torch.tensor([1.0, 2.5, 5.0])).tolist()
        [1.0, 0.75, 0.0]
        >>> Ramp(0.0, 1.0).smooth(torch.tensor([0.25])).tolist()
        [0.15625]
    """

    low: float
    high: float

    def __call__(self, values: Tensor) -> Tensor:
        """Shape: kept, 0..1."""
        return ((values - self.low) / (self.high - self.low)).clamp(0, 1)

    def smooth(self, values: Tensor) -> Tensor:
        """The same with a slope that begins and ends level, 3x² - 2x³. Shape: kept, 0..1."""
        line = self(values)
        return line * line * (3 - 2 * line)


def decibel(power: Tensor, floor: Tensor | float = 0.0) -> Tensor:
    """10·log10 of a power and a floor under it. Shape: kept.

    Examples:
        >>> decibel(torch.tensor([1.0, 100.0])).tolist()
        [0.0, 20.0]
        >>> decibel(torch.tensor([0.0]), floor=1e-6).tolist()
        [-60.0]
    """
    return 10 * torch.log10(power + floor)


def mean_over_time(curve: Tensor, reach: int) -> Tensor:
    """Mean over up to 2·reach + 1 frames, at an edge over those that are there.

    Args:
        reach: frames each way.

    Returns:
        float32. Shape: (..., frames), kept.

    Examples:
        >>> mean_over_time(torch.tensor([0.0, 3.0, 6.0, 0.0]), 1).tolist()
        [1.5, 3.0, 3.0, 3.0]
    """
    reach = min(reach, curve.shape[-1] - 1)
    if reach < WIDE:
        flat = curve.reshape(1, -1, curve.shape[-1])
        mean = F.avg_pool1d(flat, 2 * reach + 1, 1, reach, count_include_pad=False)
        return mean.view(curve.shape)
    place = torch.arange(curve.shape[-1], device=curve.device)
    count = (place + reach + 1).clamp_max(len(place)) - (place - reach).clamp_min(0)
    return (_running(curve, reach) / count).float()


def sum_over_time(curve: Tensor, reach: int) -> Tensor:
    """Sum over up to 2·reach + 1 frames. Shape: (..., frames), kept, float32.

    Examples:
        >>> sum_over_time(torch.tensor([1.0, 2.0, 3.0]), 1).tolist()
        [3.0, 6.0, 5.0]
    """
    return _running(curve, min(reach, curve.shape[-1] - 1)).float()


def _running(curve: Tensor, reach: int) -> Tensor:
    """The same in float64, at a cost that does not grow with the reach; what is at least 0 stays
    so."""
    total = F.pad(curve, (reach + 1, reach)).double().cumsum(-1)
    found = total[..., 2 * reach + 1 :] - total[..., : -2 * reach - 1]
    return found.clamp_min(0) if bool((curve >= 0).all()) else found


def quantile_around(values: Tensor, chosen: Tensor, quantile: float, reach: int) -> Tensor:
    """A quantile of the chosen values within reach, frames each way; infinite where there are none.

    It moves as slowly as its reach: five places in it are enough, and many times less to sort.

    Shape: (batch, any, frames), kept.
    """
    frames = values.shape[-1]
    reach = min(reach, frames - 1)
    step = max(1, reach // 5)
    kept = values.masked_fill(~chosen, torch.inf)
    near = F.pad(kept, (reach, reach + step), value=torch.inf).unfold(-1, 2 * reach + 1, step)
    rank = (quantile * (near.isfinite().sum(-1) - 1).clamp_min(0)).long()
    found = near.sort(-1).values.gather(-1, rank[..., None])[..., 0]
    return found.repeat_interleave(step, -1)[..., :frames]


def frames_in(samples: int, rate: int) -> int:
    """Frames of 10 ms in so many samples, at least 1.

    Examples:
        >>> frames_in(44_100, 44_100)
        100
    """
    return max(1, round(samples / (rate * FRAME_S)))


def in_frames(curve: Tensor, samples: int, rate: int, hop: int) -> Tensor:
    """A curve of one value per STFT frame, read at the middle of each 10 ms frame.

    Shape: (batch, STFT frames) to (batch, frames), where frames = round(samples / 10 ms), at
    least 1.
    """
    frames = frames_in(samples, rate)
    places = (torch.arange(frames, device=curve.device) + 0.5) * (FRAME_S * rate / hop)
    before = places.long().clamp_max(curve.shape[1] - 2)
    return torch.lerp(curve[:, before], curve[:, before + 1], (places - before).clamp_max(1))
