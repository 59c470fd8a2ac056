"""Musical noise, chirps: isolated cells that stand far above all around them where nobody sings.

The density of such islands follows what listeners hear better than the kurtosis of the spectrum
does. With the mixture an island that stands there too is the band's, come through, and does not
count: that is bleed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..damage import Why
from ..dsp.curves import Ramp, decibel
from ..dsp.nearby import around
from ..dsp.stft import together
from .detector import Detector, Gathered, Setting
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

AUDIBLE_DB = Ramp(-90.0, -30.0)
"""Level against the loudest cell from which on an island counts, and from which in full."""


class Sums(NamedTuple):
    """What is added up: islands, each weighed by its level; cells without singing; seconds without
    singing."""

    islands: float
    cells: float
    unvoiced_s: float


class Musical(Detector):
    """Islands in a hundred cells without singing, weighed."""

    name = "musical"

    def gather(self, look: Look) -> Gathered:
        """Column by column: ``Sums``."""
        found = islands(look)
        unvoiced_s = (found.whole > 0) * look.columns_s
        return Gathered(torch.stack([found.part, found.whole, unvoiced_s]), look.columns_s)

    def read(self, sums: Sequence[float], beside: Setting) -> float:
        """Islands in a hundred cells."""
        found = Sums(*sums)
        if found.cells <= 0:
            return 0.0
        return 100 * found.islands / found.cells * min(1.0, found.unvoiced_s / ENOUGH_S)

    def why(self, sums: Sequence[float], beside: Setting) -> Why | None:
        """There is no pause to read it from."""
        return "no_pause" if Sums(*sums).unvoiced_s < ENOUGH_S else None


def islands(look: Look) -> Share:
    """Share of the cells without singing that are islands, each weighed by its level."""
    width = float(look.frequency[1])
    first, last = round(HEARD_HZ[0] / width), round(HEARD_HZ[1] / width)
    level, loudest = _levels(look.power, first, last)
    if look.mix is not None:  # what is silent beside the song has no islands
        heard, highest = _levels(look.mixture_power, first, last)
        loudest = torch.maximum(loudest, highest)
    unvoiced = ~look.sings
    island = (level > _mean(level) + OVER_DB) & (level > loudest + AUDIBLE_DB.low)
    if look.mix is not None:
        island &= heard < _mean(heard) + THERE_DB
    weight = AUDIBLE_DB(level - loudest)
    cells = torch.full_like(level, 1.0) * unvoiced
    return Share((island * weight * unvoiced).sum(0), cells.sum(0))


def _levels(power: Tensor, first: int, last: int) -> tuple[Tensor, Tensor]:
    """Levels of some bins, channels together, and the loudest of all bins."""
    power = together(power, 0)
    highest = power.max()
    floor = 1e-12 * highest + 1e-30
    return decibel(power[first:last], floor), decibel(highest, floor)


def _mean(level: Tensor) -> Tensor:
    """Over the cells around. Shape: (bins, columns), kept."""
    lowest = level.min()
    return around(level - lowest, (AROUND[0] // 2, AROUND[1] // 2)) + lowest


MUSICAL = Musical()
