"""What happens to jobs: a pure state machine. Events go in, effects come out.

    queued ──claim──> running ──done, folder kept──> succeeded
      │                 │ ├────failed, folder dropped──> failed
      │                 │ └────cancelled, folder dropped──> cancelled
      └──cancel──> cancelled        └──engine died once──> queued (attempt 2)

It knows no socket, disk, thread or clock; the performer carries effects out and feeds their
outcome back. A terminal state never changes. Effects are in the order in which they must happen:
what a client is told has been saved before. What was fed last is remembered, for the log after a
defect (dask's scheduler does both: a log of stimuli, and ``validate``, which tests call).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from voxmend_protocol.errors import EngineBroken, EngineCrashed, OutOfMemory, VoxmendError
from voxmend_protocol.values import EngineState, ErrorBody, LoadedModel, State, Warned

from ..engine import orders
from .events import (
    CancelAsked,
    Claim,
    Claimed,
    ClaimFailed,
    Drop,
    Effect,
    EngineDied,
    Event,
    Interrupt,
    Job,
    Keep,
    KeepFailed,
    Kept,
    Kill,
    NextAsked,
    Paused,
    Recovered,
    Save,
    Stand,
    Start,
    Submitted,
    Tell,
    Tick,
)
from .stimulus import Stimulus

ATTEMPTS = 2
CANCEL_GRACE_S = 10.0
DEATHS, DEATHS_WITHIN_S = 5, 180.0
MAX_WARNINGS = 12
MAX_MESSAGE = 400
STIMULI = 100


_OfRunning = Claimed | ClaimFailed | Kept | KeepFailed | orders.JobAnswer


@dataclass(slots=True)
class Lifecycle:
    """All live jobs and the engine, as one machine. ``handle`` is its only mutator."""

    epoch: int
    jobs: dict[str, Job] = field(default_factory=dict)
    queue: deque[str] = field(default_factory=deque)
    running: str | None = None
    paused: bool = False
    engine: EngineState = "absent"
    reason: str | None = None
    device: str | None = None
    done: orders.Done | None = None
    stimuli: deque[Stimulus] = field(default_factory=lambda: deque(maxlen=STIMULI))
    _from_before: bool = False
    _models: tuple[LoadedModel, ...] = ()
    _models_at: float = 0.0
    _kill_at: float | None = None
    _started: float = 0.0
    _stood: float = 0.0
    _deaths: deque[float] = field(default_factory=deque)

    def handle(self, event: Event, now: float, today: str) -> list[Effect]:
        """Take one event.

        Args:
            now: seconds on a clock that never goes back.
            today: the time of day for the record, RFC 3339 in UTC.
        """
        if not isinstance(event, Tick):
            self._remember(Stimulus.of(event, now))
        effects = list(self._react(event, now, today))
        effects += self._advance(now, today)
        return effects

    def position(self, job: str) -> int | None:
        """How many jobs are ahead of a queued one."""
        return self.queue.index(job) if job in self.queue else None

    def loaded(self, now: float) -> tuple[LoadedModel, ...]:
        """The networks the engine holds: those that were idle have been so for longer now."""
        since = now - self._models_at
        return tuple(
            model if model.idle_s is None else replace(model, idle_s=round(model.idle_s + since, 1))
            for model in self._models
        )

    def withdraw(self, job: str) -> None:
        """Forget a job that was submitted last and could not be saved: as if it had never come."""
        del self.jobs[job]
        if self.running == job:
            self.running = None
        else:
            self.queue.remove(job)

    def validate(self) -> None:
        """Refuse a state that must never be. For tests, after each event.

        Raises:
            AssertionError: what does not hold.
        """
        waiting, running = list(self.queue), self.running
        assert len(set(waiting)) == len(waiting), f"twice in the queue: {waiting}"
        assert running not in waiting, f"{running} runs and waits"
        known = {*waiting, *([running] if running else [])}
        assert set(self.jobs) == known, f"neither waiting nor running: {set(self.jobs) ^ known}"
        for name, job in self.jobs.items():
            record = job.record
            due = "running" if name == running else "queued"
            assert (record.job, record.state) == (name, due), f"{name} is {record.state}, not {due}"
            assert record.epoch == self.epoch, f"{name} is of epoch {record.epoch}"
            assert 1 <= record.attempt <= ATTEMPTS, f"{name}: attempt {record.attempt}"
            assert name == running or record.fraction is None, f"{name} waits, and has got so far"
            assert name == running or not record.cancelling, f"{name} waits, and is being stopped"
            assert record.paused == self.paused, f"{name} does not say whether the worker works"
        still = self.engine == "broken" or self.paused
        assert running or not waiting or still, "jobs wait, and nothing runs"
        assert self.engine != "busy" or running, "the engine is busy with nothing"
        assert self.done is None or self.done.job == running, "a result of a job that does not run"
        stopping = running is not None and self.jobs[running].record.cancelling
        assert self._kill_at is None or stopping, "an engine is to be killed for nothing"

    def _remember(self, stimulus: Stimulus) -> None:
        """Progress comes by the hundred: of a row that says the same the last is kept."""
        if self.stimuli and self.stimuli[-1].event == stimulus.event:
            self.stimuli.pop()
        self.stimuli.append(stimulus)

    def _react(self, event: Event, now: float, today: str) -> Iterable[Effect]:
        match event:
            case Submitted(job):
                return self._submitted(job)
            case Recovered():
                return self._recovered(event, today)
            case Tick():
                return self._tick(now)
            case Paused(on):
                return self._paused(on, now)
            case EngineDied():
                return self._engine_died(event, now, today)
            case orders.Holding(models):
                self._models, self._models_at = models, now
                return []
            case CancelAsked(name):
                asked = self.jobs.get(name)  # None: it has ended
                return [] if asked is None else self._cancel_asked(asked, now, today)
            case NextAsked(name):
                return self._next_asked(name)
            case _:
                # It has ended, or waits again: whatever comes late changes nothing.
                return self._of_running(event, now, today) if event.job == self.running else []

    def _of_running(self, event: _OfRunning, now: float, today: str) -> Iterable[Effect]:
        job = self.jobs[event.job]
        match event:
            case Claimed():
                return self._claimed(job, event, now)
            case ClaimFailed() | KeepFailed():
                return self._end(job, "failed", today, ErrorBody.of(event.error))
            case orders.Progress():
                return self._progressed(job, event, now)
            case orders.Warning():
                return self._warned(job, event)
            case orders.Done():
                self.engine, self.done = "idle", event
                return [Keep(job)]
            case orders.Failed():
                self.engine = "idle"
                if event.error.code == "cancelled":
                    return self._end(job, "cancelled", today)
                return self._end(job, "failed", today, event.error)
            case Kept():
                return self._end(job, "succeeded", today, folder=event.folder, done=self.done)
            case _:
                assert_never(event)

    # --- each event -----------------------------------------------------------------------------

    def _submitted(self, job: Job) -> Iterable[Effect]:
        job = replace(job, record=replace(job.record, paused=self.paused))
        self.jobs[job.id] = job
        self.queue.append(job.id)
        return [Save(job), Tell(job)]

    def _recovered(self, event: Recovered, today: str) -> Iterable[Effect]:
        job = self._put(event.job, epoch=self.epoch, rev=0, paused=self.paused)
        if event.done is not None:
            return self._end(job, "succeeded", today, folder=event.job.final, done=event.done)
        if job.record.cancelling:
            return self._end(job, "cancelled", today)
        job = self._requeue(job)
        self.queue.append(job.id)
        return [Save(job), Tell(job)]

    def _cancel_asked(self, job: Job, now: float, today: str) -> Iterable[Effect]:
        if job.id != self.running:
            self.queue.remove(job.id)
            return self._end(job, "cancelled", today)
        if job.record.cancelling:
            return []
        self._kill_at = now + CANCEL_GRACE_S
        job = self._put(job, cancelling=True)
        return [Save(job), Tell(job), Interrupt(job.id)]

    def _next_asked(self, name: str) -> Iterable[Effect]:
        """To the head of the queue; it and those it passes say their new places."""
        if name not in self.queue:
            return []
        passed = list(self.queue)[: self.queue.index(name)]
        self.queue.remove(name)
        self.queue.appendleft(name)
        moved = [name, *passed] if passed else []
        return [Tell(self._put(self.jobs[each])) for each in moved]

    def _claimed(self, job: Job, event: Claimed, now: float) -> Iterable[Effect]:
        # Until it says a word of this job it may have died before it got the order.
        self._from_before = self.engine == "idle"
        self.engine = "busy"
        self._started = now
        job = self._put(replace(job, partial=event.partial, final=event.final))
        return [Save(job), Tell(job), Start(job)]

    def _progressed(self, job: Job, event: orders.Progress, now: float) -> Iterable[Effect]:
        self._from_before = False
        fraction = min(1.0, max(job.record.fraction or 0.0, event.fraction))
        spent = now - self._started
        self.device = event.device
        self._put(
            job,
            stage=event.stage,
            stage_index=event.stage_index,
            stages=event.stages,
            fraction=round(fraction, 4),
            # Too early an estimate is worse than none.
            eta_s=round(spent * (1 - fraction) / fraction, 1)
            if fraction > 0.05 and not self.paused
            else None,
            device=event.device,
        )
        return [Tell(job)]

    def _warned(self, job: Job, event: orders.Warning) -> Iterable[Effect]:
        self._from_before = False
        warned = Warned(event.code, shorten(event.message))
        known = job.record.warnings
        if warned in known or len(known) >= MAX_WARNINGS:  # job.json has them all
            return []
        job = self._put(job, warnings=(*known, warned))
        return [Save(job), Tell(job)]

    def _tick(self, now: float) -> Iterable[Effect]:
        if self._kill_at is not None and now >= self._kill_at:
            self._kill_at = None
            return [Kill()]
        return []

    def _paused(self, on: bool, now: float) -> Iterable[Effect]:
        """All live jobs say so. The time that passed meanwhile was no work."""
        if on == self.paused:
            return []
        self.paused = on
        if not on:
            self._started += now - self._stood
        self._stood = now
        jobs = [self._put(job, paused=on, eta_s=None) for job in list(self.jobs.values())]
        return [Stand(on), *map(Tell, jobs)]

    def _engine_died(self, died: EngineDied, now: float, today: str) -> Iterable[Effect]:
        reason = died.reason
        self.engine, self._kill_at, self._models = "absent", None, ()
        effects: list[Effect] = []
        job = self.jobs.get(self.running or "")
        cancelled = job is not None and job.record.cancelling
        if not cancelled:  # an engine that we killed ourselves has no defect
            self._deaths.append(now)
        while self._deaths and self._deaths[0] < now - DEATHS_WITHIN_S:
            self._deaths.popleft()
        if job is not None:
            effects += self._interrupted(job, cancelled, died, today)
        if len(self._deaths) > DEATHS:
            self.engine, self.reason = "broken", reason
            error = EngineBroken(
                f"The engine died {len(self._deaths)} times in {DEATHS_WITHIN_S:.0f} s, the last "
                f"time with {reason}. See: voxmend doctor, then: voxmend worker restart"
            )
            for waiting in list(self.queue):
                self.queue.remove(waiting)
                effects += self._end(self.jobs[waiting], "failed", today, ErrorBody.of(error))
        return effects

    def _interrupted(
        self, job: Job, cancelled: bool, died: EngineDied, today: str
    ) -> Iterable[Effect]:
        if cancelled:
            return self._end(job, "cancelled", today)
        attempt = job.record.attempt if self._from_before else job.record.attempt + 1
        if attempt > ATTEMPTS:
            times = f"The engine died on this clip {ATTEMPTS} times, the last time"
            error: VoxmendError = EngineCrashed(
                f"{times} with {died.reason}. See: voxmend worker logs"
            )
            if died.short:
                error = OutOfMemory(
                    f"{times} for want of memory. Close other programs, or raise the limit that is "
                    "set (worker.memory_gb, ulimit -v)."
                )
            return self._end(job, "failed", today, ErrorBody.of(error))
        self.running = None
        job = self._requeue(replace(job, record=replace(job.record, attempt=attempt)))
        self.queue.appendleft(job.id)
        return [Save(job), Tell(job)]

    # --- changes --------------------------------------------------------------------------------

    def _put(self, job: Job, **changes: Any) -> Job:
        """Store the job with a raised rev."""
        changes.setdefault("rev", job.record.rev + 1)
        job = replace(job, record=replace(job.record, **changes))
        self.jobs[job.id] = job
        return job

    def _requeue(self, job: Job) -> Job:
        return self._put(
            job, state="queued", stage=None, stage_index=None, stages=None, fraction=None,
            eta_s=None, started=None,
        )  # fmt: skip

    def _end(
        self,
        job: Job,
        state: State,
        today: str,
        error: ErrorBody | None = None,
        folder: str | None = None,
        done: orders.Done | None = None,
    ) -> Iterable[Effect]:
        """A terminal state: what lies in the claimed folder goes first, then the job is saved."""
        if error is not None:
            error = replace(error, message=shorten(error.message))
        done = done or orders.Done(job.id, ())
        fraction = 1.0 if state == "succeeded" else job.record.fraction
        job = self._put(
            job, state=state, error=error, folder=folder, stems=done.stems,
            decisions=done.decisions, damage=done.damage, verdict=done.verdict, finished=today,
            fraction=fraction, eta_s=None, cancelling=False, paused=False,
        )  # fmt: skip
        del self.jobs[job.id]
        if job.id == self.running:
            self.running, self._kill_at, self.done = None, None, None
        drop: list[Effect] = [] if state == "succeeded" or job.partial is None else [Drop(job)]
        return [*drop, Save(job), Tell(job)]

    def _advance(self, now: float, today: str) -> Iterable[Effect]:
        """Claim the next job's folder if nothing runs."""
        if self.running or self.paused or self.engine == "broken" or not self.queue:
            return []
        self.running = self.queue.popleft()
        job = self._put(self.jobs[self.running], state="running", started=today)
        self._started = now
        return [Claim(job)]


def shorten(message: str, most: int = MAX_MESSAGE) -> str:
    """A message as a record carries it: a record has a size limit, job.json has none."""
    return message if len(message) <= most else message[: most - 1] + "…"
