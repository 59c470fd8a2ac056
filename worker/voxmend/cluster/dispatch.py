"""A batch on a cluster as it stands: which song goes to which engine, and what becomes of one whose
engine dies. Pure: what happened goes in, what is to be done comes out; ``driver`` carries it out.

A song whose engine died begins again elsewhere: twice in all, as on one machine, and then it is
taken for the cause. Where the whole node went it was not the song: that is forgiven ``NODES``
times. Engines that die one after another, with nothing done in between, end the batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from voxmend_protocol.errors import EngineBroken, EngineCrashed, InputMissing, VoxmendError
from voxmend_protocol.values import ErrorBody, JobRecord

from ..engine import orders
from .messages import Outcome, Task

ATTEMPTS = 2
NODES = 5
"""Nodes that may go under one song."""
DEATHS = 6
"""Engines that may die in a row, for each that there is."""


@dataclass(frozen=True, slots=True)
class Run:
    """Give a song to an engine; ``sent``: with its bytes, for the node does not see the file."""

    engine: str
    task: Task
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop what an engine does."""

    engine: str
    job: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Take away what an engine that died has begun, for nobody begins it anew."""

    task: Task


@dataclass(frozen=True, slots=True)
class Tell:
    """A job's record is new."""

    record: JobRecord


Effect = Run | Interrupt | Drop | Tell


@dataclass(slots=True)
class _Job:
    """A song under way."""

    task: Task
    record: JobRecord
    engine: str | None = None
    sent: bool = False
    stopping: bool = False
    nodes: int = 0


@dataclass(slots=True)
class Dispatch:
    """All songs that are not done, and all engines.

    Args:
        today: the time of day, RFC 3339 in UTC.
    """

    today: Callable[[], str]
    engines: dict[str, str | None] = field(default_factory=dict)
    """What each engine does: a job, or nothing."""
    broken: VoxmendError | None = None
    _jobs: dict[str, _Job] = field(default_factory=dict)
    _waiting: deque[str] = field(default_factory=deque)
    _deaths: int = 0

    @property
    def running(self) -> dict[str, str]:
        """The engine of each job that runs."""
        return {job: engine for engine, job in self.engines.items() if job is not None}

    def submit(self, task: Task) -> list[Effect]:
        """A song has come."""
        record = JobRecord(
            task.job, "queued", 1, 1, task.submit.clip, task.submit.preset, 1, task.created,
            task.submit.group,
        )  # fmt: skip
        self._jobs[task.job] = _Job(task, record)
        self._waiting.append(task.job)
        return [Tell(record), *self._advance()]

    def stop(self, job: str) -> list[Effect]:
        """Nobody wants it any more."""
        found = self._jobs.get(job)
        if found is None or found.stopping:
            return []
        if found.engine is None:
            self._waiting.remove(job)
            return self._end(found, "cancelled")
        found.stopping = True
        return [self._put(found, cancelling=True), Interrupt(found.engine, job)]

    def came(self, engine: str) -> list[Effect]:
        """An engine is ready."""
        self.engines[engine] = None
        return list(self._advance())

    def went(self, engine: str, reason: str, node: bool = False) -> list[Effect]:
        """An engine is dead, or its whole node is."""
        job = self._jobs.get(self.engines.pop(engine, None) or "")
        self._deaths += not node
        if self._deaths > DEATHS * (len(self.engines) + 1):
            self.broken = EngineBroken(
                f"Engines die one after another, the last with {reason}. See the log of Ray on "
                "its node, then run the same command again."
            )
        if job is None:
            return []
        job.engine = None
        if job.stopping:
            return [Drop(job.task), *self._end(job, "cancelled")]
        job.nodes += node
        attempt = job.task.attempt + (not node or job.nodes > NODES)
        if attempt > ATTEMPTS:
            error = EngineCrashed(
                f"The engine died on this clip {ATTEMPTS} times, the last time with {reason}. "
                "Leave it out of the list, or try it alone: voxmend restore FILE"
            )
            ended = self._end(job, "failed", ErrorBody.of(error))
            return [Drop(job.task), *ended, *self._advance()]
        job.task = replace(job.task, attempt=attempt)
        job.sent = False
        self._waiting.appendleft(job.task.job)
        told = self._put(
            job, state="queued", attempt=attempt, stage=None, fraction=None, started=None
        )
        return [told, *self._advance()]

    def progressed(self, progress: orders.Progress) -> list[Effect]:
        """A job has come so far."""
        job = self._jobs.get(progress.job)
        if job is None or job.engine is None:
            return []
        fraction = max(job.record.fraction or 0.0, min(1.0, progress.fraction))
        return [
            self._put(
                job, stage=progress.stage, stage_index=progress.stage_index,
                stages=progress.stages, fraction=fraction, device=progress.device,
            )
        ]  # fmt: skip

    def ended(self, engine: str, job: str, outcome: Outcome) -> list[Effect]:
        """An engine has done what it could."""
        found = self._jobs.get(job)
        if found is None or found.engine != engine:
            return []  # somebody else has it by now
        if outcome.answer is None and not found.sent and not found.stopping:
            found.sent = True
            return [Run(engine, found.task, sent=True)]
        self.engines[engine] = None
        self._deaths = 0
        return [*self._finish(found, outcome), *self._advance()]

    def _finish(self, job: _Job, outcome: Outcome) -> list[Effect]:
        answer = outcome.answer
        more: dict[str, Any] = {"device": outcome.device, "warnings": outcome.warnings}
        if isinstance(answer, orders.Done):
            return self._end(
                job, "succeeded", None, folder=outcome.folder, stems=answer.stems, fraction=1.0,
                decisions=answer.decisions, damage=answer.damage, verdict=answer.verdict, **more,
            )  # fmt: skip
        if answer is None and not job.stopping:
            lost = InputMissing(
                "The song could not be sent to its node. Put it where all nodes see."
            )
            return self._end(job, "failed", ErrorBody.of(lost), **more)
        if answer is None or answer.error.code == "cancelled":
            return self._end(job, "cancelled", None, **more)
        return self._end(job, "failed", answer.error, **more)

    def _advance(self) -> Iterator[Effect]:
        """Give each idle engine the next song."""
        for engine, doing in list(self.engines.items()):
            if doing is not None or not self._waiting or self.broken is not None:
                continue
            job = self._jobs[self._waiting.popleft()]
            self.engines[engine], job.engine = job.task.job, engine
            yield self._put(job, state="running", started=self.today())
            yield Run(engine, job.task)

    def _end(
        self, job: _Job, state: str, error: ErrorBody | None = None, **changes: Any
    ) -> list[Effect]:
        del self._jobs[job.task.job]
        return [
            self._put(
                job, state=state, error=error, finished=self.today(), cancelling=False, **changes
            )
        ]

    def _put(self, job: _Job, **changes: Any) -> Tell:
        job.record = replace(job.record, rev=job.record.rev + 1, **changes)
        return Tell(job.record)
