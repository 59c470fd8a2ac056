"""Finished stages on disk, found by what went into them.

A key is the SHA-256 of everything that can change the result: the decoded sound, the chain of
blocks with versions, parameters and weights, the device and the build. So a changed last block
runs alone, and nothing is ever found by a file's name or date. The engine writes entries and marks
them used; only the supervisor evicts.

An entry is a finished scratch file and, written after it, a JSON file with what else the stage
gave (decisions, warnings): without the second the first does not count.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxmend_protocol.errors import VoxmendError

from ..disk import write_json

if TYPE_CHECKING:  # the supervisor evicts, and must not wait for numpy to start
    from ..audio.signal import Signal

LAYOUT = 2
"""Raised when what stands in an entry changes its meaning, or the runner cuts and joins windows
otherwise."""


_LEFT_S = 3600.0
"""A file that belongs to no entry and is older was left by an engine that died."""


@dataclass(frozen=True, slots=True)
class Stats:
    """What the cache holds."""

    entries: int
    bytes: int


def key(parts: Mapping[str, Any]) -> str:
    """The name of a result, by all that went into it."""
    text = json.dumps({"layout": LAYOUT, **parts}, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


class StageCache:
    """A folder of entries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _files(self, name: str) -> tuple[Path, Path]:
        place = self.folder / name[:2]
        return place / f"{name[2:]}.sound", place / f"{name[2:]}.json"

    def find(self, name: str) -> tuple[Signal, dict[str, Any]] | None:
        """A finished stage, read-only, and its facts; None if it is not there or not whole."""
        from ..audio.signal import Signal

        sound, facts = self._files(name)
        try:
            said = json.loads(facts.read_text("utf-8"))
            if not isinstance(said, dict):
                return None
            signal = Signal.open(sound)
            if said.pop("sum", None) != _sum(signal):
                signal.close()
                return None
        except (OSError, ValueError, RecursionError, VoxmendError):
            return None
        with contextlib.suppress(OSError):
            os.utime(facts)
        return signal, said

    def keep(self, name: str, signal: Signal, facts: Mapping[str, Any]) -> None:
        """Turn a finished stage's scratch file into an entry. A cache that cannot be written costs
        time, never a job."""
        sound, beside = self._files(name)
        try:
            sound.parent.mkdir(parents=True, exist_ok=True)
            signal.persist(sound)
            write_json(beside, {**facts, "sum": _sum(signal)})
        except (OSError, VoxmendError):  # persist has words of ours for a full disk
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)

    def stats(self) -> Stats:
        """How much there is."""
        sizes = [size for _, size, _ in self._entries()]
        return Stats(len(sizes), sum(sizes))

    def evict(self, budget: int) -> Stats:
        """Remove what was used longest ago until at most ``budget`` bytes are left.

        Returns:
            What was removed.
        """
        entries = sorted(self._entries(), reverse=True)
        used = count = freed = 0
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

    def _entries(self) -> list[tuple[float, int, Path]]:
        """Last use, size and facts file of each entry."""
        found = []
        for facts in self.folder.glob("??/*.json"):
            with contextlib.suppress(OSError):
                size = facts.with_suffix(".sound").stat().st_size
                found.append((facts.stat().st_mtime, size, facts))
        return found


def _sum(signal: Signal) -> int:
    """A checksum of all samples: a disk may give back other ones than it was given."""
    found = 0
    for _, block in signal.blocks():
        found = zlib.crc32(block.data, found)
    return found
