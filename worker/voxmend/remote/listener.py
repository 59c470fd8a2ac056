"""The supervisor's side of the socket for laptops: it starts the process, and starts it anew."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

from ..config import Settings
from ..log import log
from ..paths import Paths

START_S = 60.0
AGAIN_S = 5.0
"""Time from one start to the next."""


class Listener:
    """At most one process that listens."""

    def __init__(
        self,
        paths: Paths,
        settings: Settings,
        sketch: Callable[[Path, str], Path],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            sketch: where, in the state folder, the engine leaves what a job's report draws;
                importable by name.
        """
        self._begin = (paths, settings, sketch)
        self._clock = clock
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._started = 0.0
        self.endpoint = ""

    @property
    def pid(self) -> int | None:
        """The process id, while there is one."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Listen.

        Raises:
            EnvironmentProblem: nothing can, with the reason.
        """
        self._start()
        assert self._pipe is not None
        said = "!What listens for other machines does not start. See: voxmend worker logs"
        with contextlib.suppress(EOFError, OSError):
            if self._pipe.poll(START_S):
                said = self._pipe.recv_bytes().decode()
        if said.startswith("!"):
            self.close()
            raise EnvironmentProblem(said[1:])
        self.endpoint = said

    def look(self) -> None:
        """Start it anew where it has died."""
        if self._process is None or self._process.is_alive():
            return
        if self._clock() - self._started < AGAIN_S:
            return
        log("listener_died", logging.ERROR, code=self._process.exitcode, reason=self._reason())
        self.close()
        self._start()

    def _reason(self) -> str:
        """What one that has died had said of it; empty where it said nothing, or was killed."""
        said = ""
        with contextlib.suppress(EOFError, OSError):
            while self._pipe is not None and self._pipe.poll():
                said = self._pipe.recv_bytes().decode()
        return said[1:] if said.startswith("!") else ""

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=_listen, args=(theirs, *self._begin), name="voxmend-remote", daemon=True
        )
        self._started = self._clock()
        try:
            self._process.start()
        finally:
            theirs.close()

    def close(self) -> None:
        """End it."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.terminate()
            self._process.join(5)
        self._process = self._pipe = None


def _listen(
    pipe: Connection, paths: Paths, settings: Settings, sketch: Callable[[Path, str], Path]
) -> None:
    """Be the process; the supervisor itself loads nothing of it."""
    from .server import main

    main(pipe, paths, settings, sketch)
