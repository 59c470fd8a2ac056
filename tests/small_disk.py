"""A disk that a test can fill: a file system in memory, mounted for one test. Linux, as root."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_DETACH = 2


class SmallDisk:
    """A mounted disk of ``size`` bytes."""

    def __init__(self, root: Path, size: int) -> None:
        self.root, self.size = root, size
        self._filler = root / ".filler"

    def fill(self, leave: int = 0) -> None:
        """Leave so many bytes of room, in whole pages."""
        with open(self._filler, "ab", buffering=0) as file:
            while (room := self._room() - leave) > 0:
                try:
                    file.write(bytes(min(room, 65_536)))
                except OSError:
                    return

    def _room(self) -> int:
        found = os.statvfs(self.root)
        return found.f_bavail * found.f_frsize

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(root: Path, size: int, files: int = 10_000) -> Iterator[SmallDisk]:
    """Mount a disk at ``root`` for so many bytes and files; skips where that cannot be done."""
    if sys.platform != "linux":
        pytest.skip("only Linux mounts a disk in memory")
    libc = ctypes.CDLL(None, use_errno=True)
    root.mkdir(parents=True, exist_ok=True)
    place = os.fsencode(root)
    options = f"size={size},nr_inodes={files},mode=700"
    if libc.mount(b"tmpfs", place, b"tmpfs", 0, options.encode()) != 0:
        pytest.skip(f"no disk can be mounted here ({os.strerror(ctypes.get_errno())})")
    try:
        yield SmallDisk(root, size)
    finally:
        with suppress(OSError):
            (root / ".filler").unlink(missing_ok=True)
        libc.umount2(place, _DETACH)
