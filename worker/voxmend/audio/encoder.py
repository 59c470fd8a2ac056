"""FLAC and MP3 through libsndfile, into a file of ours, so that the system's reason for a failed
write is not lost: libsndfile only says that something went wrong. Only ``write`` calls this.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile

from .containers import codes
from .form import Form


class Encoder:
    """A packed file that is being written: a 24-bit FLAC, or an MP3 of 320 kbit/s, the most there
    is (160 below 32 kHz, 64 below 16). An MP3 has the encoder's delay in its header (LAME's tag),
    so whoever heeds that tag gets it back without lag and at its length. What the disk says is
    raised as OSError.
    """

    def __init__(self, file: BinaryIO, rate: int, channels: int, form: Form) -> None:
        self._target = _Target(file)
        best = {"bitrate_mode": "CONSTANT", "compression_level": 0.0}
        with self._honest():
            self._sound = soundfile.SoundFile(
                self._target, "w", rate, channels, subtype=form.subtype,
                format=form.container.upper(), **(best if form.container == "mp3" else {}),
            )  # fmt: skip

    def write(self, block: npt.NDArray[np.float32]) -> None:
        """The next frames, within full scale. Shape: (channels, frames)."""
        lossless = self._sound.format == "FLAC"
        with self._honest():  # libsndfile wants a FLAC's codes in the upper bits
            self._sound.write(np.ascontiguousarray((codes(block) << 8 if lossless else block).T))

    def close(self) -> None:
        """Write what is left, and the length into the header."""
        with self._honest():
            self._sound.close()

    @contextmanager
    def _honest(self) -> Iterator[None]:
        """libsndfile's failure, or its silence about one, becomes what the system said."""
        try:
            yield
        except (soundfile.LibsndfileError, AssertionError) as error:
            raise self._target.failure or OSError(errno.EIO, str(error)) from error
        if self._target.failure is not None:
            raise self._target.failure


class _Target:
    """The file, in the shape libsndfile's virtual IO asks for. Nothing here raises: it is called
    from C, where an exception would only be printed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.failure: OSError | None = None

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self.failure = self.failure or error
            return 0
        return len(data)

    def seek(self, offset: int, whence: int) -> int:
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            self.failure = self.failure or error
            return -1

    def tell(self) -> int:
        try:
            return self._file.tell()
        except OSError as error:
            self.failure = self.failure or error
            return -1

    def read(self, _count: int) -> bytes:
        return b""  # soundfile wants it to be there; while writing nothing is read
