"""Carries out what the lifecycle decides, and feeds the outcome back until all is quiet.

The one place where the queue touches disk and engine. ``mark`` is called at each point where a
crash must lose nothing: the fault tests kill the process there.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import assert_never

from voxmend_protocol.errors import OutputUnwritable, VoxmendError
from voxmend_protocol.values import ErrorBody, JobRecord, LoadedModel

from .. import descriptors
from ..disk import write_error
from ..engine import orders
from ..log import log
from . import events, folders
from .engines import Engines
from .events import Job
from .lifecycle import Lifecycle
from .store import Store

MOST_LEFT = 1000
"""Jobs whose unfinished folders are looked for at the start."""

MOST_MODELS = 50
"""Loaded networks that a report names; it must fit one message."""


def today() -> str:
    """The time of day, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Performer:
    """Store, folders and engines, driven by the lifecycle."""

    def __init__(
        self,
        store: Store,
        engines: Engines,
        life: Lifecycle,
        tell: Callable[[Job], None],
        mark: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store, self.engines, self.state = store, engines, life
        self._tell, self._mark, self._clock = tell, mark, clock
        self._left: dict[str, Job] = {}

    def record(self, job: str) -> JobRecord | None:
        """The newest record of a job, live or ended, with its place in the queue."""
        live = self.state.jobs.get(job)
        if live is not None:
            return replace(live.record, position=self.state.position(job))
        found = self.store.get(job)
        return found.record if found else None

    def loaded(self) -> tuple[LoadedModel, ...]:
        """The networks the engines hold now, as many as a report names."""
        return self.state.seats.loaded(self._clock())[:MOST_MODELS]

    def log_stimuli(self) -> None:
        """Write down what led here, once: a defect's traceback does not say it."""
        for stimulus in self.state.stimuli:
            log("stimulus", at=f"{stimulus.at:.3f}", event=stimulus.event)
        self.state.stimuli.clear()

    def recover(self) -> None:
        """Take up the jobs that had not ended when the last supervisor did."""
        for job in self.store.unfinished(MOST_LEFT):
            if os.path.lexists(job.partial or ""):
                self._drop(job)
        for job in self.store.live():
            done = folders.kept(Path(job.final), job.id) if job.final else None
            log("job_recovered", job=job.id, state=job.record.state, kept=done is not None)
            self.feed(events.Recovered(job, done))

    def submit(self, job: Job) -> None:
        """Take a new job, once it is committed. What fails after that fails no submit: the job is
        in the list, so it was accepted, and the next start takes it up.

        Raises:
            DiskFull, EnvironmentProblem: it could not be committed, and is forgotten; or, where
                ``store.lost`` is set, it is not known whether it was.
        """
        first, *others = self.state.handle(events.Submitted(job), self._clock(), today())
        assert isinstance(first, events.Save)
        try:
            self._save(first.job, self.store.add)
        except VoxmendError:
            self.state.withdraw(job.id)
            raise
        try:
            self._carry_out(others)
        except VoxmendError as error:
            log("submit_interrupted", logging.ERROR, job=job.id, why=error.message)

    def feed(self, event: events.Event) -> None:
        """Give the lifecycle an event, and do what it says.

        Raises:
            DiskFull, EnvironmentProblem: what it decided could not be committed; the store knows.
        """
        self._carry_out(self.state.handle(event, self._clock(), today()))

    def _carry_out(self, effects: Iterable[events.Effect]) -> None:
        outcomes: deque[events.Event] = deque()
        while True:
            for effect in effects:
                outcome = self._perform(effect)
                if outcome is not None:
                    outcomes.append(outcome)
            if not outcomes:
                return
            effects = self.state.handle(outcomes.popleft(), self._clock(), today())

    def listen(self) -> None:
        """Take what the engines have said."""
        for message in self.engines.heard():
            if isinstance(message, events.EngineDied):
                log("engine_died", engine=message.seat + 1, reason=message.reason)
            self.feed(message)
            if isinstance(message, orders.Progress):
                self._mark("after_progress")

    def _perform(self, effect: events.Effect) -> events.Event | None:
        match effect:
            case events.Save(job):
                self._save(job)
            case events.Tell(job):
                self._tell(job)
            case events.Claim(job):
                return self._claim(job)
            case events.Start(job, seat):
                return self._start(job, seat)
            case events.Interrupt(name, seat):
                self.engines.tell(seat, orders.Cancel(name))
            case events.Stand(still):
                self.engines.tell_all(orders.Stand(still))
            case events.Kill(seat):
                log("engine_killed", engine=seat + 1, reason="cancel was not heeded")
                self.engines.kill(seat)
            case events.Rest(seat):
                log("engine_ended", engine=seat + 1, reason="nothing to do")
                self.engines.kill(seat)
            case events.Keep(job):
                return self._keep(job)
            case events.Drop(job):
                self._drop(job)
            case _:
                assert_never(effect)
        return None

    def _drop(self, job: Job) -> None:
        if job.partial is not None:
            self._mark("before_drop")
            self._left.pop(job.id, None)
            if not folders.drop(Path(job.partial), job.id):
                log("folder_left", job=job.id, folder=job.partial)
                self._left[job.id] = job
            self._mark("after_drop")

    def _save(self, job: Job, commit: Callable[[Job], None] | None = None) -> None:
        record = job.record
        if record.terminal:
            self._mark("before_end_commit")
        (commit or self.store.save)(job)
        log("job_saved", job=job.id, state=record.state, rev=record.rev, attempt=record.attempt)
        self._mark("after_end_commit" if record.terminal else f"after_{record.state}_commit")

    def _start(self, job: Job, seat: int) -> events.Event | None:
        submit = job.spec.submit
        order = orders.Run(
            job=job.id, submit=submit, plan=job.spec.plan, size=job.spec.size,
            mtime_ns=job.spec.mtime_ns, partial=job.partial or "",
            created=job.record.created, attempt=job.record.attempt, shared=job.spec.shared,
        )  # fmt: skip
        try:
            self.engines.start(seat, order)
        except VoxmendError as error:
            return orders.Failed(job.id, ErrorBody.of(error))
        except OSError as error:
            none_left = descriptors.in_place_of(error)
            if none_left is not None:  # no death of the engine: it was never there
                return orders.Failed(job.id, ErrorBody.of(none_left))
            why = f"“{error.strerror or error}” when it was started"
            return events.EngineDied(why, seat=seat)
        self._mark("after_start")
        return None

    def _claim(self, job: Job) -> events.Claimed | events.ClaimFailed:
        """Make the folder, or take up the one an earlier run of this job has made. What could not
        be removed before is tried again: a disk may be writable by now."""
        for left in list(self._left.values()):
            self._drop(left)
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
            if self.store.lost is not None:  # not the output's fault: the next start claims anew
                raise
            return events.ClaimFailed(job.id, descriptors.in_place_of(error) or error)
        self._mark("after_claim")
        return events.Claimed(job.id, str(partial), str(final))

    def _keep(self, job: Job) -> events.Kept | events.KeepFailed:
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
                told = descriptors.in_place_of(error) or write_error(str(final.parent), error)
                return events.KeepFailed(job.id, told)
            self._mark("after_rename")
            return events.Kept(job.id, str(final))
        return events.KeepFailed(
            job.id, OutputUnwritable(f"{partial.parent} has no free name left. Choose another.")
        )
