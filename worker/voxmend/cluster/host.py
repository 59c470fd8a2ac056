"""The command's side of a cluster: whoever does its jobs, behind a pipe.

Ray ends a driver's process when its head or its node goes. So the driver is a child: when it goes,
or says nothing for too long, the command learns it here, within a minute, as an error like any.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast

from voxmend_protocol import JobRecord
from voxmend_protocol.errors import UnknownJob, WorkerUnreachable, from_code
from voxmend_protocol.messages import Accepted, Ack, Cancel, Submit

from ..asked import status_of
from .messages import Alive, Begin, Broke, Leave, Remark, Stop, Task, Told, today

SILENCE_S = 40.0
"""The driver says something every second. After so long without a word it counts as gone."""

START_S = 300.0
"""Ray takes seconds to start on an idle machine, and minutes on a busy one."""

MOST_WAITING = 256
"""Jobs that wait in the driver, so that no engine waits for the command."""

T = TypeVar("T")


class Cluster:
    """Does jobs on a Ray cluster, for as long as the ``with`` lasts.

    Args:
        target: what the child runs: ``target(pipe, begin)``, importable by name.
        say: how a remark reaches the user.
        silence_s: after so long without a word the driver counts as gone.
    """

    END_S = 20.0
    """How long the driver may take to end."""

    def __init__(
        self,
        begin: Begin,
        target: Callable[[Connection, Begin], None],
        say: Callable[[str], object],
        silence_s: float = SILENCE_S,
    ) -> None:
        self._begin, self._target, self._say, self._silence_s = begin, target, say, silence_s
        self._records: dict[str, JobRecord] = {}
        self._news: deque[JobRecord] = deque()
        self._heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._orders: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def __enter__(self) -> Cluster:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=self._target, args=(theirs, self._begin), name="voxmend-ray", daemon=False
        )
        self._process.start()
        theirs.close()
        for name, work in (("driver-pump", self._pump), ("driver-orders", self._write)):
            threading.Thread(target=work, name=name, daemon=True).start()
        try:
            while not isinstance(self._hear(START_S), Alive):
                pass
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    @property
    def running(self) -> bool:
        """Whether the driver's process is there."""
        return self._process.is_alive()

    def request(self, body: Any, _: type[T], /) -> T:
        """Take a job, or stop one.

        Raises:
            InputMissing, InputUnreadable: the song's file.
            UnknownJob: there is no such job to stop.
            WorkerUnreachable: the cluster is gone.
        """
        if isinstance(body, Submit):
            self._orders.put(self._task(body))
            return cast("T", Accepted(body.job, "queued"))
        assert isinstance(body, Cancel)
        if body.job not in self._records:
            raise UnknownJob("There is no such job.")
        self._orders.put(Stop(body.job))
        return cast("T", Ack())

    def job(self, job: str, /) -> JobRecord:
        """A job that has not ended.

        Raises:
            UnknownJob: it has.
        """
        try:
            return self._records[job]
        except KeyError:
            raise UnknownJob("There is no such job.") from None

    def follow(self, jobs: Sequence[str], /) -> Iterator[JobRecord]:
        """What happens to these jobs.

        Raises:
            WorkerUnreachable: the cluster is gone.
            VoxmendError: what else has ended the driver.
        """
        left = set(jobs)
        while left:
            while not self._news:
                self._hear(self._silence_s)
            record = self._news.popleft()
            if record.job not in left:
                continue
            if record.terminal:
                left.discard(record.job)
                self._records.pop(record.job, None)
            yield record

    def _task(self, submit: Submit) -> Task:
        found = status_of(Path(submit.clip.path))
        task = Task(
            submit,
            found.st_size,
            found.st_mtime_ns,
            found.st_mode & 0o777,
            today(),
            store=self._begin.store,
        )
        self._records[submit.job] = JobRecord(
            submit.job, "queued", 1, 0, submit.clip, submit.preset, 1, task.created, submit.group
        )
        return task

    def _hear(self, silence_s: float) -> Any:
        """The next message; records go where ``follow`` finds them."""
        try:
            message = self._heard.get(timeout=silence_s)
        except queue.Empty:
            raise self._gone() from None
        if message is None:
            raise self._gone()
        if isinstance(message, Told):
            self._records[message.record.job] = message.record
            self._news.append(message.record)
        elif isinstance(message, Remark):
            self._say(message.text)
        elif isinstance(message, Broke):
            raise from_code(message.code, message.message)
        return message

    def _pump(self) -> None:
        """Take whatever comes at once: a driver that could not speak would not listen either, and
        both would wait for ever."""
        try:
            while True:
                self._heard.put(self._pipe.recv())
        except Exception:  # noqa: BLE001  EOF, or bytes cut off by a death: both mean it is over
            self._heard.put(None)

    def _write(self) -> None:
        """Hand on what is wanted. A thread of its own: a driver that hangs does not read, and a
        full pipe would block whoever writes."""
        with contextlib.suppress(OSError):  # it is dying: the pump will say so
            while (order := self._orders.get()) is not None:
                self._pipe.send(order)

    def _gone(self) -> WorkerUnreachable:
        return WorkerUnreachable(
            f"The Ray cluster ({self._begin.address}) is gone or does not answer. What is done "
            "stays. Start it, then run the same command again: it does the rest."
        )

    def _leave(self) -> None:
        self._orders.put(Leave())
        self._orders.put(None)
        self._process.join(self.END_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe.close()
