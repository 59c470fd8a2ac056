"""A lifecycle on a stage: its effects, and a performer that always succeeds unless told not to."""

from __future__ import annotations

from collections.abc import Iterable

from supervisor_jobs import job

from voxmend.engine import orders
from voxmend.supervisor import events as e
from voxmend.supervisor.lifecycle import Lifecycle
from voxmend_protocol.errors import OutputUnwritable
from voxmend_protocol.values import Decisions, ErrorBody, JobRecord, Stem

TODAY = "2026-01-01T00:00:00.000Z"
STEM = Stem("vocals", "vocals.wav", 0, 100, 8000, 1, 0.5)
REFUSED = OutputUnwritable("/out cannot be written.")
DECIDED = Decisions(3, 1, 0, "denoise.voice_lost")


class Stage:
    """A lifecycle, its effects so far, and a performer that always succeeds unless told not to."""

    def __init__(self, epoch: int = 1, engines: int = 1, rest_s: float | None = None) -> None:
        self.life = Lifecycle(epoch, engines, rest_s)
        self.now = 100.0
        self.effects: list[e.Effect] = []
        self.saved: dict[str, JobRecord] = {}
        self.claim_error: OutputUnwritable | None = None
        self.keep_error: OutputUnwritable | None = None

    def feed(self, event: e.Event) -> list[e.Effect]:
        """Give an event, and the outcome of what it leads to."""
        pending, seen = [event], []
        while pending:
            effects = self.life.handle(pending.pop(0), self.now, TODAY)
            self.life.validate()
            for effect in effects:
                seen.append(effect)
                pending += self._outcome(effect)
        self.effects += seen
        return seen

    def _outcome(self, effect: e.Effect) -> Iterable[e.Event]:
        if isinstance(effect, e.Save):
            old = self.saved.get(effect.job.id)
            assert old is None or not old.terminal, "a terminal state was changed"
            assert effect.job.record.newer_than(old), "rev did not rise"
            self.saved[effect.job.id] = effect.job.record
        if isinstance(effect, e.Claim):
            if self.claim_error:
                return [e.ClaimFailed(effect.job.id, self.claim_error)]
            return [e.Claimed(effect.job.id, "/out/x.partial", "/out/x")]
        if isinstance(effect, e.Keep):
            if self.keep_error:
                return [e.KeepFailed(effect.job.id, self.keep_error)]
            return [e.Kept(effect.job.id, "/out/x")]
        return []

    def state(self, number: int) -> str:
        """The state of a job as saved."""
        return self.saved[job(number).id].state

    def record(self, number: int) -> JobRecord:
        """The record of a job as saved."""
        return self.saved[job(number).id]


def kinds(effects: Iterable[e.Effect]) -> list[str]:
    return [type(effect).__name__ for effect in effects]


def done(number: int) -> orders.Done:
    return orders.Done(job(number).id, (STEM,), DECIDED)


def progressed(number: int, fraction: float) -> orders.Progress:
    return orders.Progress(job(number).id, "separate", 1, 3, fraction, "cpu")


def failed(number: int, code: str) -> orders.Failed:
    return orders.Failed(job(number).id, ErrorBody(code, "So it was.", False))
