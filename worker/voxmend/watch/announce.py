"""Which desktop notifications to show: pure. The first at once, then at most one in a while.

A hundred files that end in a minute are one notification, not a hundred.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ..disk import shown
from .event import Event

PAUSE_S = 10.0
_MOST = 200


@dataclass(slots=True)
class Announcer:
    """Gathers events and says them through ``send(title, text)``."""

    send: Callable[[str, str], None]
    _gathered: list[Event] = field(default_factory=list)
    _sent_at: float | None = None

    def take(self, event: Event) -> None:
        """An event; most are not worth a notification."""
        if event.kind in ("done", "failed", "held"):
            self._gathered.append(event)

    def turn(self, now: float) -> None:
        """Say what has gathered, if it is time."""
        at = self._sent_at
        if self._gathered and (at is None or not at <= now < at + PAUSE_S):
            self._sent_at = now
            self.send("voxmend", words(self._gathered))
            self._gathered.clear()


def words(events: list[Event]) -> str:
    """One notification for all of them."""
    if len(events) == 1:
        (event,) = events
        if event.kind == "done":
            name = shown(PurePosixPath(event.file or "").name)
            if event.verdict is None:
                return f"Mended: {name}"
            return f"{name}: {shown(event.verdict.headline)}"[:_MOST]
        said = "Not mended" if event.kind == "failed" else "Waiting"
        return f"{said}: {event.message}"[:_MOST]
    done = sum(event.kind == "done" for event in events)
    failed = sum(event.kind == "failed" for event in events)
    parts = [f"{done} files mended"] if done else []
    parts += [f"{failed} not mended, see Errors"] if failed else []
    parts += ["some wait, see Errors"] if done + failed < len(events) else []
    return ", ".join(parts)
