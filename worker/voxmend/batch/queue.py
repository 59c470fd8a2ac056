"""A batch as it stands: which file may be submitted next, and what became of each. Pure: what
happened goes in, what may be done comes out; ``drive`` carries it out.

At most ``MOST_WAITING`` jobs of a batch wait in the worker, and one fewer while one of them runs:
a job from elsewhere, as a click in REAPER is, waits for two files and not for three hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from voxmend_protocol import JobRecord
from voxmend_protocol.errors import (
    DiskFull,
    EngineBroken,
    EnvironmentProblem,
    VoxmendError,
    WorkerUnreachable,
    from_code,
)
from voxmend_protocol.messages import Submit

from .listing import Listed

MOST_WAITING = 2

State = Literal["waiting", "queued", "running", "succeeded", "skipped", "failed", "cancelled"]
"""waiting: not submitted yet. skipped: it was done before."""

ENDED = ("succeeded", "skipped", "failed", "cancelled")


@dataclass(slots=True)
class Item:
    """One file of a batch.

    Attributes:
        submit: what is asked for; None where it could not be made, and ``error`` says why.
        sound_s: seconds of sound in it, where that is known.
        job: the id of its job, once it is submitted.
        record: the newest.
        folder: of a result that was there before.
        error: why it has no job, or why its job failed.
    """

    file: Listed
    submit: Submit | None = None
    sound_s: float | None = None
    state: State = "waiting"
    job: str | None = None
    record: JobRecord | None = None
    folder: str | None = None
    error: VoxmendError | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


@dataclass(slots=True)
class Queue:
    """The files of a batch, in their order.

    Attributes:
        halted: why no more files are begun; None while they are.
    """

    items: Sequence[Item]
    most_waiting: int = MOST_WAITING
    halted: VoxmendError | None = None
    _next: int = 0
    _open: dict[str, Item] = field(default_factory=dict)

    @property
    def open_jobs(self) -> tuple[str, ...]:
        """The jobs that the worker has."""
        return tuple(self._open)

    @property
    def open_items(self) -> tuple[Item, ...]:
        """The files of these jobs."""
        return tuple(self._open.values())

    @property
    def ended(self) -> bool:
        """Whether all is done that will be done."""
        return not self._open and (self.halted is not None or self._peek() is None)

    def due(self) -> Item | None:
        """The file to be submitted now, if there is room for one."""
        if self.halted is not None:
            return None
        running = sum(item.state == "running" for item in self._open.values())
        room = self.most_waiting - (1 if running else 0)
        return self._peek() if len(self._open) - running < room else None

    def skip(self, item: Item, folder: str) -> None:
        """It was done before, and its result lies there."""
        item.state, item.folder = "skipped", folder

    def submitted(self, item: Item, submit: Submit) -> None:
        """The worker has it, or will have it in a moment."""
        item.state, item.job = "queued", submit.job
        self._open[submit.job] = item

    def withdraw(self, item: Item) -> None:
        """The worker has not taken it after all; it may be submitted again."""
        if item.job is not None:
            self._open.pop(item.job, None)
        item.state, item.job = "waiting", None

    def refused(self, item: Item, error: VoxmendError) -> None:
        """The worker did not take it; what would meet every other file too ends the batch."""
        item.state, item.error = "failed", error
        if meets_all(error):
            self.halt(error)

    def news(self, record: JobRecord) -> Item | None:
        """A newer record of one of its jobs: the file it is about, None of a job of others."""
        item = self._open.get(record.job)
        if item is None:
            return None
        item.record = record
        if not record.terminal:
            item.state = "running" if record.state == "running" else "queued"
            return item
        del self._open[record.job]
        item.folder = record.folder
        if record.state == "succeeded":
            item.state = "succeeded"
        elif record.state == "cancelled":
            item.state = "cancelled"
        else:
            item.state = "failed"
        if record.error is not None:
            item.error = from_code(record.error.code, record.error.message)
            if item.state == "failed" and meets_all(item.error):
                self.halt(item.error)
        return item

    def lost(self, job: str, error: VoxmendError) -> Item | None:
        """The worker knows one of its jobs no more, so nobody can say what became of it."""
        item = self._open.pop(job, None)
        if item is not None:
            item.state, item.error = "failed", error
        return item

    def halt(self, error: VoxmendError) -> None:
        """Begin no more files; those that the worker has may end."""
        self.halted = self.halted or error

    def _peek(self) -> Item | None:
        while self._next < len(self.items) and self.items[self._next].state != "waiting":
            self._next += 1
        return self.items[self._next] if self._next < len(self.items) else None


def meets_all(error: VoxmendError) -> bool:
    """Whether an error is no fault of one file: what meets one will meet the next. A folder that
    cannot be written is another for each folder of a tree, so it is not among them."""
    return isinstance(error, DiskFull | EngineBroken | EnvironmentProblem | WorkerUnreachable)
