"""Samples in memory: judged before anything else happens, written for the worker, read back.

Shape: (frames, channels), as soundfile has it, or (frames,) for one channel. The stems come back in
the shape of what was given, float32, at its rate.
"""

from __future__ import annotations

import operator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from voxmend_protocol.errors import BadRequest, InputUnreadable, UnsupportedAudio

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples: TypeAlias = npt.NDArray[np.floating[Any]]
    Stem: TypeAlias = npt.NDArray[np.float32]

_MOST_CHANNELS = 64
_RATES = (8_000, 192_000)


def judged(samples: Any, rate: Any) -> tuple[Stem, int]:
    """The samples as float32 (frames, channels), and the rate as a whole number.

    Raises:
        UnsupportedAudio: integers, no frames, not finite, another shape, or too many channels.
        BadRequest: the rate is none, or outside 8 to 192 kHz.
    """
    import numpy as np

    found = _rate(rate)
    try:
        array = np.asarray(samples)
    except (TypeError, ValueError, RuntimeError) as error:  # on another device, or ragged
        raise UnsupportedAudio(
            f"The samples are no array ({error}). Give (frames, channels), for example of numpy."
        ) from None
    if array.dtype.kind != "f":
        raise UnsupportedAudio(
            f"The samples are {array.dtype}. Give floating-point numbers, full scale at ±1: for "
            "16-bit integers samples.astype('float32') / 32768."
        )
    if array.ndim not in (1, 2):
        raise UnsupportedAudio(
            f"The samples have the shape {array.shape}. Give (frames, channels), or (frames,)."
        )
    if not array.size:
        raise UnsupportedAudio(
            f"The samples have the shape {array.shape}: that is no sound. Give at least one frame."
        )
    frames, channels = array.shape if array.ndim == 2 else (len(array), 1)
    if channels > _MOST_CHANNELS or channels > frames > 1:
        raise UnsupportedAudio(
            f"The samples have the shape {array.shape}, which would be {frames} frames of "
            f"{channels} channels. Give (frames, channels), at most {_MOST_CHANNELS} channels: "
            "perhaps samples.T."
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
        plain = np.ascontiguousarray(array.reshape(frames, channels), dtype=np.float32)
    bad = ~np.isfinite(plain)
    if bad.any():
        frame, channel = np.argwhere(bad)[0]
        raise UnsupportedAudio(
            f"The samples are not finite from frame {frame} on, in channel {channel}. Replace what "
            "is NaN or infinite, for example by 0."
        )
    return plain, found


def _rate(rate: Any) -> int:
    if rate is None:
        raise BadRequest("Samples need their rate: restore(samples, rate=44100).")
    try:
        found = int(rate) if isinstance(rate, float) and rate.is_integer() else operator.index(rate)
    except TypeError:
        found = 0
    if not _RATES[0] <= found <= _RATES[1]:
        raise BadRequest(
            f"rate is {rate!r:.40}. Give samples a second, a whole number from {_RATES[0]} to "
            f"{_RATES[1]}."
        )
    return found


def write(file: Path, samples: Stem, rate: int) -> None:
    """Write samples as they are, 32-bit float.

    Raises:
        DiskFull, OutputUnwritable: they cannot be written.
    """
    from ..audio import write_stem

    write_stem(file, samples.T, rate)


def read(file: Path, flat: bool) -> Stem:
    """Read a stem, (frames, channels), or (frames,) where it is to be flat.

    Raises:
        InputUnreadable: it is there no more.
    """
    import soundfile

    try:
        found: Stem = soundfile.read(file, dtype="float32", always_2d=True)[0]
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputUnreadable(
            f"The stem {file} cannot be read again ({error}). Do not touch the folder for "
            "temporary files while a job runs."
        ) from None
    return found[:, 0] if flat and found.shape[1] == 1 else found
