"""A sound moved in time by any number of frames, whole or not.

Band-limited: the part of a frame is a sinc under a Kaiser window, so nothing in the band is
attenuated and no frequency comes later than another. Whole frames are copied bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxmend_protocol.errors import Cancelled

from .signal import Signal

REACH = 96
"""Frames on each side that a shifted frame is made of."""

BETA = 10.0
"""Of the Kaiser window: side lobes 100 dB down."""

WHOLE = 1e-3
"""A part of a frame below this is none: at 20 kHz it would be −50 dB of a turn."""


def shifted(
    source: Signal,
    delay: float,
    frames: int,
    folder: Path,
    cancelled: Callable[[], bool] = lambda: False,
) -> Signal:
    """The sound ``delay`` frames later, in a signal of ``frames`` frames; silence where there is
    none.

    Args:
        delay: below 0 is earlier.

    Returns:
        A new signal that the caller closes, float32, of the source's channels and rate.

    Raises:
        Cancelled: ``cancelled`` said so.
        DiskFull, EnvironmentProblem: there is no room for it.
    """
    whole = math.floor(delay + 0.5)
    kernel = _kernel(delay - whole)
    reach = len(kernel) // 2
    out = Signal.empty(source.channels, frames, source.rate, folder)
    step = max(1, (1 << 19) // source.channels)
    try:
        for start in range(0, frames, step):
            count = min(step, frames - start)
            block = _padded(source, start - whole - reach, count + 2 * reach)
            if reach:
                block = np.stack([np.convolve(row, kernel, "valid") for row in block])
            out.write(start, block.astype(np.float32))
            if cancelled():
                raise Cancelled("The job was cancelled.")
    except BaseException:
        out.close()
        raise
    return out


def _kernel(part: float) -> npt.NDArray[np.float64]:
    """What moves a sound by part of a frame, −0.5 to 0.5."""
    if abs(part) < WHOLE:
        return np.ones(1)
    at = np.arange(-REACH, REACH + 1) - part
    inside = np.clip(1 - (at / (REACH + 1)) ** 2, 0, None)
    kernel = np.sinc(at) * np.i0(BETA * np.sqrt(inside)) / np.i0(BETA)
    return np.asarray(kernel / kernel.sum())


def _padded(source: Signal, start: int, count: int) -> npt.NDArray[np.float64]:
    """Frames from ``start`` on, silence outside."""
    out = np.zeros((source.channels, count))
    first, last = max(0, start), min(source.frames, start + count)
    if first < last:
        out[:, first - start : last - start] = source.read(first, last - first)
    return out
