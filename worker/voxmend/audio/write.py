"""A stem on disk, block after block: exactly the samples that were handed over, or 24 bits of them.

The engine calls this for each stem, into a folder that is renamed when the job is done. What
always holds: nothing is normalised or clipped, an existing file is never touched, the bytes are on
the disk when the ``with`` ends, and after an error no half file is left.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from voxmend_protocol.errors import InputError, OutputUnwritable

from .. import safe_files
from ..disk import shown
from . import containers, levels
from .encoder import Encoder
from .form import Form
from .probe import MAX_CHANNELS, RATES, probe
from .refusals import unwritten
from .true_peak import TruePeak

_BLOCK_VALUES = 1 << 19  # 2 MiB interleaved at a time


@dataclass(frozen=True, slots=True)
class Written:
    """A stem that is on the disk.

    Attributes:
        path: the file.
        frames, rate, channels: as read back from it.
        subtype: "FLOAT", "PCM_24" or "MPEG_LAYER_III".
        peak: largest magnitude of a sample, linear; may be above 1.
        container: "WAV", "RF64", "FLAC", "AIFF" or "MP3".
        true_peak: largest magnitude between the samples too, linear (ITU-R BS.1770-4).
    """

    path: Path
    frames: int
    rate: int
    channels: int
    subtype: str
    peak: float
    container: str
    true_peak: float


class StemWriter:
    """A stem that is being written; ``open_stem`` makes it.

    Attributes:
        done: frames so far.
        written: the finished stem; None before the ``with`` has ended.
    """

    def __init__(
        self,
        path: Path,
        file: BinaryIO,
        rate: int,
        channels: int,
        frames: int,
        form: Form,
        time_reference: int | None,
    ) -> None:
        self.done = 0
        self.written: Written | None = None
        self._path, self._file = path, file
        self._rate, self._channels, self._frames = rate, channels, frames
        self._form = form
        self._peak = 0.0
        self._true_peak = TruePeak(rate, channels)
        self._packed: Encoder | None = None
        if form.container in ("flac", "mp3"):
            with _refusing(path):
                self._packed = Encoder(file, rate, channels, form)
        else:
            self._put(containers.head(form, channels, frames, rate, time_reference))

    def write(self, block: npt.NDArray[np.float32]) -> None:
        """The next samples.

        Args:
            block: finite; within full scale unless the form is float. Shape:
                (channels, any number of frames), float32, any strides.

        Raises:
            DiskFull: there is no room, or the user's quota is used up.
            OutputUnwritable: the disk fails.
            ValueError: it does not belong into this stem (a defect of the caller).
        """
        if block.ndim != 2 or block.dtype != np.float32 or block.shape[0] != self._channels:
            raise ValueError(
                f"a stem of {self._channels} channels takes (channels, frames) float32, not "
                f"{block.dtype} {block.shape}"
            )
        if self.done + block.shape[1] > self._frames:
            raise ValueError(f"a stem of {self._frames} frames takes no more than these")
        step = max(1, _BLOCK_VALUES // self._channels)
        for start in range(0, block.shape[1], step):
            self._add(block[:, start : start + step])

    def _add(self, block: npt.NDArray[np.float32]) -> None:
        loudest = levels.peak(block)
        if not np.isfinite(loudest):
            raise ValueError("a stem holds a sample that is not a finite number")
        if self._form.bounded and loudest > 1.0:
            raise ValueError("a stem goes over its form's full scale: choose its form by its peak")
        self._peak = max(self._peak, loudest)
        self._true_peak.add(block)
        if self._packed is None:
            self._put(containers.encode(self._form, block))
        else:
            with _refusing(self._path):
                self._packed.write(block)
        self.done += block.shape[1]

    def _put(self, data: bytes) -> None:
        """Write all of it: an unbuffered file may take less than it is given (a nearly full
        disk)."""
        view = memoryview(data)
        with _refusing(self._path):
            while view:
                view = view[self._file.write(view) :]

    def _finish(self) -> None:
        if self.done != self._frames:
            raise ValueError(f"a stem of {self._frames} frames got {self.done}")
        if self._packed is None:
            self._put(bytes(self._data_bytes % 2))
        with _refusing(self._path):
            if self._packed is not None:
                self._packed.close()
            os.fsync(self._file.fileno())
            self._file.close()
        self.written = Written(
            self._path,
            self._frames,
            self._rate,
            self._channels,
            self._form.subtype,
            self._peak,
            self._verified(),
            self._true_peak.value,
        )

    def _give_up(self) -> None:
        if self._packed is not None:
            with suppress(OSError):
                self._packed.close()
        self._file.close()
        with suppress(OSError):
            safe_files.remove(self._path)

    @property
    def _data_bytes(self) -> int:
        return self._frames * self._channels * self._form.sample_bytes

    def _verified(self) -> str:
        """The container, once the file's own header, read back, agrees with what was written."""
        try:
            seen = probe(self._path)
        except InputError:
            seen = None
        if (
            seen is None
            or (seen.channels, seen.rate, seen.subtype)
            != (self._channels, self._rate, self._form.subtype)
            or (seen.frames, seen.promised_frames) != (self._frames, self._frames)
        ):
            raise OutputUnwritable(
                f"{shown(self._path)} did not reach the disk whole; check the disk, then try again."
            )
        return seen.container


@contextmanager
def open_stem(
    path: Path,
    rate: int,
    channels: int,
    frames: int,
    form: Form | None = None,
    time_reference: int | None = None,
    mode: int = 0o666,
) -> Iterator[StemWriter]:
    """Write a new file: call ``write`` until all frames are there, then leave the ``with``.

    Args:
        path: it must not exist; its folder must.
        rate: samples per second.
        channels, frames: the stem's shape.
        form: float WAV by default; ``choose`` says which one fits.
        time_reference: Broadcast-WAV time stamp: frames since midnight of the first frame. Only
            a WAV carries it.
        mode: of the new file, less the umask.

    Raises:
        DiskFull: there is no room, or the user's quota is used up.
        OutputUnwritable: the folder is missing or forbidden, the file exists, the disk fails.
        ValueError: what is to be written is no stem, or frames are missing (a defect of the
            caller).
    """
    if frames < 1 or not 1 <= channels <= MAX_CHANNELS or not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"a stem has no {channels} channels, {frames} frames at {rate} Hz")
    with _refusing(path):
        file = open(  # noqa: SIM115 (closed below, in all cases)
            path, "x+b", buffering=0, opener=lambda name, _: safe_files.create(name, mode)
        )
    stem = None
    try:
        stem = StemWriter(path, file, rate, channels, frames, form or Form(), time_reference)
        yield stem
        stem._finish()
    except BaseException:
        if stem is not None:
            stem._give_up()
        else:
            file.close()
            with suppress(OSError):
                safe_files.remove(path)
        raise


def write_stem(
    path: Path,
    samples: npt.NDArray[np.float32],
    rate: int,
    *,
    time_reference: int | None = None,
) -> Written:
    """A float WAV of samples that are all at hand. Shape: (channels, frames). Raises as
    ``open_stem``."""
    if samples.ndim != 2:
        raise ValueError(f"a stem is (channels, frames) float32, not {samples.shape}")
    channels, frames = samples.shape
    with open_stem(path, rate, channels, frames, time_reference=time_reference) as stem:
        stem.write(samples)
    assert stem.written is not None
    return stem.written


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """An error of the system while writing becomes one the user understands."""
    try:
        yield
    except OSError as error:
        raise unwritten(path, error) from error
