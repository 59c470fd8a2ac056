"""One install at a time: the lock is the system's, so that a killed one leaves none."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold the lock.

    Raises:
        EnvironmentProblem: another holds it.
        OSError: the folder cannot be written.
    """
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _take(handle):
            raise EnvironmentProblem(
                "Another install or uninstall is at work. Wait until it has ended, then run the "
                "same command again."
            )
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
