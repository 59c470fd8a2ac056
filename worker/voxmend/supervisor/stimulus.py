"""Events as they are remembered, for the log after a defect: never a path or a preset."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine import orders
from .events import EngineDied, Event, Paused, Recovered, Submitted, Tick


@dataclass(frozen=True, slots=True)
class Stimulus:
    """An event as it is remembered: when, what, of which job; never a path or a preset."""

    at: float
    event: str

    @classmethod
    def of(cls, event: Event, now: float) -> Stimulus:
        """What to remember of an event."""
        match event:
            case Submitted() | Recovered():
                about = event.job.id
            case EngineDied():
                about = event.reason + (f" (engine {event.seat + 1})" if event.seat else "")
            case orders.Holding():
                about = f"{len(event.models)} models"
            case orders.Failed():
                about = f"{event.job} {event.error.code}"
            case orders.Places():
                about = event.device
            case Paused():
                about = "on" if event.on else "off"
            case Tick():
                about = ""
            case _:
                about = event.job
        return cls(now, f"{type(event).__name__} {about}".rstrip())
