"""What a client still has to be told: pure, bounded, one for each client.

Answers wait in a short queue. News is a set of job ids, not of records: whoever sends looks the
record up at that moment, so the newest wins, a slow client costs a few bytes per watched job, and
nothing is lost to one that comes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from voxmend_protocol.errors import BadRequest

MAX_ANSWERS = 256
MAX_GROUPS = 1000
RECORDS_PER_S = 10.0


@dataclass(slots=True)
class Outbox:
    """Answers and news for one client."""

    answers: deque[list[bytes]] = field(default_factory=deque)
    jobs: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    watch_id: str | None = None
    overrun: bool = False
    _dirty: dict[str, None] = field(default_factory=dict)
    _sent: dict[str, float] = field(default_factory=dict)

    def answer(self, frames: list[bytes]) -> None:
        """Queue an answer. A client that asks and never reads is marked overrun."""
        if len(self.answers) >= MAX_ANSWERS:
            self.overrun = True
            return
        self.answers.append(frames)

    def watch(self, jobs: Iterable[str], group: str | None, watch_id: str) -> None:
        """Follow these jobs and this group as well."""
        if group is not None and group not in self.groups and len(self.groups) >= MAX_GROUPS:
            raise BadRequest(f"One client follows at most {MAX_GROUPS} groups. Unwatch first.")
        self.jobs |= set(jobs)
        if group is not None:
            self.groups.add(group)
        self.watch_id = watch_id

    def unwatch(self) -> None:
        """Follow nothing."""
        self.jobs.clear()
        self.groups.clear()
        self._dirty.clear()
        self._sent.clear()

    def tell(self, job: str, group: str | None) -> None:
        """The record of ``job`` has changed."""
        if job in self.jobs or group in self.groups:
            self._dirty[job] = None

    def due(self, now: float) -> list[str]:
        """Jobs whose news may go out now: each at most ten times a second."""
        gap = 1 / RECORDS_PER_S
        return [job for job in self._dirty if now - self._sent.get(job, -gap) >= gap]

    def sent(self, job: str, now: float, terminal: bool) -> None:
        """The newest record of ``job`` is on its way."""
        self._dirty.pop(job, None)
        if terminal:
            self._sent.pop(job, None)
            self.jobs.discard(job)
        else:
            self._sent[job] = now

    @property
    def waiting(self) -> bool:
        """True while something is to be sent."""
        return bool(self.answers or self._dirty)

    @property
    def watching(self) -> int:
        """How many jobs and groups are followed."""
        return len(self.jobs) + len(self.groups)
