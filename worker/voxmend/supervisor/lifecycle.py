"""What happens to jobs: a pure state machine. Events go in, effects come out.

One queue, and a seat for each engine (``seat.py``): the first job that waits takes the first seat
that suits it, so that the order holds as far as the devices asked for let it.

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

from voxmend_protocol.values import ErrorBody, State, Warned

from ..engine import orders
from .endings import broken, died, shorten
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
    Rest,
    Save,
    Stand,
    Start,
    Submitted,
    Tell,
    Tick,
)
from .invariants import insist
from .seat import Seat
from .seats import AFAR, Seats
from .stimulus import Stimulus

ATTEMPTS = 2
CANCEL_GRACE_S = 10.0
MAX_WARNINGS = 12
STIMULI = 100
NOT_THERE = ("remote_unreachable", "remote_refused", "remote_differs")
"""Why a worker elsewhere does not do a job that this machine could do."""


_OfRunning = Claimed | ClaimFailed | Kept | KeepFailed | orders.JobAnswer


@dataclass(slots=True)
class Lifecycle:
    """All live jobs and the engines, as one machine. ``handle`` is its only mutator.

    Attributes:
        engines: how many there are to be; 0: one for each card, as soon as an engine has counted.
        rest_s: how long an engine beside the first may have nothing to do; None: for ever.
    """

    epoch: int
    engines: int = 1
    rest_s: float | None = None
    jobs: dict[str, Job] = field(default_factory=dict)
    queue: deque[str] = field(default_factory=deque)
    seats: Seats = field(init=False)
    paused: bool = False
    stimuli: deque[Stimulus] = field(default_factory=lambda: deque(maxlen=STIMULI))
    _stood: float = 0.0

    def __post_init__(self) -> None:
        self.seats = Seats(self.engines or 1)

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

    def withdraw(self, job: str) -> None:
        """Forget a job that was submitted last and could not be saved: as if it had never come."""
        del self.jobs[job]
        if (seat := self.seats.of(job)) is not None:
            seat.job = None
        else:
            self.queue.remove(job)

    def validate(self) -> None:
        """Refuse a state that must never be. For tests, after each event.

        Raises:
            AssertionError: what does not hold.
        """
        insist(self, ATTEMPTS)

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
                return self._recovered(event, now, today)
            case Tick():
                return self._tick(now)
            case Paused(on):
                return self._paused(on, now)
            case EngineDied():
                return self._engine_died(event, now, today)
            case orders.Holding(models, seat):
                self.seats[seat].hold(models, now)
                return []
            case orders.Places():
                self._placed(event)
                return []
            case CancelAsked(name):
                asked = self.jobs.get(name)  # None: it has ended
                return [] if asked is None else self._cancel_asked(asked, now, today)
            case NextAsked(name):
                return self._next_asked(name)
            case _:
                # It has ended, or waits again: whatever comes late changes nothing.
                at = self.seats.of(event.job)
                return [] if at is None else self._of_running(at, event, now, today)

    def _of_running(
        self, seat: Seat, event: _OfRunning, now: float, today: str
    ) -> Iterable[Effect]:
        job = self.jobs[event.job]
        match event:
            case Claimed():
                return self._claimed(seat, job, event, now)
            case ClaimFailed() | KeepFailed():
                return self._end(job, "failed", now, today, ErrorBody.of(event.error))
            case orders.Progress():
                return self._progressed(seat, job, event, now)
            case orders.Warning():
                return self._warned(seat, job, event)
            case orders.Done():
                seat.engine, seat.done = "idle", event
                return [Keep(job)]
            case orders.Failed():
                seat.engine = "idle"
                if event.error.code == "cancelled":
                    return self._end(job, "cancelled", now, today)
                if (
                    job.spec.fallback
                    and not job.record.cancelling
                    and event.error.code in NOT_THERE
                ):
                    return self._come_home(seat, job, event.error, now)
                return self._end(job, "failed", now, today, event.error)
            case Kept():
                done = seat.done
                return self._end(job, "succeeded", now, today, folder=event.folder, done=done)
            case _:
                assert_never(event)

    # --- each event -----------------------------------------------------------------------------

    def _submitted(self, job: Job) -> Iterable[Effect]:
        job = replace(job, record=replace(job.record, paused=self.paused))
        self.jobs[job.id] = job
        self.queue.append(job.id)
        return [Save(job), Tell(job)]

    def _recovered(self, event: Recovered, now: float, today: str) -> Iterable[Effect]:
        job = self._put(event.job, epoch=self.epoch, rev=0, paused=self.paused)
        if event.done is not None:
            final = event.job.final
            return self._end(job, "succeeded", now, today, folder=final, done=event.done)
        if job.record.cancelling:
            return self._end(job, "cancelled", now, today)
        job = self._requeue(job)
        self.queue.append(job.id)
        return [Save(job), Tell(job)]

    def _cancel_asked(self, job: Job, now: float, today: str) -> Iterable[Effect]:
        seat = self.seats.of(job.id)
        if seat is None:
            self.queue.remove(job.id)
            return self._end(job, "cancelled", now, today)
        if job.record.cancelling:
            return []
        seat.kill_at = now + CANCEL_GRACE_S
        job = self._put(job, cancelling=True)
        return [Save(job), Tell(job), Interrupt(job.id, seat.number)]

    def _next_asked(self, name: str) -> Iterable[Effect]:
        """To the head of the queue; it and those it passes say their new places."""
        if name not in self.queue:
            return []
        passed = list(self.queue)[: self.queue.index(name)]
        self.queue.remove(name)
        self.queue.appendleft(name)
        moved = [name, *passed] if passed else []
        return [Tell(self._put(self.jobs[each])) for each in moved]

    def _placed(self, event: orders.Places) -> None:
        """An engine has looked: where it sits is known, and how many may sit beside it."""
        self.seats[event.seat].device = event.device
        if not self.engines:
            self.seats.grow(event.all)

    def _claimed(self, seat: Seat, job: Job, event: Claimed, now: float) -> Iterable[Effect]:
        # Until it says a word of this job it may have died before it got the order.
        seat.from_before = seat.engine == "idle"
        seat.engine = "busy"
        seat.started = now
        job = self._put(replace(job, partial=event.partial, final=event.final))
        return [Save(job), Tell(job), Start(job, seat.number)]

    def _progressed(
        self, seat: Seat, job: Job, event: orders.Progress, now: float
    ) -> Iterable[Effect]:
        seat.from_before = False
        fraction = min(1.0, max(job.record.fraction or 0.0, event.fraction))
        spent = now - seat.started
        seat.ran_on = event.device
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

    def _warned(self, seat: Seat, job: Job, event: orders.Warning) -> Iterable[Effect]:
        seat.from_before = False
        warned = Warned(event.code, shorten(event.message))
        known = job.record.warnings
        if warned in known or len(known) >= MAX_WARNINGS:  # job.json has them all
            return []
        job = self._put(job, warnings=(*known, warned))
        return [Save(job), Tell(job)]

    def _tick(self, now: float) -> Iterable[Effect]:
        for seat in self.seats:
            if seat.kill_at is not None and now >= seat.kill_at:
                seat.kill_at = None
                yield Kill(seat.number)
            if self._may_rest(seat, now):
                seat.resting = True
                yield Rest(seat.number)

    def _may_rest(self, seat: Seat, now: float) -> bool:
        """Whether an engine has had nothing to do for so long that its memory is worth more. The
        first one stays: it is the next job's short wait."""
        idle = 0 < seat.number < AFAR and seat.engine == "idle" and seat.free
        return idle and self.rest_s is not None and now - seat.idle_since > self.rest_s

    def _paused(self, on: bool, now: float) -> Iterable[Effect]:
        """All live jobs say so. The time that passed meanwhile was no work."""
        if on == self.paused:
            return []
        self.paused = on
        if not on:
            for seat in self.seats:
                seat.started += now - self._stood
        self._stood = now
        jobs = [self._put(job, paused=on, eta_s=None) for job in list(self.jobs.values())]
        return [Stand(on), *map(Tell, jobs)]

    def _engine_died(self, gone: EngineDied, now: float, today: str) -> Iterable[Effect]:
        seat = self.seats[gone.seat]
        job = self.jobs.get(seat.job or "")
        cancelled = job is not None and job.record.cancelling
        seat.died(not cancelled and not seat.resting, gone.reason, now)
        effects: list[Effect] = []
        if job is not None:
            effects += self._interrupted(seat, job, cancelled, gone, now, today)
        if seat.engine == "broken":
            effects += self._give_up(now, today)
        return effects

    def _give_up(self, now: float, today: str) -> Iterable[Effect]:
        """End the jobs that no engine is left for. The others go on."""
        for name in list(self.queue):
            job = self.jobs[name]
            why = self.seats.broken_for(job.device)
            if why is not None:
                self.queue.remove(name)
                yield from self._end(job, "failed", now, today, ErrorBody.of(broken(why)))

    def _interrupted(
        self, seat: Seat, job: Job, cancelled: bool, gone: EngineDied, now: float, today: str
    ) -> Iterable[Effect]:
        if cancelled:
            return self._end(job, "cancelled", now, today)
        attempt = job.record.attempt if seat.from_before else job.record.attempt + 1
        if attempt > ATTEMPTS:
            return self._end(job, "failed", now, today, ErrorBody.of(died(ATTEMPTS, gone)))
        seat.leave(now)
        job = self._requeue(replace(job, record=replace(job.record, attempt=attempt)))
        self.queue.appendleft(job.id)
        return [Save(job), Tell(job)]

    def _come_home(self, seat: Seat, job: Job, why: ErrorBody, now: float) -> Iterable[Effect]:
        """What a worker elsewhere cannot do is done here, as the user has set it, and said."""
        seat.leave(now)
        said = Warned("remote_fallback", shorten(f"{why.message} So this machine did the work."))
        warnings = (*job.record.warnings[: MAX_WARNINGS - 1], said)
        job = self._requeue(replace(job.near, record=replace(job.record, warnings=warnings)))
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
        now: float,
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
        if (seat := self.seats.of(job.id)) is not None:
            seat.leave(now)
        drop: list[Effect] = [] if state == "succeeded" or job.partial is None else [Drop(job)]
        return [*drop, Save(job), Tell(job)]

    def _advance(self, now: float, today: str) -> Iterable[Effect]:
        """Claim a folder for each job that waits and has a free seat."""
        if self.paused or not self.queue:
            return
        taken: set[str | None] = set()
        for name in list(self.queue):
            device = self.jobs[name].device
            seat = None if device in taken else self.seats.place(device)
            if seat is None:
                taken.add(device)
            else:
                self.queue.remove(name)
                seat.job, seat.started = name, now
                yield Claim(self._put(self.jobs[name], state="running", started=today))
