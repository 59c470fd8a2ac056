"""The engine process: orders in, answers out, one job at a time, models warm in between.

A thread reads the pipe, so that a cancel is seen while a block computes and the engine ends the
moment its parent is gone. The engine's lock makes a new engine wait until an old one has really
ended: two never write into one folder.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import queue
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from voxmend_protocol.errors import BadRequest, OutOfMemory
from voxmend_protocol.values import ErrorBody

from .. import manners, memory_limit, presets, priority, safe_files
from ..log import log, open_log
from ..paths import Paths
from . import orders
from .earlier import outlast
from .failure import failure, short
from .pool import ModelPool
from .standstill import Standstill

LOCK_S = 20.0

FREED_S = 600.0
"""Memory that a job has freed waits no longer than this for the next one."""

Order = orders.Run | orders.Release | orders.Configure


def main(pipe: Connection, paths: Paths, epoch: int = 0, seat: int = 0) -> None:
    """Be an engine until the pipe closes.

    Args:
        epoch: of its worker.
        seat: among that worker's engines, from 0.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to handle
    _die_with_parent()
    manners.keep_memory()
    manners.wait_asleep()
    own = paths.engine(epoch, seat)
    open_log(own.log, os.environ.get("VOXMEND_WORKER_LOG_LEVEL", "info"))
    _quiet_libraries(own.out)
    try:
        lock = FileLock(own.lock, timeout=LOCK_S)
        lock.acquire()
        outlast(paths, epoch, LOCK_S)
    except Timeout:
        log("engine_refused", why="another engine does not end")
        sys.exit(3)
    shutil.rmtree(own.scratch, ignore_errors=True)  # left by an engine that died on this seat
    Engine(pipe, paths, own.scratch).serve()


def _die_with_parent() -> None:
    """On Linux the kernel ends us with the supervisor even where we cannot see the pipe close: we
    were stopped, or a library holds the interpreter. An engine left over would hold the lock."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, int(signal.SIGKILL), 0, 0, 0)  # PR_SET_PDEATHSIG


def _quiet_libraries(printed: Path) -> None:
    """What libraries print goes into a file, never onto a client's screen."""
    out = safe_files.start_anew(printed)
    for stream in (1, 2):
        os.dup2(out, stream)
    os.close(out)


