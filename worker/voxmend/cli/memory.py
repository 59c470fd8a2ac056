"""How much memory processes hold, for a screen that shows it."""

from __future__ import annotations

from collections.abc import Iterable

import psutil


def resident(pids: Iterable[int | None]) -> int | None:
    """Bytes of real memory that some processes hold together; None where nobody says: those that
    are None or gone, or that the system does not show to this user, do not count."""
    found = [_one(pid) for pid in pids if pid is not None]
    known = [each for each in found if each is not None]
    return sum(known) if known else None


def _one(pid: int) -> int | None:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return None
