"""Connections to the worker, kept for the next call: one conversation is for one thread."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import voxmend_protocol
from voxmend_protocol import features
from voxmend_protocol.errors import BadRequest
from voxmend_protocol.messages import Accepted, Submit

from .. import launch, paths, stopped

_STARTING = threading.Lock()
"""Two threads that start or replace a worker at once would end each other's."""


_OF_PARENTS: list[voxmend_protocol.Client] = []
"""Connections that a fork has copied: not to be used here, and not to be closed."""


class Links:
    """The connections of one ``Client``. May be used from several threads at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[voxmend_protocol.Client] = []
        self._process: int | None = os.getpid()
        # libzmq waits for ever for a socket that nobody has closed: also where a caller forgets to.
        weakref.finalize(self, _let_go, self._idle, os.getpid())

    def __enter__(self) -> Links:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def borrow(self, new_job: bool = False) -> Iterator[voxmend_protocol.Client]:
        """A connection that is the caller's alone; the worker is started where there is none.

        Args:
            new_job: it is for a new job, which also starts a worker that somebody has stopped.

        Raises:
            BadRequest: they were closed.
            WorkerUnreachable, EnvironmentProblem: there is no worker, and none can be started.
        """
        link = self._take(new_job)
        try:
            yield link
        except BaseException:
            link.close()  # half an answer may be on its way
            raise
        with self._lock:
            if self._process == os.getpid():
                self._idle.append(link)
                return
        link.close()

    def _take(self, new_job: bool) -> voxmend_protocol.Client:
        wake = new_job and stopped.lies(paths.find())
        with self._lock:
            if self._process is None:
                raise BadRequest("This client is closed. Make another: voxmend.Client()")
            if self._process != os.getpid():  # after a fork they are the parent's
                self._process = os.getpid()
                _OF_PARENTS.extend(self._idle)
                self._idle.clear()
                weakref.finalize(self, _let_go, self._idle, os.getpid())
            if self._idle and not wake:
                return self._idle.pop()
        with _STARTING:
            return launch.connect("python", new_job=new_job)

    def close(self) -> None:
        """Let them all go; jobs go on."""
        with self._lock:
            _let_go(self._idle, self._process)
            self._process = None


def _let_go(idle: list[voxmend_protocol.Client], process: int | None) -> None:
    """Close connections that this process has made."""
    while idle and os.getpid() == process:
        idle.pop().close()


def send(link: voxmend_protocol.Client, order: Submit) -> str:
    """Queue a job; its id.

    Raises:
        VoxmendError: as the worker answers.
        UnsupportedVersion: it is of an earlier version, and cannot do this.
    """
    features.check(order, link.welcome.features)
    return link.request(order, Accepted).job
