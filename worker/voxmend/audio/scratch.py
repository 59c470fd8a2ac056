"""A long sound in a file of its own: interleaved float32 behind one block of header.

Only ``signal`` calls this. Interleaved, because so a window of all channels is one stretch of
disk, a file can grow and be cut at its end, and decoder, writer and resampler want it that way.
Plain reads and writes instead of a memory map: what lies in the system's cache is not ours, while
mapped pages count as our memory until somebody drops them. What always holds: a file has a header
only once it is finished, so what a crash leaves behind is never taken for a finished one; what was
never written reads as silence.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxmend_protocol.errors import EnvironmentProblem

from ..disk import shown, sync
from .refusals import unkept

_MAGIC = b"voxmend signal 1\n"
_HEAD = 4096
"""Bytes of the header: one page, so that frames lie at even places."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the header of a finished file says.

    Attributes:
        channels, frames, rate: its sound.
        digest: SHA-256 in hex that its maker gave it; None without one.
    """

    channels: int
    frames: int
    rate: int
    digest: str | None = None


class Scratch:
    """One open file. Reads and writes may come from several threads."""

    def __init__(self, path: Path, channels: int, *, finished: bool) -> None:
        self.path = path
        self.finished = finished
        self._frame = channels * 4
        self._channels = channels
        self._lock = threading.Lock()
        self._file = open(path, "rb" if finished else "r+b", buffering=0)  # noqa: SIM115

    @classmethod
    def make(cls, folder: Path, channels: int) -> Scratch:
        """A new file in ``folder``, empty.

        Raises:
            DiskFull, EnvironmentProblem: the system does not let us.
        """
        try:
            descriptor, name = tempfile.mkstemp(".scratch", "signal-", folder)
            os.close(descriptor)
            return cls(Path(name), channels, finished=False)
        except OSError as error:
            raise unkept(folder / "a scratch file", error) from error

    def read(self, start: int, into: npt.NDArray[np.float32]) -> None:
        """Fill a block from frame ``start`` on. Shape: (frames, channels), contiguous.

        Raises:
            EnvironmentProblem: the disk fails.
        """
        view = into.data.cast("B")
        got = 0
        with self._lock:
            try:
                self._file.seek(_HEAD + start * self._frame)
                while got < len(view):
                    more = self._file.readinto(view[got:])
                    if not more:
                        break
                    got += more
            except OSError as error:
                raise EnvironmentProblem(
                    f"{shown(self.path)} could not be read back ({error.strerror}); check its "
                    "disk, then try again."
                ) from error
        view[got:] = bytes(len(view) - got)

    def write(self, start: int, block: npt.NDArray[np.float32]) -> None:
        """Put a block at frame ``start``. Shape: (frames, channels), contiguous.

        Raises:
            DiskFull, EnvironmentProblem: the system does not take it.
        """
        view = block.data.cast("B")
        with self._lock:
            try:
                self._file.seek(_HEAD + start * self._frame)
                self._put(view)
            except OSError as error:
                raise unkept(self.path, error) from error

    def cut(self, frames: int) -> None:
        """Forget all from frame ``frames`` on."""
        with self._lock:
            size = _HEAD + frames * self._frame
            if os.fstat(self._file.fileno()).st_size > size:
                self._file.truncate(size)

    def finish(self, file: Path, facts: Facts) -> None:
        """Write the header and move the file to its place, durably; then it is read-only.

        Raises:
            DiskFull, EnvironmentProblem: it could not be done; ``file`` is as it was.
        """
        text = _MAGIC + json.dumps(asdict(facts)).encode("ascii") + b"\n"
        try:
            with self._lock:
                self._file.truncate(_HEAD + facts.frames * self._frame)
                self._file.seek(0)
                self._put(memoryview(text.ljust(_HEAD)))
                os.fsync(self._file.fileno())
                self._file.close()  # Windows moves no open file
                _move(self.path, file)
                self.path, self.finished = file, True
                self._file = open(file, "rb", buffering=0)  # noqa: SIM115
        except OSError as error:
            if self._file.closed:
                self._file = open(self.path, "r+b", buffering=0)  # noqa: SIM115
            raise unkept(file, error) from error
        sync(file.parent)

    def close(self) -> None:
        """Close; what was not finished is removed."""
        self._file.close()
        if not self.finished:
            with suppress(OSError):
                self.path.unlink()

    def _put(self, view: memoryview) -> None:
        while view:  # an unbuffered file may take less than it is given (a nearly full disk)
            view = view[self._file.write(view) :]


def facts_of(file: Path) -> Facts:
    """The header of a finished file.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is no finished signal, or not all of it is there.
    """
    with open(file, "rb") as handle:
        head = handle.read(_HEAD)
        size = os.fstat(handle.fileno()).st_size
    try:
        if not head.startswith(_MAGIC) or len(head) < _HEAD:
            raise ValueError("no header")
        facts = Facts(**json.loads(head[len(_MAGIC) :]))
        sound = facts.frames * facts.channels * 4
        if facts.channels < 1 or facts.rate < 1 or size != _HEAD + sound:
            raise ValueError("not all of it is there")
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{shown(file)} is no finished signal: {error}") from error
    return facts


def _move(path: Path, file: Path) -> None:
    try:
        os.replace(path, file)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = file.with_name(f"{path.name}.part")  # another disk: copied beside, then renamed
        try:
            shutil.copyfile(path, beside)
            with open(beside, "r+b") as handle:
                os.fsync(handle.fileno())
            os.replace(beside, file)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
        path.unlink()
