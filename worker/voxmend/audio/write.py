"""A stem on disk: WAV, 32-bit float, exactly the samples that were handed over.

The engine calls this for each stem, into a folder that is renamed when the job is done. What
always holds: nothing is normalised or clipped, an existing file is never touched, the bytes are on
the disk when the call returns, and after an error no half file is left. The header is our own
(libsndfile hides the reason of a failed write, and has no say for the Broadcast-WAV time stamp
here): RIFF up to 4 GiB, RF64 beyond (EBU Tech 3306), chosen before the first byte.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from voxmend_protocol.errors import DiskFull, InputError, OutputUnwritable, VoxmendError

from . import levels
from .headers import read_header
from .probe import MAX_CHANNELS, RATES
from .source import Source, shown

_RIFF_LIMIT = 0xFFFFFFFF - 1  # all ones means "see ds64"
_BLOCK_VALUES = 1 << 19  # 2 MiB interleaved at a time: a stem may be a view of a file on disk
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


@dataclass(frozen=True, slots=True)
class Written:
    """A stem that is on the disk.

    Attributes:
        path: the file.
        frames, rate, channels: as read back from it.
        subtype: always "FLOAT".
        peak: largest magnitude of a sample, linear; may be above 1.
    """

    path: Path
    frames: int
    rate: int
    channels: int
    subtype: str
    peak: float


def write_stem(
    path: Path,
    samples: npt.NDArray[np.float32],
    rate: int,
    *,
    time_reference: int | None = None,
) -> Written:
    """Write a new WAV file.

    Args:
        path: it must not exist; its folder must.
        samples: finite, any level, may be a memory map. Shape: (channels, frames), float32.
        rate: samples per second.
        time_reference: Broadcast-WAV time stamp: frames since midnight of the first frame.

    Raises:
        DiskFull: there is no room, or the user's quota is used up.
        OutputUnwritable: the folder is missing or forbidden, the file exists, the disk fails.
        ValueError: what was handed over is no stem (a defect of the caller).
    """
    if samples.ndim != 2 or samples.dtype != np.float32 or samples.shape[1] == 0:
        raise ValueError(
            f"a stem is (channels, frames) float32, not {samples.dtype} {samples.shape}"
        )
    if not 1 <= samples.shape[0] <= MAX_CHANNELS or not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"a stem has no {samples.shape[0]} channels at {rate} Hz")
    try:
        file = open(path, "xb", buffering=0)  # noqa: SIM115 (closed below, in all cases)
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        with file:
            peak = _fill(file, samples, rate, time_reference)
            os.fsync(file.fileno())
        _verify(path, samples.shape, rate)
    except BaseException as error:
        with suppress(OSError):
            path.unlink()
        if isinstance(error, OSError):
            raise _unwritten(path, error) from error
        raise
    return Written(path, samples.shape[1], rate, samples.shape[0], "FLOAT", peak)


def wav_header(channels: int, frames: int, rate: int, time_reference: int | None = None) -> bytes:
    """Everything before the first sample of a float WAV; RF64 if RIFF's 32 bits cannot hold it.

    The plain float tag is used for any number of channels: which speaker a channel feeds is the
    DAW's business, and the tag for it (EXTENSIBLE) would have to invent an answer.
    """
    data = frames * channels * 4
    frame = channels * 4
    body = b""
    if time_reference is not None:  # EBU Tech 3285, version 1; the texts stay empty
        bext = bytes(256) + b"voxmend".ljust(32, b"\0") + bytes(32 + 10 + 8)
        bext += struct.pack("<QH", time_reference, 1) + bytes(254)
        body += b"bext" + struct.pack("<I", len(bext)) + bext
    body += b"fmt " + struct.pack("<IHHIIHHH", 18, 3, channels, rate, rate * frame, frame, 32, 0)
    body += b"fact" + struct.pack("<II", 4, min(frames, 0xFFFFFFFF))
    total = 4 + len(body) + 8 + data
    if total <= _RIFF_LIMIT:
        return b"RIFF" + struct.pack("<I", total) + b"WAVE" + body + b"data" + _u32(data)
    total += 36
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, total, data, frames, 0)
    return b"RF64" + _u32(0xFFFFFFFF) + b"WAVE" + ds64 + body + b"data" + _u32(0xFFFFFFFF)


def _u32(value: int) -> bytes:
    return struct.pack("<I", value)


def _fill(
    file: BinaryIO,
    samples: npt.NDArray[np.float32],
    rate: int,
    time_reference: int | None,
) -> float:
    channels, frames = samples.shape
    _put(file, wav_header(channels, frames, rate, time_reference))
    peak = 0.0
    for block in _blocks(samples):
        loudest = levels.peak(block)
        if not np.isfinite(loudest):
            raise ValueError("a stem holds a sample that is not a finite number")
        peak = max(peak, loudest)
        _put(file, np.ascontiguousarray(block.T, dtype="<f4").tobytes())
    return peak


def _blocks(samples: npt.NDArray[np.float32]) -> Iterator[npt.NDArray[np.float32]]:
    step = max(1, _BLOCK_VALUES // samples.shape[0])
    for start in range(0, samples.shape[1], step):
        yield samples[:, start : start + step]


def _put(file: BinaryIO, data: bytes) -> None:
    """Write all of it: an unbuffered file may take less than it is given (a nearly full disk)."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _verify(path: Path, shape: tuple[int, ...], rate: int) -> None:
    """The file's own header, read back, against the size the system reports."""
    try:
        with Source(path) as source:
            header = read_header(source)
    except InputError:
        header = None
    frame_bytes = shape[0] * 4
    if (
        header is None
        or (header.channels, header.rate, header.frame_bytes) != (shape[0], rate, frame_bytes)
        or header.promised_bytes != shape[1] * frame_bytes
        or header.there_bytes != shape[1] * frame_bytes
    ):
        raise OutputUnwritable(
            f"{shown(path)} did not reach the disk whole; check the disk, then try again."
        )


def _unwritten(path: Path, error: OSError) -> VoxmendError:
    name, folder = shown(path.name), shown(path.parent)
    if error.errno in _FULL:
        return DiskFull(f"There is no room for {name} in {folder}; free some space, then retry.")
    if error.errno == errno.EFBIG:
        return OutputUnwritable(
            f"The disk of {folder} cannot hold a file as large as {name}; choose a folder on "
            "another disk, or a shorter clip."
        )
    if error.errno == errno.EEXIST:
        return OutputUnwritable(
            f"{name} exists in {folder} and is never overwritten; move it or choose another folder."
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return OutputUnwritable(f"There is no folder {folder}; make it or choose another one.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputUnwritable(
            f"{folder} may not be written; give your account the right to write there, or choose "
            "another folder."
        )
    return OutputUnwritable(
        f"{name} could not be written to {folder} ({error.strerror or type(error).__name__}); "
        "check the disk, or choose another folder."
    )
