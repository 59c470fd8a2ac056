"""The engine as the supervisor sees it: a spawned child behind a pipe.

One thread hands orders on, another pumps the pipe into a queue and wakes the broker through a
socket pair, which every poller on every system can wait for. The child dies with its parent
because the pipe closes; the parent learns of the child's death from the same pipe, within
milliseconds.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import queue
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from .. import shortage
from ..engine import orders
from .events import EngineDied

Target = Callable[..., None]
Heard = orders.Answer | orders.Manners | EngineDied


class EngineHost:
    """At most one engine process, started by the first order.

    Attributes:
        last_words: what an engine that has just died had printed.
    """

    def __init__(self, target: Target, configure: orders.Configure, *args: Any) -> None:
        """
        Args:
            target: what the child runs: ``target(connection, *args)``, importable by name.
            configure: the first order of every engine.
        """
        self._target, self._configure, self._args = target, configure, args
        self._spawn = multiprocessing.get_context("spawn")
        self.last_words: Callable[[], str] = lambda: ""
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._orders: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.wake, self._waker = socket.socketpair()
        self.wake.setblocking(False)
        self._waker.setblocking(False)

    @property
    def pid(self) -> int | None:
        """The engine's process id, while there is one."""
        return self._process.pid if self._process else None

    def send(self, order: orders.Run | orders.Cancel | orders.Release | orders.Stand) -> None:
        """Give an order; a Run starts the engine if there is none.

        Raises:
            OSError: the system cannot start another process.
            BadRequest: a name in the order is no Unicode.
        """
        if self._process is None:
            if not isinstance(order, orders.Run):
                return
            self._start()
        # Releases are not piled up: an engine that does not read needs to hear it once.
        if self._orders.empty() or not isinstance(order, orders.Release):
            self._orders.put(orders.dump(order))

    def _start(self) -> None:
        self._pipe, theirs = self._spawn.Pipe()
        self._process = self._spawn.Process(
            target=self._target, args=(theirs, *self._args), name="voxmend-engine", daemon=True
        )
        try:
            self._process.start()
        except OSError:
            self._forget()
            raise
        finally:
            theirs.close()
        self._orders = queue.SimpleQueue()
        self._orders.put(orders.dump(self._configure))
        for name, work, last in (
            ("engine-pump", self._pump, self._process),
            ("engine-orders", self._write, self._orders),
        ):
            threading.Thread(target=work, args=(self._pipe, last), name=name, daemon=True).start()

    def _write(self, pipe: Connection, todo: queue.SimpleQueue[bytes | None]) -> None:
        """Hand orders on. A thread of its own: an engine that was stopped, or hangs, does not read,
        and a full pipe would block whoever writes."""
        while (order := todo.get()) is not None:
            with contextlib.suppress(OSError):  # it is dying: the pump will say so
                pipe.send_bytes(order)

    def _pump(self, pipe: Connection, process: BaseProcess) -> None:
        message: Heard
        while True:
            try:
                message = orders.answer_of(pipe.recv_bytes())
            except Exception:  # noqa: BLE001  EOF, or bytes cut off by a death: all of it means it is over
                process.kill()
                process.join()
                short = shortage.told(self.last_words())
                message = EngineDied(_reason(process.exitcode), short)
            self._heard.put(message)
            with contextlib.suppress(OSError):  # full means the broker will look anyway
                self._waker.send(b"!")
            if isinstance(message, EngineDied):
                return

    def heard(self) -> Iterator[Heard]:
        """What came from the engine since the last call; EngineDied at most once for each
        engine. One at a time: where one makes trouble, those behind it wait for the next call."""
        with contextlib.suppress(BlockingIOError):
            self.wake.recv(4096)
        while not self._heard.empty():
            message = self._heard.get()
            if isinstance(message, EngineDied):
                self._forget()
            yield message

    def _forget(self) -> None:
        self._orders.put(None)
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None

    def kill(self) -> None:
        """End the engine at once; its death is heard like any other."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the engine and wait for it."""
        process = self._process
        self.kill()
        if process is not None:
            process.join(5)


def _reason(code: int | None) -> str:
    if code is None:
        return "no exit code"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
