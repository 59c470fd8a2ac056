"""Carries out what the lifecycle decides, and feeds the outcome back until all is quiet.

The one place where the queue touches disk and engine. ``mark`` is called at each point where a
crash must lose nothing: the fault tests kill the process there.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from voxmend_protocol import codec
from voxmend_protocol.errors import BadRequest, InternalError, OutputUnwritable, VoxmendError
from voxmend_protocol.values import ErrorBody, JobRecord, LoadedModel

from ..disk import write_error
from ..engine import orders
from ..log import log
from . import events, folders
from .engine_host import Died, EngineHost
from .events import Job
from .lifecycle import Lifecycle
from .store import Store

MOST_MODELS = 50
"""Loaded networks that a report names; it must fit one message."""


def today() -> str:
    """The time of day, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Performer:
    """Store, folders and engine, driven by the lifecycle."""

    def __init__(
        self,
        store: Store,
        host: EngineHost,
        epoch: int,
        tell: Callable[[Job], None],
        mark: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store, self.host, self.state = store, host, Lifecycle(epoch)
        self._tell, self._mark, self._clock = tell, mark, clock

    def record(self, job: str) -> JobRecord | None:
        """The newest record of a job, live or ended, with its place in the queue."""
        live = self.state.jobs.get(job)
        if live is not None:
            return replace(live.record, position=self.state.position(job))
        found = self.store.get(job)
        return found.record if found else None

    def loaded(self) -> tuple[LoadedModel, ...]:
        """The networks the engine holds now."""
        return self.state.loaded(self._clock())

    def recover(self) -> None:
        """Take up the jobs that had not ended when the last supervisor did."""
        for job in self.store.live():
            result = folders.kept(Path(job.final), job.id) if job.final else None
            log("job_recovered", job=job.id, state=job.record.state, kept=result is not None)
            self.feed(events.Recovered(job, result))

    def feed(self, event: Any) -> None:
        """Give the lifecycle an event, and do what it says."""
        pending = deque([event])
        while pending:
            for effect in self.state.handle(pending.popleft(), self._clock(), today()):
                outcome = self._perform(effect)
                if outcome is not None:
                    pending.append(outcome)

    def listen(self) -> None:
        """Take what the engine has said."""
        for message in self.host.heard():
            self.feed(_event(message))
            if isinstance(message, orders.Progress):
                self._mark("after_progress")

    def _perform(self, effect: events.Effect) -> Any:
        if isinstance(effect, events.Save):
            self._save(effect.job)
        elif isinstance(effect, events.Tell):
            self._tell(effect.job)
        elif isinstance(effect, events.Claim):
            return self._claim(effect.job)
        elif isinstance(effect, events.Start):
            return self._start(effect.job)
        elif isinstance(effect, events.Interrupt):
            self.host.send(orders.Cancel(effect.job))
        elif isinstance(effect, events.Kill):
            log("engine_killed", reason="cancel was not heeded")
            self.host.kill()
        elif isinstance(effect, events.Keep):
            return self._keep(effect.job)
        elif isinstance(effect, events.Drop) and effect.job.partial is not None:
            self._mark("before_drop")
            folders.drop(Path(effect.job.partial), effect.job.id)
            self._mark("after_drop")
        return None

    def _save(self, job: Job) -> None:
        record = job.record
        if record.terminal:
            self._mark("before_end_commit")
        self.store.save(job)
        log("job_saved", job=job.id, state=record.state, rev=record.rev, attempt=record.attempt)
        self._mark("after_end_commit" if record.terminal else f"after_{record.state}_commit")

    def _start(self, job: Job) -> Any:
        submit = job.spec.submit
        order = orders.Run(
            job=job.id, submit=submit, plan=job.spec.plan, size=job.spec.size,
            mtime_ns=int(job.spec.mtime_ns), partial=job.partial or "",
            created=job.record.created, attempt=job.record.attempt,
        )  # fmt: skip
        try:
            self.host.send(order)
        except OSError as error:
            return events.EngineDied(f"“{error.strerror or error}” when it was started")
        self._mark("after_start")
        return None

    def _claim(self, job: Job) -> Any:
        """Make the folder, or take up the one an earlier run of this job has made."""
        try:
            if job.partial is not None and job.final is not None:
                partial, final = Path(job.partial), Path(job.final)
                try:
                    if folders.own(partial, job.id):
                        return events.Claimed(job.id, job.partial, job.final)
                except OSError:
                    log("claim_lost", job=job.id, folder=partial)

            def intend(partial: Path, final: Path) -> None:
                self.store.save(job.with_folder(str(partial), str(final)))

            partial, final = folders.claim(job.spec.submit, intend, self._mark)
        except VoxmendError as error:
            return events.ClaimFailed(job.id, error)
        self._mark("after_claim")
        return events.Claimed(job.id, str(partial), str(final))

    def _keep(self, job: Job) -> Any:
        """Rename the folder; a name taken meanwhile by somebody else moves us to the next."""
        partial = Path(job.partial or "")
        names = chain([Path(job.final or "")], folders.candidates(job.spec.submit))
        for final in names:
            if os.path.lexists(final):  # no commit for each name that is taken
                continue
            if str(final) != job.final:
                self.store.save(job.with_folder(str(partial), str(final)))
            self._mark("before_rename")
            try:
                folders.keep(partial, final)
            except FileExistsError:
                continue
            except OSError as error:
                where = str(final.parent)
                return events.KeepFailed(job.id, write_error(where, error))
            self._mark("after_rename")
            return events.Kept(job.id, str(final))
        return events.KeepFailed(
            job.id, OutputUnwritable(f"{partial.parent} has no free name left. Choose another.")
        )


def _event(message: Any) -> Any:
    """What the engine said, as an event."""
    if isinstance(message, orders.Progress):
        return events.Progressed(
            message.job, message.stage, message.stage_index, message.stages, message.fraction,
            message.device,
        )  # fmt: skip
    if isinstance(message, orders.Holding):
        return events.EngineHolds(message.models[:MOST_MODELS])
    if isinstance(message, orders.Warning):
        return events.EngineWarned(message.job, message.code, message.message)
    if isinstance(message, orders.Done):
        result = events.Result(message.stems, message.decisions, message.damage)
        try:
            codec.dump(codec.to_dict(result))
        except BadRequest as error:  # a record that cannot be written would never end
            log("result_refused", logging.ERROR, job=message.job, why=error.message)
            defect = InternalError("voxmend failed at this clip. See: voxmend worker logs")
            return events.EngineFailed(message.job, ErrorBody.of(defect))
        return events.EngineDone(message.job, result)
    if isinstance(message, orders.Failed):
        return events.EngineFailed(message.job, message.error)
    if isinstance(message, Died):
        log("engine_died", reason=message.reason)
        return events.EngineDied(message.reason)
    raise TypeError(f"the engine said {message!r}")
