"""Batches and a worker for tests, in memory only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import supervisor_jobs

from voxmend.batch.listing import Listed
from voxmend.batch.queue import Item, Queue
from voxmend_protocol import Client, JobRecord
from voxmend_protocol.errors import QueueFull, UnknownJob, VoxmendError
from voxmend_protocol.messages import Accepted, Ack, Cancel, Submit
from voxmend_protocol.values import ErrorBody, State


def submit(number: int) -> Submit:
    """The job of the file of this number."""
    return supervisor_jobs.job(number, f"/music/{number}.wav").spec.submit


def queue(count: int) -> Queue:
    """A batch of so many files."""
    return Queue([Item(Listed(f"{n}.wav"), submit(n)) for n in range(1, count + 1)])


def record(job: str, state: State, rev: int = 1, **changes: Any) -> JobRecord:
    """A job as it stands."""
    return replace(supervisor_jobs.job().record, job=job, state=state, rev=rev, **changes)


def numbers(jobs: Sequence[str]) -> list[int]:
    """The numbers in ids of jobs."""
    return [int(job[:8]) for job in jobs]


@dataclass
class Worker:
    """Does one job at a time, in their order; a client's answers, without a client.

    Attributes:
        refuses: what meets the submit of a file, by its number; ``fails``: what its job ends with.
        room: jobs that it takes before it says that its queue is full.
        most: the most jobs of the batch that waited at once, and that were here at once.
    """

    refuses: dict[int, VoxmendError] = field(default_factory=dict)
    fails: dict[int, VoxmendError] = field(default_factory=dict)
    forgets: set[int] = field(default_factory=set)
    room: int = 1000
    most: tuple[int, int] = (0, 0)
    waiting: list[str] = field(default_factory=list)
    running: str | None = None
    ended: dict[str, JobRecord] = field(default_factory=dict)
    submitted: list[str] = field(default_factory=list)

    @property
    def client(self) -> Client:
        """It, as who asks it sees it."""
        return cast("Client", self)

    def request(self, body: Submit | Cancel, _: type) -> Accepted | Ack:
        """Take a job, or cancel one."""
        if isinstance(body, Cancel):
            if body.job not in (self.running, *self.waiting):
                raise UnknownJob("There is no such job.")
            self._end(body.job, "cancelled")
            return Ack()
        [number] = numbers([body.job])
        if number in self.refuses:
            raise self.refuses[number]
        if len(self.waiting) >= self.room:
            raise QueueFull("The queue is full.")
        self.submitted.append(body.job)
        self.waiting.append(body.job)
        here = len(self.waiting) + (self.running is not None)
        self.most = max(self.most[0], len(self.waiting)), max(self.most[1], here)
        return Accepted(body.job, "queued")

    def job(self, job: str) -> JobRecord:
        """One record."""
        if job in self.ended:
            return self.ended[job]
        if job in (self.running, *self.waiting):
            return record(job, "running" if job == self.running else "queued")
        raise UnknownJob("There is no such job.")

    def follow(self, jobs: Sequence[str]) -> Iterator[JobRecord]:
        """Records of these jobs, which come on as they are asked for."""
        left = set(jobs)
        for number in numbers(sorted(left)):
            if number in self.forgets:
                self._forget(number)
                raise UnknownJob("There is no such job.")
        while left:
            for job in sorted(left & self.ended.keys()):
                left.discard(job)
                yield self.ended[job]
            if not left:
                return
            if self.running is None:
                self.running = self.waiting.pop(0)
                yield record(self.running, "running", 2)
                continue
            self._end(self.running, "succeeded")

    def _end(self, job: str, state: State) -> None:
        [number] = numbers([job])
        error = self.fails.get(number)
        made = (
            record(job, state, 9)
            if error is None
            else record(job, "failed", 9, error=ErrorBody.of(error))
        )
        self.ended[job] = made
        if job in self.waiting:
            self.waiting.remove(job)
        if job == self.running:
            self.running = None

    def _forget(self, number: int) -> None:
        for job in (*self.waiting, self.running or ""):
            if job and numbers([job]) == [number]:
                self._end(job, "succeeded")
                del self.ended[job]
