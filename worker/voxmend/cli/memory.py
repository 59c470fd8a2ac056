"""How much memory processes hold: from /proc where there is one, else from ``ps``.

No package: one number for a screen is not worth one that must be built on some systems.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


def resident(pids: Iterable[int | None], proc: Path = Path("/proc")) -> int | None:
    """Bytes of real memory that some processes hold together; None where nobody says."""
    found = [_one(pid, proc) for pid in pids if pid is not None]
    known = [each for each in found if each is not None]
    return sum(known) if known else None


def _one(pid: int, proc: Path) -> int | None:
    try:
        match = _RESIDENT.search((proc / str(pid) / "status").read_text("ascii", "replace"))
        return int(match[1]) * 1024 if match else None
    except OSError:
        return None if proc.joinpath("self").exists() else _asked(pid)


def _asked(pid: int) -> int | None:
    try:
        said = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, timeout=2
        ).stdout
        return int(said) * 1024
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
