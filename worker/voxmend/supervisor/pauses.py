"""Who wants the worker to stand still: holds with names, some of them on a lease. Pure.

The worker is paused while there is a hold. One with a lease ends by itself, unless it is asked for
again: REAPER's script does while REAPER records, and a REAPER that was killed does not. A person
who resumes is believed: a lease that goes on being asked for under its old name stays ended, until
nobody has asked for it for as long as it would have lasted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voxmend_protocol.errors import BadRequest
from voxmend_protocol.pause import USER, Hold, Pause

MOST = 64
"""Holds at once, and ended leases that are remembered."""


@dataclass(frozen=True, slots=True)
class _Held:
    by: str
    since: str
    why: str | None
    until: float | None


@dataclass(slots=True)
class Pauses:
    """The holds there are."""

    _held: dict[str, _Held] = field(default_factory=dict)
    _overruled: dict[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._held)

    @property
    def lasting(self) -> Hold | None:
        """A hold that ends with a ``resume`` and nothing else, if there is one."""
        for name, held in self._held.items():
            if held.until is None:
                return Hold(name, held.by, held.since, None, held.why)
        return None

    def pause(self, asked: Pause, by: str, now: float, today: str) -> None:
        """Take a hold, or begin its lease anew.

        Args:
            by: the kind of client.
            now: seconds on a clock that never goes back.
            today: the time of day, RFC 3339 in UTC.

        Raises:
            BadRequest: there are too many.
        """
        name = asked.hold or USER
        until = None if asked.lease_s is None else now + asked.lease_s
        if until is not None and name in self._overruled:
            self._overruled[name] = until
            return
        self._overruled.pop(name, None)
        before = self._held.get(name)
        if before is None and len(self._held) >= MOST:
            raise BadRequest(f"{MOST} holds pause it already. End them: voxmend worker resume")
        self._held[name] = _Held(by, before.since if before else today, asked.why, until)

    def resume(self, name: str | None) -> None:
        """End this hold, or all where none is named."""
        if name is not None:
            self._held.pop(name, None)
            self._overruled.pop(name, None)
            return
        leases = {n: held.until for n, held in self._held.items() if held.until is not None}
        self._overruled = dict([*self._overruled.items(), *leases.items()][-MOST:])
        self._held.clear()

    def tick(self, now: float) -> None:
        """Let go what has run out."""
        for name in [n for n, h in self._held.items() if h.until is not None and h.until <= now]:
            del self._held[name]
        for name in [n for n, until in self._overruled.items() if until <= now]:
            del self._overruled[name]

    def holds(self, now: float) -> tuple[Hold, ...]:
        """All of them as they stand, the oldest first."""
        return tuple(
            Hold(
                name,
                held.by[:40],
                held.since,
                None if held.until is None else round(max(0.0, held.until - now), 1),
                held.why,
            )
            for name, held in self._held.items()
        )
