"""The watcher: every folder's station in turn, one connection to the worker, until told to stop.

One thread does everything; watchdog's threads only set a flag. Ending is safe at any point, by
Ctrl-C, SIGTERM or ``kill -9`` alike: see ``inbox``. The list of folders is read again when it
changes, so ``watch add`` needs no restart.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import BadRequest, VoxmendError

from .. import launch, presets, stopped
from ..log import log_defect
from ..paths import Paths
from . import registry
from .client import WorkerClient
from .event import Event
from .source import Notices
from .station import Station, Wakes

IN_FLIGHT = 2
"""Jobs the worker is given at once: one runs, one is next. A click in a DAW waits for no more."""

QUICK_S, SLOW_S = 0.1, 1.0
"""Between two questions how a job is: soon after something happened, and later."""

PRESETS_S = 5.0

Source = Callable[[str, Callable[[], None]], Wakes]


class Watcher:
    """All folders and the worker. ``turn`` does everything; ``run`` turns.

    Args:
        where: this user's paths.
        tell: takes each event.
        each_turn: called after each turn, with the time.
        clock: seconds.
        notices: see ``Station``.
    """

    def __init__(
        self,
        where: Paths,
        tell: Callable[[Event], None],
        each_turn: Callable[[float], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        notices: Source = Notices,
    ) -> None:
        self._where, self._each_turn, self._clock, self._notices = where, each_turn, clock, notices
        self._hear = tell
        self._worker = WorkerClient(
            lambda: launch.connect("watch", new_job=False),
            self._tell,
            lambda: launch.connect("watch"),
        )
        self._before_stop: set[tuple[str, str]] = set()
        self._stations: list[Station] = []
        self._listed: object = None
        self._presets: tuple[float, list[str]] | None = None
        self._woken = threading.Event()
        self._happened = 0.0
        self._defects: set[str] = set()
        self.failed = False

    def run(self, once: bool = False, stay: bool = False) -> None:
        """Turn until interrupted; with ``once`` until nothing is left to do; with ``stay`` also
        while no folder is watched: one may be added.

        Raises:
            BadRequest: no folder is watched.
            EnvironmentProblem: the list of folders cannot be read.
        """
        if not registry.load(self._where.watch_file) and not stay:
            raise BadRequest("No folder is watched yet. Add one: voxmend watch add FOLDER")
        try:
            while True:
                now = self._clock()
                self.turn(now)
                self._each_turn(now)
                if once and self._nothing_left():
                    return
                self._woken.wait(self._pause(now))
                self._woken.clear()
        finally:
            self.close()

    def turn(self, now: float) -> None:
        """Look at every folder once, then talk to the worker if there is anything to say."""
        self._reload()
        for station in self._stations:
            self._survive(station.turn, now)
        fresh = self._fresh()
        busy = [station for station in self._stations if station.busy(now)]
        if not busy:
            self._worker.close()
            return
        if not self._worker.ready(now, fresh):
            return
        try:
            for station in busy:
                room = IN_FLIGHT - self._flying()
                self._survive(station.work, now, self._worker, room)
            self._worker.well()
        except VoxmendError as error:
            self._worker.rest(error, now)
        self._stations.append(self._stations.pop(0))  # so that no folder is always the last

    def _fresh(self) -> bool:
        """Whether a file waits that came after somebody has stopped the worker. Only such a one is
        a new job; one that lay there may wait for the worker, as those do that it has."""
        waiting = {(s.folder.path, name) for s in self._stations for name in s.names}
        if not stopped.lies(self._where):
            self._before_stop = waiting
            return False
        return not waiting <= self._before_stop

    def close(self) -> None:
        """Let everything go. Jobs go on without us."""
        for station in self._stations:
            station.close()
        self._worker.close()

    def _flying(self) -> int:
        return sum(station.flying for station in self._stations)

    def _nothing_left(self) -> bool:
        if any(station.away or station.stuck for station in self._stations):
            self.failed = True
        return not any(station.flying or station.waiting for station in self._stations)

    def _pause(self, now: float) -> float:
        if not self._flying():
            return SLOW_S / 2
        return min(SLOW_S, max(QUICK_S, (now - self._happened) / 20))

    def _tell(self, event: Event) -> None:
        self._happened = self._clock()
        if event.kind in ("failed", "held", "cancelled"):
            self.failed = True
        self._hear(event)

    def _survive(self, do: Callable[..., None], *arguments: Any) -> None:
        """Do it; a defect in one folder is told once, and neither ends us nor stops the others."""
        try:
            do(*arguments)
        except VoxmendError:
            raise
        except Exception as error:  # noqa: BLE001  files would lie for ever, and nobody would know
            if repr(error) not in self._defects:
                self._defects.add(repr(error))
                log_defect("watch_turn_failed")
                log = self._where.log.with_name("watch.log")
                words = f"A defect in voxmend; the watcher goes on. Details: {log} [internal]"
                self._tell(Event("worker", words, code="internal"))

    def _reload(self) -> None:
        """Follow the list of folders."""
        listed = _stamp(self._where.watch_file)
        if listed == self._listed:
            return
        try:
            folders = registry.load(self._where.watch_file)
        except VoxmendError as error:
            if self._listed is None:
                raise
            self._listed = listed
            self._tell(Event("remark", error.message, code=error.code))
            return
        self._listed = listed
        kept = [station for station in self._stations if station.folder in folders]
        for station in self._stations:
            if station not in kept:
                station.close()
        known = [station.folder for station in kept]
        self._stations = kept + [
            Station(folder, self._where.watch_state, self._names, self._tell, self._notices_for)
            for folder in folders
            if folder not in known
        ]

    def _notices_for(self, root: str, notice: Callable[[], None]) -> Wakes:
        def wake() -> None:
            notice()
            self._woken.set()

        return self._notices(root, wake)

    def _names(self) -> list[str]:
        """All presets there are, read anew now and then."""
        now = self._clock()
        if self._presets is None or not 0 <= now - self._presets[0] < PRESETS_S:
            self._presets = (now, presets.names(self._where.presets))
        return self._presets[1]


def stop_on_sigterm() -> None:
    """Let SIGTERM end us as Ctrl-C does."""

    def stop(_: int, __: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def _stamp(file: Path) -> object:
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
