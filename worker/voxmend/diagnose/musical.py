"""Musical noise, chirps: lone cells that stand far above all around them where nobody sings.

The density of such islands follows what listeners hear better than the kurtosis of the spectrum
does. With the mixture an island that stands there too is the band's, come through, and does not
count: that is bleed.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..blocks.nearby import around
from .look import Look, Share

HEARD_HZ = 300.0, 8000.0
AROUND = 31, 9
"""Bins and columns an island is compared with: 670 Hz by 0.1 s."""

OVER_DB = 12.0
"""By so much an island stands over the mean level around it."""

THERE_DB = 8.0
"""What stands so far above its surroundings in the mixture is the band's own."""

ENOUGH_S = 0.3
"""Time without singing from which the density is believed in full: in a breath, an s is one."""

RANGE_DB = 90.0
FULL_DB = 30.0
"""Islands count from 90 dB below the loudest cell on, and in full from 30 dB below."""


def islands(look: Look) -> Share:
    """Share of the cells without singing that are islands, each weighed by its level."""
    width = float(look.frequency[1])
    first, last = round(HEARD_HZ[0] / width), round(HEARD_HZ[1] / width)
    level, loudest = _decibel(look.power, first, last)
    if look.mix is not None:  # what is silent beside the song has no islands
        heard, highest = _decibel(look.mixture_power, first, last)
        loudest = torch.maximum(loudest, highest)
    calm = ~look.sings
    island = (level > _mean(level) + OVER_DB) & (level > loudest - RANGE_DB)
    if look.mix is not None:
        island &= heard < _mean(heard) + THERE_DB
    weight = ((level - loudest + RANGE_DB) / (RANGE_DB - FULL_DB)).clamp(0, 1)
    cells = torch.full_like(level, 1.0) * calm
    return Share((island * weight * calm).sum(0), cells.sum(0))


def gather(look: Look) -> Tensor:
    """What ``read`` takes, column by column: islands, cells without singing, seconds without
    singing. Shape: (3, columns)."""
    found = islands(look)
    return torch.stack([found.part, found.whole, (found.whole > 0) * look.columns_s])


def read(sums: Sequence[float]) -> float:
    """The sums of ``gather`` over any stretch as one reading."""
    part, whole, calm = sums
    return 100 * part / whole * min(1.0, calm / ENOUGH_S) if whole > 0 else 0.0


def damage(look: Look) -> float:
    """Islands in a hundred cells, weighed. Not yet calibrated."""
    return read(gather(look).sum(-1).tolist())


def _decibel(power: Tensor, first: int, last: int) -> tuple[Tensor, Tensor]:
    """Levels of some bins, channels together, and the loudest of all bins."""
    power = power.sum(0)
    highest = power.max()
    floor = 1e-12 * highest + 1e-30
    return 10 * torch.log10(power[first:last] + floor), 10 * torch.log10(highest + floor)


def _mean(level: Tensor) -> Tensor:
    """Over the cells around. Shape: (bins, columns), kept."""
    lowest = level.min()
    return around(level - lowest, (AROUND[0] // 2, AROUND[1] // 2)) + lowest
