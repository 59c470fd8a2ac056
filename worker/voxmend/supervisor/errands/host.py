"""A remote worker as the supervisor sees it: it stands where an engine's host stands, and takes the
same orders. A thread of its own does one job at a time; what it says wakes the broker."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Iterator
from functools import partial

from voxmend_protocol.errors import Cancelled, InternalError, VoxmendError
from voxmend_protocol.values import ErrorBody

from ...config import Remote
from ...engine import orders
from ...log import log, log_defect
from ...paths import Paths
from ...remote import peers
from ...remote.link import SILENCE_S, Link
from .errand import Dial, Errand, Left

LEAVE_S = 5.0
"""How long what is under way may take to hear that this worker ends."""


class RemoteHost:
    """One seat of a remote worker.

    Attributes:
        wake: readable once something was said.
        pid: no process of this machine does the work.
    """

    pid: int | None = None

    def __init__(self, name: str, paths: Paths, settings: Remote) -> None:
        """
        Args:
            name: of the remote worker.
        """
        self._name, self._paths, self._wait_s = name, paths, settings.wait_min * 60
        self._dial: Dial = partial(Link, silence_s=settings.silence_s or SILENCE_S)
        self._heard: queue.SimpleQueue[tuple[Errand | None, orders.JobAnswer]] = queue.SimpleQueue()
        self._owed: list[str] = []
        self._errand: Errand | None = None
        self._thread: threading.Thread | None = None
        self._still = False
        self.wake, self._waker = socket.socketpair()
        self.wake.setblocking(False)
        self._waker.setblocking(False)

    def send(self, order: orders.Run | orders.Cancel | orders.Release | orders.Stand) -> None:
        """Give an order; networks that the remote worker holds are its own affair."""
        if isinstance(order, orders.Run):
            self._start(order)
        elif isinstance(order, orders.Cancel):
            if self._errand is not None and self._errand.order.job == order.job:
                self._errand.cancelled.set()
        elif isinstance(order, orders.Stand):
            self._still = order.still
            if self._errand is not None:
                (self._errand.going.clear if order.still else self._errand.going.set)()

    def heard(self) -> Iterator[orders.JobAnswer]:
        """What came since the last call, of the job that is under way."""
        with contextlib.suppress(BlockingIOError):
            self.wake.recv(4096)
        while not self._heard.empty():
            errand, message = self._heard.get()
            if errand is self._errand:
                if isinstance(message, orders.Done | orders.Failed):
                    self._errand = None
                yield message

    def kill(self) -> None:
        """Give the job up, whatever its connection does. What it says from now on is not heard."""
        errand = self._errand
        if errand is not None:
            errand.cancelled.set()
            self._errand = None
            stopped = Cancelled("The job was cancelled.")
            self._put(None, orders.Failed(errand.order.job, ErrorBody.of(stopped)))

    def close(self) -> None:
        """Let go. The remote worker goes on with the job, and is asked for it after the next
        start."""
        if self._errand is not None:
            self._errand.left.set()
        if self._thread is not None:
            self._thread.join(LEAVE_S)

    def _start(self, order: orders.Run) -> None:
        try:
            server = peers.read(self._paths).server(self._name)
        except VoxmendError as error:
            self._put(None, orders.Failed(order.job, ErrorBody.of(error)))
            return
        errand: Errand

        def say(message: orders.JobAnswer) -> None:
            self._put(errand, message)

        errand = Errand(order, server, self._paths, say, self._wait_s, self._dial, self._owed)
        if self._still:
            errand.going.clear()
        self._errand = errand
        self._thread = threading.Thread(
            target=self._run, args=(errand,), name=f"remote-{self._name}", daemon=True
        )
        self._thread.start()

    def _run(self, errand: Errand) -> None:
        answer: orders.Done | orders.Failed
        try:
            answer = errand.do()
        except Left:
            return
        except Exception:  # noqa: BLE001  the supervisor survives a defect; the job ends with a code
            log_defect("remote_errand_failed", job=errand.order.job)
            defect = InternalError("voxmend failed at this. See: voxmend worker logs")
            answer = orders.Failed(errand.order.job, ErrorBody.of(defect))
        log("remote_done", remote=self._name, job=errand.order.job, sent=errand.sent)
        self._put(errand, answer)
        errand.give_up()

    def _put(self, errand: Errand | None, message: orders.JobAnswer) -> None:
        self._heard.put((errand, message))
        with contextlib.suppress(OSError):  # full means the broker will look anyway
            self._waker.send(b"!")
