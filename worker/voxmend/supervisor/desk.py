"""One answer for each request: where messages become events of the lifecycle."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from voxmend_protocol import envelope, features, messages
from voxmend_protocol.errors import (
    JobConflict,
    QueueFull,
    ShuttingDown,
    UnknownJob,
    UnknownType,
    UnsupportedVersion,
)
from voxmend_protocol.values import MAX_ID, EngineReport, JobRecord, Limits, WorkerInfo

from ..engine import orders
from ..log import log
from ..remote.choice import Choice
from ..version import __version__
from . import events
from .admission import admit, payload
from .endings import broken
from .events import Job
from .fit import fit, page
from .model_desk import ModelDesk
from .outbox import RECORDS_PER_S
from .pause_desk import PauseDesk
from .performer import Performer, today
from .seat import Seat
from .sessions import Session
from .upkeep import Upkeep

HEARTBEAT_S = 5.0
MAX_PAGE = 200
WATCH = "watch"
"""The client whose files lie where others may have laid them."""


class Desk:
    """Answers requests; knows no socket."""

    def __init__(
        self,
        performer: Performer,
        queue_max: int,
        user_presets: Path,
        models: ModelDesk,
        upkeep: Upkeep,
        clients: Callable[[], int],
        refused: Callable[[], int],
        pauses: PauseDesk | None = None,
        choice: Choice | None = None,
    ) -> None:
        self._performer, self._queue_max, self._presets = performer, queue_max, user_presets
        self._models = models
        self._pauses = pauses = pauses or PauseDesk(performer)
        self._clients, self._refused, self._choice = clients, refused, choice
        self._started = today()
        self.stopping = False
        self.draining = False
        self._answers: dict[type, Callable[[Session, Any], Any]] = {
            messages.Hello: self._hello,
            messages.Submit: self._submit,
            messages.Cancel: self._cancel,
            messages.Next: self._next,
            messages.Retry: self._retry,
            messages.Job: self._job,
            messages.Jobs: self._jobs,
            messages.Clear: self._clear,
            messages.Unwatch: self._unwatch,
            messages.Status: self._status,
            messages.Presets: self._menu,
            messages.Models: lambda _, asked: models.models(asked),
            messages.Pull: self._pull,
            messages.StopPull: lambda _, __: models.stop_pull(),
            messages.Pause: lambda session, asked: pauses.pause(session.kind, asked),
            messages.Resume: lambda _, asked: pauses.resume(asked),
            messages.Release: self._release,
            messages.Cache: lambda _, asked: upkeep.cache(asked),
            messages.Ping: self._ping,
            messages.Shutdown: self._shutdown,
        }

    def __call__(self, session: Session, request: messages.Envelope) -> Any:
        """The body of the answer to ``request``; raises VoxmendError for an error answer."""
        if isinstance(request.body, messages.Watch):
            return self._watch(session, request.body, request.id)
        answer = self._answers.get(type(request.body))
        if answer is None:
            kind = messages.type_name(type(request.body))
            raise UnknownType(f"“{kind}” is an answer, not a request.")
        return answer(session, request.body)

    @property
    def quiet(self) -> bool:
        """True while no job waits or runs."""
        return not self._performer.state.jobs

    def _hello(self, session: Session, hello: messages.Hello) -> messages.Welcome:
        session.kind = hello.client.name
        if not hello.protocol_min <= messages.PROTOCOL <= hello.protocol_max:
            raise UnsupportedVersion(
                f"This worker speaks version {messages.PROTOCOL} of the protocol, "
                f"{hello.client.name} speaks {hello.protocol_min} to {hello.protocol_max}. "
                "Bring both to the same version of voxmend."
            )
        return messages.Welcome(
            messages.PROTOCOL,
            WorkerInfo(__version__, os.getpid()),
            Limits(self._queue_max, HEARTBEAT_S, RECORDS_PER_S, envelope.MAX_REPLY),
            (
                features.VOICE,
                features.STEMS,
                features.FILES,
                features.PAUSE,
                features.CARDS,
                features.REMOTE,
            ),
        )

    def _submit(self, session: Session, submit: messages.Submit) -> messages.Accepted:
        known = self._find(submit.job)
        if known is not None:
            if known.spec.payload != payload(submit):
                raise JobConflict(
                    f"Job {submit.job} exists with other contents. Make a new job id."
                )
            return self._accepted(known.record)
        self._admit_more(submit.device or self._usual)
        return self._add(self._admit(submit, session.kind == WATCH))

    def _retry(self, _: Session, retry: messages.Retry) -> messages.Accepted:
        old = self._need(retry.job)
        again = self._find(retry.new_job)
        if again is not None:
            if again.record.retry_of != retry.job:
                raise JobConflict(f"Job {retry.new_job} exists already. Make a new job id.")
            return self._accepted(again.record)
        if old.record.state not in ("failed", "cancelled"):
            raise JobConflict(
                f"Job {retry.job} is {old.record.state}. "
                "Only failed and cancelled jobs can be retried."
            )
        self._admit_more(old.spec.submit.device or self._usual)
        submit = replace(old.spec.submit, job=retry.new_job)
        return self._add(self._admit(submit, old.spec.shared), retry_of=retry.job)

    @property
    def _usual(self) -> str | None:
        """The remote worker of jobs that name no device."""
        return self._choice.usual if self._choice is not None else None

    def _admit(self, submit: messages.Submit, shared: bool) -> events.Spec:
        return admit(submit, self._presets, self._models.store_for, shared, self._choice)

    def _menu(self, _: Session, __: messages.Presets) -> messages.PresetList:
        """The presets. Where another machine does the work, its models count: it says so itself."""
        found = self._models.presets()
        if self._usual is None:
            return found
        return messages.PresetList(tuple(replace(item, missing=()) for item in found.items))

    def _admit_more(self, device: str | None) -> None:
        state = self._performer.state
        self._stay()
        if (why := state.seats.broken_for(device)) is not None:
            raise broken(why)
        if len(state.jobs) >= self._queue_max:
            raise QueueFull(f"{len(state.jobs)} jobs are waiting. Submit this one later.")

    def _stay(self) -> None:
        if self.stopping or self.draining:
            raise ShuttingDown("The worker is shutting down. Try again in a moment.")

    def _add(self, spec: events.Spec, retry_of: str | None = None) -> messages.Accepted:
        submit = spec.submit
        record = JobRecord(
            submit.job, "queued", self._performer.state.epoch, 0, submit.clip, submit.preset,
            attempt=1, created=today(), group=submit.group, retry_of=retry_of,
            warnings=spec.warnings,
        )  # fmt: skip
        log("job_accepted", job=submit.job, preset=submit.preset, path=submit.clip.path)
        self._performer.submit(Job(spec, record))
        return self._accepted(self._need(submit.job).record)

    def _accepted(self, record: JobRecord) -> messages.Accepted:
        position = self._performer.state.position(record.job)
        return messages.Accepted(record.job, record.state, position)

    def _cancel(self, _: Session, cancel: messages.Cancel) -> messages.Ack:
        self._need(cancel.job)
        self._performer.feed(events.CancelAsked(cancel.job))
        return messages.Ack()

    def _next(self, _: Session, asked: messages.Next) -> messages.Ack:
        self._need(asked.job)
        self._performer.feed(events.NextAsked(asked.job))
        return messages.Ack()

    def _job(self, _: Session, job: messages.Job) -> messages.Record:
        return messages.Record(fit(self._need(job.job).record))

    def _jobs(self, _: Session, jobs: messages.Jobs) -> messages.Page:
        limit = max(1, min(jobs.limit, MAX_PAGE))
        rows = self._performer.store.page(jobs.state, jobs.group, jobs.before, limit + 1)
        return page([replace(row, job=self._live(row.job)) for row in rows], limit)

    def _clear(self, _: Session, clear: messages.Clear) -> messages.Ack:
        return messages.Ack(count=self._performer.store.clear(clear.state))

    def _watch(self, session: Session, watch: messages.Watch, asked: str) -> messages.Ack:
        """Follow, and tell at once how each job stands."""
        found: list[tuple[str, str | None]] = []
        unknown = []
        for job in watch.jobs:
            record = self._performer.record(job)
            if record is None:
                unknown.append(job)
            else:
                found.append((job, record.group))
        if watch.group is not None:
            found += [(job, watch.group) for job in self._performer.store.group(watch.group)]
        session.outbox.watch((job for job, _ in found), watch.group, asked)
        for job, group in found:
            session.outbox.tell(job, group)
        # Ids are 36 characters; a longer name is none of ours and may be as long as a request.
        return messages.Ack(
            count=len(dict(found)), unknown=tuple(job[:MAX_ID] for job in unknown[:100])
        )

    def _unwatch(self, session: Session, _: messages.Unwatch) -> messages.Ack:
        session.outbox.unwatch()
        return messages.Ack()

    def _status(self, _: Session, __: messages.Status) -> messages.Report:
        state = self._performer.state
        engines = tuple(map(self._engine, state.seats))
        # A client of before knows one engine: it is shown one that works.
        shown = next((engine for engine in engines if engine.job), engines[0])
        return messages.Report(
            __version__, os.getpid(), self._started, len(state.queue), state.seats.engine,
            self._clients(), running=shown.job, stage=shown.stage,
            device=state.seats[shown.number - 1].ran_on, engine_pid=shown.pid,
            reason=state.seats.reason, draining=self.draining,
            refused_frames=self._refused(), models=self._performer.loaded(),
            pulling=self._models.pulling, paused=self._pauses.holds(),
            priority=shown.priority, threads=shown.threads, memory_limit=shown.memory_limit,
            engines=engines,
        )  # fmt: skip

    def _engine(self, seat: Seat) -> EngineReport:
        """One engine as a report shows it."""
        job = self._performer.state.jobs.get(seat.job or "")
        manners = self._performer.engines.manners.get(seat.number) or orders.Manners("", None, None)
        return EngineReport(
            seat.number + 1, seat.engine, seat.device, self._performer.engines.pid(seat.number),
            seat.job, job.record.stage if job else None, seat.reason, manners.priority or None,
            manners.threads, manners.memory_limit,
        )  # fmt: skip

    def _pull(self, _: Session, pull: messages.Pull) -> messages.Ack:
        self._stay()
        return self._models.pull(pull)

    def _release(self, _: Session, __: messages.Release) -> messages.Ack:
        self._performer.engines.tell_all(orders.Release())
        return messages.Ack()

    def _ping(self, session: Session, _: messages.Ping) -> messages.Pong:
        return messages.Pong(session.outbox.watching)

    def _shutdown(self, _: Session, shutdown: messages.Shutdown) -> messages.Ack:
        self.draining = shutdown.drain
        self.stopping = not shutdown.drain
        return messages.Ack(count=len(self._performer.state.jobs))

    def _find(self, job: str) -> Job | None:
        stored = self._performer.state.jobs.get(job) or self._performer.store.get(job)
        return self._live(stored) if stored else None

    def _live(self, job: Job) -> Job:
        """The job with its newest record: progress is not on disk."""
        return replace(job, record=self._performer.record(job.id) or job.record)

    def _need(self, job: str) -> Job:
        found = self._find(job)
        if found is None:
            raise UnknownJob(f"There is no job {job[:40]}. See: voxmend jobs list")
        return found
