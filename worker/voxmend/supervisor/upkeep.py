"""Keeps what jobs leave on disk within its bounds: finished stages and the reports' arrays.

A thread of its own looks at the folders: they hold thousands of files, and the broker must not wait
for a slow disk. The supervisor asks for it whenever another job begins or the last one ends, so an
engine may be at work meanwhile. What it has open it goes on reading, or, on Windows, that stays; an
entry that went before it was looked for is made anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from voxmend_protocol.messages import Cache, CacheReport

from ..log import log
from ..stages import Stages


class Upkeep:
    """The stages, their budget, and the arrays of reports."""

    def __init__(self, stages: Stages, budget: int, prune: Callable[[], int]) -> None:
        """
        Args:
            budget: bytes that the stages may take.
            prune: brings the reports' arrays to their number; how many it removed.
        """
        self._stages, self._budget, self._prune = stages, budget, prune
        self._lock = threading.Lock()
        self._due = False
        self.busy = False

    def tidy(self) -> None:
        """Bring all within bounds, soon: returns at once. Asked for while it is under way, it is
        done once more."""
        with self._lock:
            self._due = True
            if self.busy:
                return
            self.busy = True
        threading.Thread(target=self._work, name="upkeep", daemon=True).start()

    def cache(self, asked: Cache) -> CacheReport:
        """How much the stages take, after all were removed where that is asked."""
        removed = self._stages.evict(0).entries if asked.clear else 0
        left = self._stages.stats()
        return CacheReport(left.entries, left.bytes, self._budget, removed)

    def _work(self) -> None:
        try:
            while self._take():
                self._tidy()
        except BaseException:  # the next job asks again
            with self._lock:
                self.busy = False
            raise

    def _take(self) -> bool:
        with self._lock:
            due, self._due = self._due, False
            self.busy = due
        return due

    def _tidy(self) -> None:
        removed = self._stages.evict(self._budget)
        if removed.entries:
            log("cache_evicted", entries=removed.entries, bytes=removed.bytes)
        pruned = self._prune()
        if pruned:
            log("reports_pruned", jobs=pruned)
