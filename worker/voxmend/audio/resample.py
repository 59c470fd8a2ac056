"""Another sample rate, on the CPU: soxr at its best quality (VHQ).

Called at the edges of the cascade, where sound is numpy. The filter is linear-phase and its
delay is taken out, so an instant keeps its time; the length is exactly the rounded ratio, so that
going to a higher rate and back gives as many frames as before. A whole clip and a clip in blocks
come out equal to the bit (measured; soxr uses the same engine for both).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxmend_protocol.errors import Cancelled

from .signal import IN_MEMORY_BYTES, Signal

_BLOCK_VALUES = 1 << 19  # in the larger of the two: 2 MiB


def resampled_frames(frames: int, from_rate: int, to_rate: int) -> int:
    """round(frames · to / from), halves upwards, in integers: no float error at any length."""
    return (2 * frames * to_rate + from_rate) // (2 * from_rate)


def resample(x: npt.NDArray[np.float32], from_rate: int, to_rate: int) -> npt.NDArray[np.float32]:
    """The same sound at another rate; at the same rate the same array, not a copy.

    Args:
        x: Shape: (channels, frames), float32.
        from_rate: its rate in Hz.
        to_rate: the rate wanted in Hz.

    Returns:
        Shape: (channels, ``resampled_frames(frames, from_rate, to_rate)``), float32, zero lag.

    Raises:
        ValueError: the array is not (channels, frames) float32, or a rate is not positive.
    """
    if x.ndim != 2 or x.dtype != np.float32:
        raise ValueError(f"resample takes (channels, frames) float32, not {x.dtype} {x.shape}")
    if from_rate <= 0 or to_rate <= 0:
        raise ValueError(f"rates are positive, not {from_rate} and {to_rate}")
    if from_rate == to_rate:
        return x
    # soxr comes with the `worker` extra; the watch folder of a bare client imports this package
    # for its probe and must not need it.
    import soxr

    channels, frames = x.shape
    wanted = resampled_frames(frames, from_rate, to_rate)
    out = np.zeros((channels, wanted), dtype=np.float32)
    for index in range(channels):  # one at a time: no interleaved copy of the whole clip
        made = soxr.resample(np.ascontiguousarray(x[index]), from_rate, to_rate, quality="VHQ")
        # soxr rounds its own length; it differs from ours by a frame at most.
        kept = min(wanted, len(made))
        out[index, :kept] = made[:kept]
    return out


def stretched(x: npt.NDArray[np.float32], factor: float) -> npt.NDArray[np.float32]:
    """The same sound, ``factor`` times as long: what a clock that runs so much faster would have
    made of it. Same filter, zero lag at the first frame.

    Args:
        x: Shape: (channels, frames), float32.
        factor: 0.5 to 2, any number.

    Returns:
        Shape: (channels, about frames · factor), float32.
    """
    import soxr

    made = [soxr.resample(np.ascontiguousarray(row), 1.0, factor, quality="VHQ") for row in x]
    return np.stack(made)


def resample_signal(
    source: Signal,
    to_rate: int,
    folder: Path,
    *,
    frames: int | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[float], None] = lambda _: None,
    in_memory_bytes: int = IN_MEMORY_BYTES,
) -> Signal:
    """The same sound at another rate, block after block.

    Args:
        source: any length; it stays as it is.
        to_rate: the rate wanted in Hz.
        folder: for the scratch file of a long result.
        frames: the length wanted, where it is known to differ from the rounded ratio (on the way
            back from a lower rate); what is missing at the end is silence.
        cancelled: asked after each block.
        progress: told the fraction done after each block.
        in_memory_bytes: the largest result that is held in memory.

    Returns:
        A new signal that the caller closes; but ``source`` itself where neither rate nor length
        change.

    Raises:
        Cancelled: ``cancelled`` said so.
        DiskFull, EnvironmentProblem: the scratch file cannot be made or filled.
        ValueError: the rate is not positive.
    """
    if to_rate <= 0:
        raise ValueError(f"rates are positive, not {to_rate}")
    wanted = resampled_frames(source.frames, source.rate, to_rate) if frames is None else frames
    if to_rate == source.rate and wanted == source.frames:
        return source
    out = Signal.empty(source.channels, wanted, to_rate, folder, in_memory_bytes)
    try:
        _stream(source, out, cancelled, progress)
    except BaseException:
        out.close()
        raise
    return out


def at_speed(
    source: Signal,
    to_rate: int,
    speed: float,
    folder: Path,
    cancelled: Callable[[], bool] = lambda: False,
) -> Signal:
    """The same sound at another rate and ``speed`` times as long, block after block.

    Args:
        speed: 0.5 to 2, any number; at 1 this is ``resample_signal``.

    Returns:
        A new signal that the caller closes; ``source`` itself where nothing changes.

    Raises:
        Cancelled, DiskFull, EnvironmentProblem, ValueError: as ``resample_signal``.
    """
    if speed == 1:
        return resample_signal(source, to_rate, folder, cancelled=cancelled)
    wanted = round(source.frames * to_rate * speed / source.rate)
    out = Signal.empty(source.channels, wanted, to_rate, folder)
    try:
        _stream(source, out, cancelled, lambda _: None, speed)
    except BaseException:
        out.close()
        raise
    return out


def _stream(
    source: Signal,
    out: Signal,
    cancelled: Callable[[], bool],
    progress: Callable[[float], None],
    speed: float = 1.0,
) -> None:
    import soxr

    wanted = out.rate if speed == 1 else out.rate * speed
    to = soxr.ResampleStream(source.rate, wanted, source.channels, "float32", "VHQ")
    growth = -(-out.rate // source.rate)
    step = max(1, _BLOCK_VALUES // (source.channels * growth))
    done = 0
    for start in range(0, source.frames, step):
        count = min(step, source.frames - start)
        block = np.ascontiguousarray(source.read(start, count).T)
        made = to.resample_chunk(block, last=start + count == source.frames)
        made = made[: out.frames - done]
        out.write(done, made.T)
        done += len(made)
        progress((start + count) / source.frames)
        if cancelled():
            raise Cancelled("The job was cancelled.")
