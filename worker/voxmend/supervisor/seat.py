"""An engine's place among several: the job that runs there, and how the engine does. Pure.

A worker has one seat for each card, or as many as its settings say. The lifecycle owns them; a seat
decides nothing but what concerns it alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from voxmend_protocol.values import EngineState, LoadedModel

from ..engine import orders

DEATHS, DEATHS_WITHIN_S = 5, 180.0


@dataclass(slots=True)
class Seat:
    """Where one engine sits.

    Attributes:
        number: from 0.
        device: "cuda:1", "cpu" …; None until an engine has looked.
        ran_on: the device in words, as its last job said.
        job: what runs here.
        done: what the engine said at the job's end, until its folder is kept.
        reason: why the engine is broken.
        resting: its engine was told to go, and is not gone yet.
        from_before: the engine may have died before it got this job.
        kill_at: when a cancel that is not heeded ends the engine.
        started: when the job began, pauses taken out.
        idle_since: when its last job ended.
    """

    number: int = 0
    device: str | None = None
    engine: EngineState = "absent"
    ran_on: str | None = None
    job: str | None = None
    done: orders.Done | None = None
    reason: str | None = None
    resting: bool = False
    from_before: bool = False
    kill_at: float | None = None
    started: float = 0.0
    idle_since: float = 0.0
    _models: tuple[LoadedModel, ...] = ()
    _models_at: float = 0.0
    _deaths: deque[float] = field(default_factory=deque)

    @property
    def free(self) -> bool:
        """Whether a job may begin here."""
        return self.job is None and self.engine != "broken" and not self.resting

    def hold(self, models: tuple[LoadedModel, ...], now: float) -> None:
        """The engine has said which networks it holds."""
        self._models, self._models_at = models, now

    def loaded(self, now: float) -> tuple[LoadedModel, ...]:
        """The networks its engine holds: those that were idle have been so for longer now."""
        since = now - self._models_at
        return tuple(
            model if model.idle_s is None else replace(model, idle_s=round(model.idle_s + since, 1))
            for model in self._models
        )

    def leave(self, now: float) -> None:
        """Its job has ended, or goes back into the queue."""
        self.job = self.kill_at = self.done = None
        self.idle_since = now

    def died(self, blamed: bool, reason: str, now: float) -> None:
        """Its engine is gone.

        Args:
            blamed: it went by itself: one that we ended has no defect.
        """
        self.engine, self.resting, self.kill_at, self._models = "absent", False, None, ()
        if blamed:
            self._deaths.append(now)
        while self._deaths and self._deaths[0] < now - DEATHS_WITHIN_S:
            self._deaths.popleft()
        if len(self._deaths) > DEATHS:
            self.engine = "broken"
            self.reason = (
                f"it died {len(self._deaths)} times in {DEATHS_WITHIN_S:.0f} s, the last time with "
                f"{reason}"
            )
