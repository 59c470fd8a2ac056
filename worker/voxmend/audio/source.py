"""A sound file as bytes: opened once, regular files only.

Probe and load take every byte of a file through here. What always holds: nothing but a regular
file is ever read (a FIFO or a device could hang the caller), and the file stays the one that was
checked, because it is opened once. libsndfile reads through it too (``stretch``), so an error of
the disk keeps its errno instead of becoming "System error".
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
    """A regular file, read-only.

    Attributes:
        path: where it lies.
        size: bytes, as they were when it was opened; what is appended later is not seen.
        failure: the first error of the system while reading; libsndfile only sees an early end.

    Raises:
        InputMissing: there is no such file.
        InputUnreadable: it is not a regular file, or the system will not open it.
    """

    def __init__(self, path: Path, opener: Opener | None = None) -> None:
        self.path = path
        self.failure: OSError | None = None
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

    def fileno(self) -> int:
        """The descriptor, for a program that is to read this very file."""
        return self._file.fileno()

    def take(self, offset: int, count: int) -> bytes:
        """At most ``count`` bytes from ``offset`` on; fewer at the file's end.

        Raises:
            InputUnreadable: the disk fails.
        """
        buffer = bytearray(count)
        got = self.fill(memoryview(buffer), offset)
        self.check()
        return bytes(buffer[:got])

    def fill(self, view: memoryview, start: int) -> int:
        """Fill the view from byte ``start`` on, as far as the file goes; returns the byte count.

        Never raises: what the system says is kept in ``failure``.
        """
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
