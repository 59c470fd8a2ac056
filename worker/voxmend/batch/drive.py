"""Carries a batch out where jobs are done, on the worker or on a cluster: the queue decides, this
asks, submits and listens.

The caller gets each item whenever something has happened to it, and may stop at any of them: a
``KeyboardInterrupt``, or leaving the loop, leaves the jobs to the caller, who has ``cancel``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from voxmend_protocol import JobRecord
from voxmend_protocol.errors import (
    InternalError,
    QueueFull,
    UnknownJob,
    VoxmendError,
    WorkerUnreachable,
)
from voxmend_protocol.messages import Accepted, Ack, Cancel

from .queue import Item, Queue

FULL_S = 2.0
"""Between two tries where others fill the worker's queue."""

T = TypeVar("T")


class Doer(Protocol):
    """Whoever does jobs, and tells of them in records: a client of the worker, or a cluster."""

    def request(self, body: Any, answer: type[T], /) -> T:
        """Take a job (``Submit``, answered ``Accepted``) or stop one (``Cancel``, ``Ack``).

        Raises:
            QueueFull: ask again later.
            WorkerUnreachable: it is gone.
            VoxmendError: this job is not taken.
        """
        ...

    def follow(self, jobs: Sequence[str], /) -> Iterator[JobRecord]:
        """What happens to these jobs, until all have ended.

        Raises:
            UnknownJob: it knows one of them no more.
            WorkerUnreachable: it is gone.
        """
        ...

    def job(self, job: str, /) -> JobRecord:
        """One job as it stands.

        Raises:
            UnknownJob: it knows it no more.
        """
        ...


def drive(
    client: Doer,
    queue: Queue,
    pause: Callable[[float], object] = time.sleep,
) -> Iterator[Item]:
    """Do all of it.

    Args:
        pause: waits so many seconds.

    Raises:
        WorkerUnreachable: there is no worker any more; its jobs are kept.
    """
    while not queue.ended:
        full = False
        while not full and (item := queue.due()) is not None:
            assert item.submit is not None  # an item without one was refused
            try:
                queue.submitted(item, item.submit)  # before it is sent: it may be on its way
                client.request(item.submit, Accepted)
            except QueueFull:
                full = True
                queue.withdraw(item)
                break
            except WorkerUnreachable:
                raise
            except VoxmendError as error:
                queue.withdraw(item)
                queue.refused(item, error)
            yield item
        if queue.open_jobs:
            for item in _heard(client, queue):
                yield item
                if queue.due() is not None and (item.ended or not full):
                    break
        elif full:
            pause(FULL_S)


def finish(client: Doer, queue: Queue) -> Iterator[Item]:
    """Listen until the jobs that the worker has are at their end, and submit no more."""
    while queue.open_jobs:
        yield from _heard(client, queue)


def _heard(client: Doer, queue: Queue) -> Iterator[Item]:
    """What happens to the jobs that the worker has, until all of them have ended."""
    try:
        for record in client.follow(queue.open_jobs):
            item = queue.news(record)
            if item is not None:
                yield item
    except (UnknownJob, InternalError):  # cleared by somebody, or of a later worker: one by one
        for job in queue.open_jobs:
            try:
                item = queue.news(client.job(job))
            except (UnknownJob, InternalError) as error:
                item = queue.lost(job, error)
            if item is not None:
                yield item


def cancel(client: Doer, queue: Queue) -> None:
    """Ask the worker to stop all that it has of a batch. A job that never arrived there, for the
    batch was stopped while it was submitted, was not begun."""
    for item in queue.open_items:
        assert item.job is not None
        try:
            client.request(Cancel(item.job), Ack)
        except UnknownJob:
            queue.withdraw(item)
