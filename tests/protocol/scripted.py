"""A worker that follows a script, in this process: no socket, no thread."""

from __future__ import annotations

import itertools
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from voxmend.testing import FakeClock
from voxmend_protocol import Client, Link, codec, envelope, messages
from voxmend_protocol.errors import WorkerUnreachable
from voxmend_protocol.messages import Ack, Envelope, Hello, HelloAgain, Ping, Pong, Watch, Welcome
from voxmend_protocol.stamp import CLIENT, WORKER, Stamp, new_nonce
from voxmend_protocol.values import ClientInfo, Clip, ErrorBody, JobRecord, Limits, WorkerInfo

KEY = "0f" * 32
JOB = "6f1c1f6e-2f43-4f5e-9f0a-5b2d6a1c0e77"
OTHER = "0b0a3c7d-93a1-4d0e-8a42-7d5f1e2c3b4a"
HEARTBEAT_S = 1.0
CLOCK = FakeClock()
"""The client's: it goes on while a client waits for nothing, and else not at all."""

QUEUED = JobRecord(JOB, "queued", 1, 1, Clip("/a.wav"), "restore", 1, "2026-01-02T03:04:05Z")
RUNNING = replace(QUEUED, state="running", rev=3, fraction=0.5)
DONE = replace(QUEUED, state="succeeded", rev=7, folder="/out")
FAILED = replace(QUEUED, state="failed", rev=7, error=ErrorBody("disk_full", "Full.", True))

Script = Callable[["Worker", Envelope], Sequence[Any] | None]
"""The bodies that answer a request; None hands it to the worker's own manners."""


@dataclass
class Worker:
    """Remembers what it was asked; each dial gives a new connection with an empty queue."""

    script: Script = lambda worker, asked: None
    asked: list[Any] = field(default_factory=list)
    dials: int = 0
    closed: int = 0
    gone: bool = False
    mute: bool = False
    nonce: str = ""
    client_nonce: str = ""
    told: int = 0
    _out: queue.SimpleQueue[list[bytes]] = field(default_factory=queue.SimpleQueue)
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    def dial(self) -> Link:
        """What a Client dials with."""
        if self.gone:
            raise WorkerUnreachable("No worker is running.")
        self.dials += 1
        self._out = queue.SimpleQueue()
        return Link(self, KEY)

    def client(self) -> Client:
        """A client of this worker."""
        return Client(self.dial, ClientInfo("test", "1"))

    def send(self, frames: Sequence[bytes]) -> None:
        """Take a client's message and put the answers in its queue."""
        stamp, data = envelope.unseal(KEY, list(frames), CLIENT)
        asked = messages.decode(codec.parse(data))
        if stamp.worker != self.nonce and not self.mute:
            self.client_nonce, self.told = stamp.client, 0
            self.nonce = new_nonce()
            self.tell(HelloAgain(self.nonce), re=asked.id)
            return
        self.asked.append(asked.body)
        if self.mute:
            return
        answers = self.script(self, asked)
        if answers is None:
            answers = self.manners(asked.body)
        for body in answers:
            self.tell(body, re=asked.id)

    @staticmethod
    def manners(body: Any) -> list[Any]:
        """Answers of a worker to whom nothing special happens."""
        if isinstance(body, Hello):
            limits = Limits(100, HEARTBEAT_S, 10.0, envelope.MAX_REPLY)
            return [Welcome(2, WorkerInfo("1", 1), limits)]
        return [Pong(1)] if isinstance(body, Ping) else [Ack()] if isinstance(body, Watch) else []

    def tell(self, body: Any, re: str | None = None, key: str = KEY) -> None:
        """Send a message of the worker."""
        message = messages.encode(Envelope(f"w{next(self._ids)}", body, re, 1))
        self.raw(envelope.seal(key, self.stamp(), message))

    def stamp(self) -> Stamp:
        """The next stamp of this worker."""
        self.told += 1
        return Stamp(WORKER, self.client_nonce, self.nonce, self.told)

    def raw(self, frames: list[bytes]) -> None:
        """Send any frames."""
        self._out.put(frames)

    def recv(self, timeout_s: float) -> list[bytes] | None:
        """The client's side: the next message."""
        assert timeout_s >= 0
        try:
            return self._out.get_nowait()
        except queue.Empty:
            CLOCK.forward(timeout_s)
            return None

    def close(self) -> None:
        """The client's side: hang up."""
        self.closed += 1

    def count(self, kind: type) -> int:
        """How often the client asked for this."""
        return sum(isinstance(body, kind) for body in self.asked)


def elapsed(began: float) -> float:
    """Seconds since."""
    return CLOCK() - began
