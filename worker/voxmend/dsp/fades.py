"""Stretches of a clip that are lowered, and the one gain curve that they make.

A fade lies wholly within its stretch, so that what is outside stays bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

OUT_S, IN_S = 0.3, 0.15
"""How long the gain takes to fall after a phrase, over its tail, and to rise before the next."""


@dataclass(frozen=True, slots=True)
class Fade:
    """One stretch.

    Attributes:
        gain_db: how far it is lowered, at most 0.
        numbers: what was measured of it.
    """

    start_s: float
    end_s: float
    gain_db: float
    numbers: Mapping[str, float] = field(default_factory=dict)


def gain(fades: Sequence[Fade], start: int, count: int, rate: int, frames: int) -> Tensor | None:
    """The gain of each sample, for all channels; None where nothing here is lowered.

    It falls and rises evenly in dB, without a corner. At the clip's own ends there is no slope.

    Args:
        fades: in order, none over another.
        start, count: the samples that are asked for.
        frames: samples in the clip.

    Returns:
        0..1. Shape: (count,), float32.
    """
    curve: Tensor | None = None
    for fade in fades:
        first, end = round(fade.start_s * rate), round(min(fade.end_s * rate, frames))
        low, high = max(first, start), min(end, start + count)
        if low >= high:
            continue
        place = torch.arange(low, high, dtype=torch.float64)
        share = torch.ones_like(place)
        if first > 0:
            share = torch.minimum(share, _slope((place - first + 0.5) / (OUT_S * rate)))
        if end < frames:
            share = torch.minimum(share, _slope((end - place - 0.5) / (IN_S * rate)))
        if curve is None:
            curve = torch.ones(count)
        curve[low - start : high - start] = (share * (fade.gain_db * math.log(10) / 20)).exp()
    return curve


def _slope(part: Tensor) -> Tensor:
    """0 to 1 along half a cosine."""
    return 0.5 - 0.5 * torch.cos(math.pi * part.clamp(0, 1))
