"""Where the time of a job goes: seconds by part, each second counted once.

Parts may lie within parts: what is drawn while a plan runs counts as drawing, not as the plan's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Spent:
    """A clock for each part of one job."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds: dict[str, float] = {}
        self._open: list[str] = []
        self._since = clock()

    @contextmanager
    def on(self, part: str) -> Iterator[None]:
        """Within it, time counts as this part's."""
        self._settle()
        self._open.append(part)
        try:
            yield
        finally:
            self._settle()
            self._open.pop()

    def plain(self) -> dict[str, float]:
        """Seconds by part, in the order in which they began."""
        return {part: round(seconds, 4) for part, seconds in self._seconds.items()}

    def _settle(self) -> None:
        """Count what has passed since the last look."""
        now = self._clock()
        if self._open:
            part = self._open[-1]
            self._seconds[part] = self._seconds.get(part, 0.0) + now - self._since
        self._since = now
