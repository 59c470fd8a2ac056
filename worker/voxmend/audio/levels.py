"""Levels of a clip: sample peak, RMS, decibels.

Called by the writer, the reports and the tests. Full scale is 1.0, so a full-scale square wave
has an RMS of 0 dBFS and a full-scale sine −3.01 dBFS (plain RMS, not AES17's sine reference).
Everything below ``FLOOR_DB`` reads as the floor, so that silence is a number one can compare.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FLOOR_DB = -200.0
"""Level of silence: below the quietest step of a 32-bit integer (−187 dB)."""

# Summing needs double precision (float32 loses 24 bits over 10^8 squares) but not a double copy
# of the whole clip: 2 MiB at a time.
_BLOCK = 1 << 18


def db(ratio: float) -> float:
    """An amplitude ratio in decibels, 20·log10(|ratio|), never below ``FLOOR_DB``; NaN stays."""
    if ratio == 0.0:
        return FLOOR_DB
    level = 20.0 * math.log10(abs(ratio))
    return FLOOR_DB if level < FLOOR_DB else level


def peak(samples: npt.NDArray[np.float32]) -> float:
    """Largest magnitude of a sample, linear; 0.0 for no samples.

    Shape: (channels, frames), any rate, float32.
    """
    if samples.size == 0:
        return 0.0
    return max(abs(float(samples.max())), abs(float(samples.min())))


def rms_db(samples: npt.NDArray[np.float32]) -> float:
    """Root mean square over all channels in dBFS, never below ``FLOOR_DB``.

    Shape: (channels, frames), any rate, float32.
    """
    if samples.size == 0:
        return FLOOR_DB
    total = 0.0
    for channel in samples:
        for start in range(0, len(channel), _BLOCK):
            block = channel[start : start + _BLOCK].astype(np.float64)
            total += float(np.dot(block, block))
    return db(math.sqrt(total / samples.size))
