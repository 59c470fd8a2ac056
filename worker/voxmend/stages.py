"""The folder of finished stages: where an entry lies, how much there is, and what goes when it is
too much.

Standard library only. The engine writes the entries (``cascade/cache.py``), the supervisor evicts,
and must not wait for numpy to start. Both processes work in one folder, and neither asks the other:
whatever is removed here may be in use there, and every step here may find that a file has gone.

An entry is two files: the sound, and beside it, written after it, its facts. Without the second the
first does not count.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = "stages"
"""In the cache folder."""

_LEFT_S = 3600.0
"""A file that belongs to no entry and is older was left by an engine that died."""


def key_in(realm: str | None, digest: str) -> str:
    """What a sound is called in the cache. Who has a realm finds what is of that realm, and nobody
    else's: not even whether anybody had the same sound before."""
    return digest if realm is None else hashlib.sha256(f"{realm} {digest}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Stats:
    """How many entries, and their size."""

    entries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Stages:
    """A folder of entries, by their names."""

    folder: Path

    def files(self, name: str) -> tuple[Path, Path]:
        """An entry's sound and its facts."""
        place = self.folder / name[:2]
        return place / f"{name[2:]}.sound", place / f"{name[2:]}.json"

    def stats(self) -> Stats:
        """How much there is."""
        entries = size = 0
        for _, more, _ in self._entries():
            entries, size = entries + 1, size + more
        return Stats(entries, size)

    def evict(self, budget: int) -> Stats:
        """Remove what was used longest ago until at most ``budget`` bytes are left.

        Returns:
            What was removed.
        """
        used = count = freed = 0
        # Nothing is to go, most times: a list of all would grow the process with the cache.
        too_much = self.stats().bytes > budget
        entries = sorted(self._entries(), reverse=True) if too_much else []
        for _, size, facts in entries:
            used += size
            if used > budget:
                with contextlib.suppress(OSError):
                    facts.unlink(missing_ok=True)  # first: without it the sound does not count
                    facts.with_suffix(".sound").unlink(missing_ok=True)
                    count, freed = count + 1, freed + size
        self._sweep()
        return Stats(count, freed)

    def _sweep(self) -> None:
        """Remove what an engine that died has left half written. A young file may belong to an
        engine that is just making an entry of it."""
        young = time.time() - _LEFT_S
        for file in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):
                other = {".sound": ".json", ".json": ".sound"}.get(file.suffix)
                whole = other and not file.name.startswith(".") and file.with_suffix(other).exists()
                if not whole and file.stat().st_mtime < young:
                    file.unlink()

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """Last use, size and facts file of each entry."""
        for facts in self.folder.glob("??/*.json"):
            try:
                size = facts.with_suffix(".sound").stat().st_size
                used = facts.stat().st_mtime
            except OSError:
                continue
            yield used, size, facts
