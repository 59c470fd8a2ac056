"""A sound file as bytes: opened once, regular files only, with a mended header laid over it.

Probe and load take every byte of a file through here. What always holds: nothing but a regular
file is ever read (a FIFO or a device could hang the caller), and the file stays the one that was
checked, because it is opened once. libsndfile reads through the same object, so a header that
lies can be shown to it corrected without touching the file, and an error of the disk keeps its
errno instead of becoming "System error".
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from voxmend_protocol.errors import InputMissing, InputUnreadable, VoxmendError

from .. import safe_files
from ..disk import shown

# Opening a FIFO that nobody writes to would wait for ever; Windows needs O_BINARY, has no FIFO.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL)
Opener = Callable[[Path], int]
"""Opens a path for reading and gives the descriptor, or raises OSError or VoxmendError: for a file
in a folder that others may write."""

_FORBIDDEN = (errno.EACCES, errno.EPERM)


def unopened(path: Path, error: OSError) -> VoxmendError:
    """The error for a file that the system will not open or read."""
    if isinstance(error, safe_files.UnsafeError):
        return InputUnreadable(shown(str(error)))
    if error.errno in _GONE:
        return InputMissing(
            f"There is no file {shown(path)}; check the path, or put the file or its disk back."
        )
    if error.errno in _FORBIDDEN:
        return InputUnreadable(
            f"{shown(path)} may not be read; give your account the right to read it, or close "
            "the program that holds it."
        )
    return InputUnreadable(
        f"{shown(path)} could not be read ({error.strerror or type(error).__name__}); check its "
        "disk or network, then try again."
    )


def damaged(path: Path) -> InputUnreadable:
    """The error for a file that looks like sound and makes no sense."""
    return InputUnreadable(
        f"{shown(path.name)} is damaged or not finished: its header makes no sense; export it "
        "again."
    )


class Source:
    """A regular file, read-only and seekable, in the shape libsndfile's virtual IO asks for.

    Attributes:
        path: where it lies.
        size: bytes, as they were when it was opened; what is appended later is not seen.
        patches: offset to bytes that ``readinto`` shows in place of those in the file.
        failure: the first error of the system while reading; libsndfile only sees an early end.

    Raises:
        InputMissing: there is no such file.
        InputUnreadable: it is not a regular file, or the system will not open it.
    """

    def __init__(self, path: Path, opener: Opener | None = None) -> None:
        self.path = path
        self.patches: dict[int, bytes] = {}
        self.failure: OSError | None = None
        self._at = 0
        try:
            if opener is None:
                _refuse_unless_regular(path, os.stat(path).st_mode)
                descriptor = os.open(path, _FLAGS)
            else:
                descriptor = opener(path)
        except OSError as error:
            raise unopened(path, error) from error
        except ValueError as error:  # a path with a NUL, or with text no file system can hold
            raise unopened(path, OSError(errno.EINVAL, "bad path")) from error
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        try:
            now = os.fstat(descriptor)
            _refuse_unless_regular(path, now.st_mode)  # it may have been swapped in between
        except BaseException:
            self._file.close()
            raise
        self.size = now.st_size

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a byte; a place before the file is its start."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """The byte that comes next."""
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill the buffer from where we are, as far as the file goes; returns the byte count.

        Never raises: it is called from C, where an exception would only be printed.
        """
        count = self._fill(memoryview(buffer).cast("B"), self._at)
        self._at += count
        return count

    def take(self, offset: int, count: int) -> bytes:
        """At most ``count`` bytes from ``offset`` on; fewer at the file's end. Where a decoder is
        in the file stays as it was.

        Raises:
            InputUnreadable: the disk fails.
        """
        buffer = bytearray(count)
        got = self._fill(memoryview(buffer), offset)
        self.check()
        return bytes(buffer[:got])

    def _fill(self, view: memoryview, start: int) -> int:
        wanted = min(len(view), max(0, self.size - start))
        if wanted == 0:  # a damaged header may point beyond what a file can have
            return 0
        count = 0
        try:
            self._file.seek(start)
            while count < wanted:
                got = self._file.readinto(view[count:wanted])
                if not got:
                    break
                count += got
        except OSError as error:
            self.failure = self.failure or error
        for offset, patch in self.patches.items():
            first, last = max(offset, start), min(offset + len(patch), start + count)
            if first < last:
                view[first - start : last - start] = patch[first - offset : last - offset]
        return count

    def check(self) -> None:
        """Raise what the system said while libsndfile was reading, if it said anything."""
        if self.failure is not None:
            raise unopened(self.path, self.failure) from self.failure


def _refuse_unless_regular(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise InputUnreadable(f"{shown(path)} is a folder; choose an audio file in it.")
    if not stat.S_ISREG(mode):
        raise InputUnreadable(
            f"{shown(path)} is a pipe or a device, not a file; record it to a file first."
        )
