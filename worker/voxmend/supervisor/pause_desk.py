"""Answers ``pause`` and ``resume``, lets leases run out, and remembers a pause that is to last.

What lasts is in a file (``pause_file``). A lease is not written down: whoever holds it asks again
within seconds, of the next worker too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from voxmend_protocol import messages
from voxmend_protocol.pause import USER, Hold, Pause, Resume

from ..log import log
from . import pause_file
from .events import Paused
from .pauses import Pauses
from .performer import Performer, today


class PauseDesk:
    """The holds, and the lifecycle that hears of them.

    Args:
        file: where a pause that lasts is written down; None: nowhere.
    """

    def __init__(
        self,
        performer: Performer,
        file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._performer, self._file, self._clock = performer, file, clock
        self._pauses = Pauses()
        self._kept: Hold | None = None
        self._take_up()

    def pause(self, by: str, asked: Pause) -> messages.Ack:
        """Take a hold.

        Raises:
            BadRequest: there are too many.
            DiskFull, EnvironmentProblem: it holds, and will not be remembered.
        """
        fresh = asked.lease_s is None or not self._pauses
        self._pauses.pause(asked, by, self._clock(), today())
        if fresh:
            log("pause", hold=asked.hold or USER, by=by, lease_s=asked.lease_s)
        self._tell()
        return messages.Ack(count=len(self._pauses))

    def resume(self, asked: Resume) -> messages.Ack:
        """End a hold, or all.

        Raises:
            DiskFull, EnvironmentProblem: it is over, and the next worker will not know.
        """
        if self._pauses:
            log("resume", hold=asked.hold or "all")
        self._pauses.resume(asked.hold)
        self._tell()
        return messages.Ack(count=len(self._pauses))

    def tick(self) -> None:
        """Let leases run out."""
        before = len(self._pauses)
        self._pauses.tick(self._clock())
        if len(self._pauses) != before:
            log("lease_ended", left=len(self._pauses))
            self._tell()

    def holds(self) -> tuple[Hold, ...]:
        """What pauses the worker now."""
        return self._pauses.holds(self._clock())

    def _tell(self) -> None:
        """First it holds, then it is written down."""
        if bool(self._pauses) != self._performer.state.paused:
            self._performer.feed(Paused(bool(self._pauses)))
        self._write()

    def _write(self) -> None:
        if self._file is not None and self._pauses.lasting != self._kept:
            pause_file.write(self._file, self._pauses.lasting)
            self._kept = self._pauses.lasting

    def _take_up(self) -> None:
        """The pause of an earlier worker."""
        hold = None if self._file is None else pause_file.read(self._file)
        if hold is not None:
            asked = Pause(hold.hold, None, hold.why)
            self._pauses.pause(asked, hold.by, self._clock(), hold.since)
            self._kept = self._pauses.lasting
            self._performer.feed(Paused(True))
            log("paused_from_before", since=hold.since)
