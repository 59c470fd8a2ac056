"""Another sample rate, on the CPU: soxr at its best quality (VHQ).

Called at the edges of the cascade, where sound is numpy. The filter is linear-phase and its
delay is taken out, so an instant keeps its time; the length is exactly the rounded ratio, so that
going to a higher rate and back gives as many frames as before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


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
