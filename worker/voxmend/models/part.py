"""What has come of a file so far: ``NAME.part``, and ``NAME.part.json``, which remembers from where
and of which version (ETag, or the date), so that the rest can be asked for later.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from .. import foreign, safe_files
from ..disk import put, sync

MOST_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Part:
    """The beginning of a file, and where it came from."""

    path: Path

    @classmethod
    def of(cls, place: Path) -> Part:
        """The unfinished form of the file that belongs at ``place``."""
        return cls(place.with_name(place.name + ".part"))

    @property
    def _mark(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    @property
    def size(self) -> int:
        """Bytes that have come."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def version(self, url: str) -> str | None:
        """What the server called the version, if the bytes came from this address."""
        try:
            mark = foreign.table(safe_files.read(self._mark, MOST_BYTES))
            found = mark["version"] if mark["url"] == url else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if isinstance(found, str) else None

    def begin(self, url: str, version: str | None) -> None:
        """Start anew. The bytes go first: a mark must never speak of bytes it does not know."""
        self.drop()
        put(self._mark, json.dumps({"url": url, "version": version}).encode())
        os.close(safe_files.update(self.path))

    def settle(self, place: Path) -> None:
        """Put the proved whole where it belongs, durably.

        Raises:
            OSError: it cannot be; the place is as it was.
        """
        with open(self.path, "r+b") as handle:
            os.fsync(handle.fileno())
        os.replace(self.path, place)
        sync(place.parent)
        self.drop()

    def drop(self) -> None:
        """Forget it."""
        for path in (self.path, self._mark):
            path.unlink(missing_ok=True)