class Engine:
    """The loop and the thread that reads orders for it."""

    def __init__(
        self,
        pipe: Connection,
        paths: Paths,
        scratch: Path,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pipe, self._paths, self._scratch, self._clock = pipe, paths, scratch, clock
        self._lock = threading.Lock()
        self._todo: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._stops: dict[str, threading.Event] = {}
        self._pool = ModelPool(clock=clock, changed=self._tell_models, short=short)
        self._settings = orders.Configure("auto", "auto", 600.0)
        self._manners = orders.Manners("", None, None)
        self._places: orders.Places | None = None
        self._freed_at: float | None = None
        self._standstill = Standstill()

    def serve(self) -> None:
        """Take orders until the pipe closes; in the main thread."""
        self._standstill.watch_this_thread()
        threading.Thread(target=self._read, name="orders", daemon=True).start()
        while True:
            self.turn()

    def take(self, order: Order) -> None:
        """Put an order behind those that wait."""
        if isinstance(order, orders.Run):
            self._stops[order.job] = threading.Event()
        self._todo.put(order)

    def stop(self, job: str) -> None:
        """End a job at its next window. One that has ended already is not remembered."""
        if (known := self._stops.get(job)) is not None:
            known.set()
            self._standstill.go_on()  # it must get there to see it

    def turn(self) -> None:
        """Carry out the next order; where none comes in time, let go what was idle for so long."""
        try:
            order = self._todo.get(timeout=self.wait())
        except queue.Empty:
            self._pool.reap()
            self._release()
            return
        if isinstance(order, orders.Run):
            self._standstill.begin()
            said = self._run(order)
            self._standstill.end()
            self._say(said)
            del self._stops[order.job]
            self._pool.reap()
            self._freed_at = self._clock()
        elif isinstance(order, orders.Configure):
            self._configure(order)
        else:
            self._pool.evict()
            self._release()

    def _configure(self, order: orders.Configure) -> None:
        """Take the settings, before torch and its threads are there."""
        self._settings = order
        self._pool.keep_alive_s = order.keep_alive_s
        threads = manners.share(order.threads, order.engines)
        manners.use_threads(threads)
        self._manners = orders.Manners(
            priority.lower(order.priority), None, memory_limit.hold(order.memory_gb)
        )
        log(
            "engine_manners", priority=self._manners.priority, threads=threads or "all",
            memory_limit=self._manners.memory_limit or "none",
        )  # fmt: skip
        if order.memory_gb and self._manners.memory_limit is None:
            log("memory_not_limited", logging.WARNING, why="this system holds no such limit")
        self._say(self._manners)

    def _look(self) -> str:
        """Say on which device this engine works, and with how many threads, once torch is there.
        The device."""
        from . import device

        found = device.places(self._settings.device) or device.places()
        own = found[self._settings.seat % len(found)]
        if self._places != (told := orders.Places(own, found)):
            self._places = told
            self._say(told)
        threads = manners.share(self._settings.threads, self._settings.engines or len(found))
        if (read := replace(self._manners, threads=device.threads(threads))) != self._manners:
            self._manners = read
            self._say(read)
        return own

    def wait(self) -> float | None:
        """Seconds until something that is idle goes; None if nothing will. What a job has freed
        goes with its networks, and where they stay for long, or it had none, before them."""
        waits = [self._pool.wait()]
        if self._freed_at is not None:
            keep_s = self._pool.keep_alive_s
            due = self._freed_at + (FREED_S if keep_s < 0 else min(keep_s, FREED_S))
            waits.append(max(0.0, due - self._clock()))
        return min((wait for wait in waits if wait is not None), default=None)

    def _read(self) -> None:
        while True:
            try:
                order = orders.order_of(self._pipe.recv_bytes())
            except (EOFError, OSError, BadRequest):
                os._exit(0)  # the parent is gone, whatever the main thread is doing
            if isinstance(order, orders.Cancel):
                self.stop(order.job)
            elif isinstance(order, orders.Stand):
                self._standstill.stop() if order.still else self._standstill.go_on()
            else:
                self.take(order)

    def _say(self, message: Any) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._pipe.send_bytes(orders.dump(message))

    def _run(self, order: orders.Run) -> orders.Done | orders.Failed:
        log("run", job=order.job)
        try:
            from .bring import JUDGE
            from .work import Line, Means, do  # torch loads here, after the supervisor has its pipe

            own = self._look()
            preset = presets.parse(order.plan)
            blocks = preset.blocks if order.submit.voice is None else (*preset.blocks, JUDGE)
            means = Means.of(self._paths, self._settings, self._pool, blocks, self._scratch, own)
            line = Line(self._say, self._stops[order.job].is_set)
            return do(order, preset, line, means)
        except Exception as error:  # noqa: BLE001  the engine must survive a defect in a block
            failed = failure(error, order.job)
        if isinstance(failed, OutOfMemory) and self._manners.memory_limit is not None:
            failed = OutOfMemory(f"{failed.message} Or raise worker.memory_gb in the settings.")
        log("run_failed", job=order.job, code=failed.code)
        return orders.Failed(order.job, ErrorBody.of(failed))

    def _tell_models(self) -> None:
        """Report what is loaded now."""
        self._say(orders.Holding(self._pool.holdings()))

    def _release(self) -> None:
        """Give back what is kept for later."""
        self._freed_at = None
        gc.collect()
        manners.give_back()
        if "torch" in sys.modules:
            from .device import empty

            empty()
