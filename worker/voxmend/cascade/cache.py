"""Finished stages on disk, found by what went into them.

A key is the SHA-256 of everything that can change the result: the decoded sound, the chain of
blocks with versions, parameters and weights, the device and the build. So a changed last block
runs alone, and nothing is ever found by a file's name or date. The engine writes entries and marks
them used; only the supervisor evicts (``stages.py``).

An entry is a finished scratch file and, written after it, a JSON file with what else the stage
gave (decisions, warnings): without the second the first does not count.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import VoxmendError

from ..audio.signal import Signal
from ..disk import write_json
from ..stages import Stages

LAYOUT = 2
"""Raised when what stands in an entry changes its meaning, or the runner cuts and joins windows
otherwise."""


def key(parts: Mapping[str, Any]) -> str:
    """The name of a result, by all that went into it."""
    text = json.dumps({"layout": LAYOUT, **parts}, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


class StageCache:
    """A folder of entries."""

    def __init__(self, folder: Path) -> None:
        self.stages = Stages(folder)

    def find(self, name: str) -> tuple[Signal, dict[str, Any]] | None:
        """A finished stage, read-only, and its facts; None if it is not there or not whole."""
        sound, facts = self.stages.files(name)
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
        sound, beside = self.stages.files(name)
        try:
            sound.parent.mkdir(parents=True, exist_ok=True)
            signal.persist(sound)
            write_json(beside, {**facts, "sum": _sum(signal)})
        except (OSError, VoxmendError):  # persist has words of ours for a full disk
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def _sum(signal: Signal) -> int:
    """A checksum of all samples: a disk may give back other ones than it was given."""
    found = 0
    for _, block in signal.blocks():
        found = zlib.crc32(block.data, found)
    return found
