"""What one laptop has sent, on the remote machine's disk: whole files by their SHA-256, and such as
are still coming. Each laptop has a folder of its own, and nobody else's is ever looked at: whoever
knows a hash has not got the file.

``sources/<sha256>`` is whole and proved, ``sources/<sha256>.part`` is not. What nobody has used for
long goes, and so does what was used longest ago where the laptop's share is full.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Collection
from pathlib import Path

from voxmend_protocol.errors import BadRequest, DiskFull

from .. import safe_files
from ..disk import private
from .forms import check_sha

PART = ".part"
RESERVE = 500_000_000
"""Bytes that stay free on the disk, whatever a laptop sends."""


class Shelf:
    """The folder of one laptop. Sizes are bytes."""

    def __init__(
        self,
        folder: Path,
        share: int,
        room: Callable[[], int],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            share: that this laptop may take of the disk.
            room: what the disk has left, less what was promised to others.
        """
        self.folder, self._share, self._room, self._clock = folder, share, room, clock
        self.sources = folder / "sources"
        self.jobs = folder / "jobs"
        for made in (folder, self.sources, self.jobs):
            private(made)

    def now(self) -> float:
        """The time by this shelf's clock."""
        return self._clock()

    def path(self, sha256: str) -> Path:
        """Where a whole file lies, or would."""
        check_sha(sha256)
        return self.sources / sha256

    def whole(self, sha256: str) -> bool:
        """Whether this laptop has sent all of it, and it is what its name says."""
        return self.path(sha256).is_file()

    def got(self, sha256: str) -> int:
        """How much of a file is here that is not whole yet."""
        return _size(self._part(sha256))

    def missing(self, sha256: str, size: int) -> int:
        """How much is still to come."""
        return 0 if self.whole(sha256) else max(0, size - self.got(sha256))

    def make_room(self, more: int, busy: Collection[str]) -> None:
        """See that so much more fits this laptop's share; files that no job needs go for it, the
        oldest first.

        Args:
            busy: hashes of what is needed.

        Raises:
            DiskFull: it does not fit.
        """
        over = self.used() + more - self._share
        for file in self._idle(busy):
            if over <= 0:
                break
            over -= _size(file)
            safe_files.remove(file)
        if over > 0:
            raise self._too_much()

    def insist(self, size: int) -> None:
        """Refuse what is larger than all of this laptop's share.

        Raises:
            DiskFull: it is.
        """
        if size > self._share:
            raise self._too_much()

    def _too_much(self) -> DiskFull:
        return DiskFull(
            f"{{name}} keeps {self._share / 1e9:.1f} GB for one machine, and this does not fit. "
            "Wait until its other jobs have ended, or raise remote.share_gb there."
        )

    def take(self, sha256: str, size: int, offset: int, data: bytes) -> int:
        """Put bytes behind those that are here; others are passed over. How much is here now.

        Raises:
            BadRequest: they reach beyond the size that was told.
            DiskFull: the disk takes no more.
        """
        have = self.got(sha256)
        if offset != have:
            return have
        if offset + len(data) > size:
            raise BadRequest("More bytes came than the file has.")
        if len(data) > self._room():
            raise full()
        try:
            with os.fdopen(safe_files.update(self._part(sha256), 0o600), "r+b", 0) as file:
                file.seek(offset)
                left = memoryview(data)
                while left:
                    left = left[file.write(left) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self._part(sha256), have)
            raise full() from None
        return have + len(data)

    def prove(self, sha256: str) -> bool:
        """Whether a file that has come is what its name says: then it is whole from here on. Else
        it is removed."""
        part = self._part(sha256)
        if self.whole(sha256):
            return True
        try:
            with os.fdopen(safe_files.opened(part), "rb", 0) as file:
                right = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False
        if not right:
            safe_files.remove(part)
            return False
        with contextlib.suppress(OSError):
            safe_files.rename(part, self.path(sha256))
        return self.whole(sha256)

    def touch(self, sha256: str) -> None:
        """It is used now. The time of its content stays: a job knows its source by that."""
        with contextlib.suppress(OSError):
            now = self.path(sha256).stat()
            os.utime(self.path(sha256), ns=(round(self._clock() * 1e9), now.st_mtime_ns))

    def forget(self, sha256: str) -> None:
        """Remove what has come of a file that is not whole."""
        safe_files.remove(self._part(sha256))

    def sweep(self, keep_s: float, busy: Collection[str], jobs: Collection[str]) -> int:
        """Remove what nobody has used for so long, and results that nobody fetched. How many.

        Args:
            busy: hashes of what is needed.
            jobs: names of jobs' folders that are needed.
        """
        before = self._clock() - keep_s
        gone = 0
        for file in self._idle(busy):
            if _used(file) < before:
                safe_files.remove(file)
                gone += 1
        for folder in list(self.jobs.iterdir()):
            with contextlib.suppress(OSError):
                if folder.name not in jobs and folder.stat().st_mtime < before:
                    safe_files.remove_folder(folder)
                    gone += 1
        return gone

    def used(self) -> int:
        """All that lies here."""
        found = os.walk(self.folder)  # passes over a folder that goes meanwhile
        return sum(_size(Path(folder, file)) for folder, _, files in found for file in files)

    def _part(self, sha256: str) -> Path:
        path = self.path(sha256)
        return path.with_name(path.name + PART)

    def _idle(self, busy: Collection[str]) -> list[Path]:
        """Sources that no job needs, what was used longest ago first."""
        files = [
            file for file in self.sources.iterdir() if file.name.removesuffix(PART) not in busy
        ]
        return sorted(files, key=_used)


def full() -> DiskFull:
    """There is no room on the remote machine."""
    return DiskFull("The disk of {name} is full. Free some room there, then retry the job.")


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0


def _used(file: Path) -> float:
    try:
        found = file.lstat()
    except OSError:
        return 0.0
    return max(found.st_atime, found.st_mtime)


def room(folder: Path) -> int:
    """Bytes that may be written to the disk of a folder."""
    return shutil.disk_usage(folder).free - RESERVE
