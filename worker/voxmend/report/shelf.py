"""Where the small arrays of jobs lie, and how many of them.

No numpy: the supervisor tidies up, and must not wait for it to start.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

FOLDER = "reports"
"""In the state folder."""

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")

KEPT = 1000
"""Jobs whose arrays are kept, half a gigabyte at most; the oldest go first."""


def file_of(state: Path, job: str) -> Path:
    """Where a job's arrays lie; one that is no id has none, whatever a foreign job.json says."""
    return state / FOLDER / (f"{job}.npz" if _ID.fullmatch(job) else "none.npz")


def prune(state: Path, keep: int = KEPT) -> int:
    """Remove the oldest jobs' arrays; how many."""
    found = []
    for file in (state / FOLDER).glob("*"):
        with contextlib.suppress(OSError):
            found.append((file.stat().st_mtime, file))
    found.sort(key=lambda each: each[0], reverse=True)
    for _, file in found[keep:]:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
    return len(found[keep:])
