"""Where the guard may change its mind: regions of one to three seconds, cut where it is quiet.

Pure arithmetic on curves of 10 ms frames. A cut at the quietest frame within reach keeps phrases
whole and puts a change of decision where it is heard least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SHORTEST, LONGEST = 100, 300
"""Frames in a region: 1 to 3 seconds."""


@dataclass(frozen=True, slots=True)
class Region:
    """Frames ``first`` up to, not including, ``end``."""

    first: int
    end: int


def split(loudness: npt.NDArray[np.float32]) -> list[Region]:
    """Cut a clip into regions at its quietest frames.

    Args:
        loudness: any measure that rises with level. Shape: (frames,).
    """
    frames = len(loudness)
    regions, first = [], 0
    while frames - first > LONGEST:
        reach = loudness[first + SHORTEST : min(first + LONGEST, frames - SHORTEST) + 1]
        cut = first + SHORTEST + int(np.argmin(reach))
        regions.append(Region(first, cut))
        first = cut
    regions.append(Region(first, frames))
    return regions


def longest_run(flags: Sequence[bool] | npt.NDArray[np.bool_]) -> int:
    """The most neighbouring True values."""
    best = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    return best
