"""Carries asks to the worker and brings answers and records back.

One thread talks to the worker and may wait for it; another writes ``bridge.json``, so that the
host always sees a beat. The worker is started where there is none, and followed over its restarts.
One that somebody has stopped is started for a new job, or where the host says that the user wants
it, and else the bridge says so and ends.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from voxmend_protocol import Client, JobRecord, codec, messages
from voxmend_protocol.errors import BadRequest, InternalError, VoxmendError, WorkerUnreachable
from voxmend_protocol.values import ErrorBody

from ..log import log, log_defect
from ..version import __version__
from .mailbox import MAILBOX, Ask, Mailbox

BEAT_S = 0.5
ALONE_S = 60.0
"""Without a beat, an ask or an open job for so long, the bridge ends."""
BUSY_POLL_S, IDLE_POLL_S = 0.04, 0.15
BUSY_S = 10.0

NEW_JOB = (messages.Submit, messages.Retry)
NAMES = tuple(messages.type_name(kind) for kind in NEW_JOB)

Connect = Callable[[], Client]
Clock = Callable[[], float]


@dataclass(slots=True)
class Pulse:
    """What ``bridge.json`` says, and the thread that says it."""

    box: Mailbox
    facts: dict[str, Any] = field(default_factory=dict)
    beat: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def say(self, state: str, **facts: Any) -> None:
        """Change the state and write it at once."""
        with self.lock:
            self.facts = {"state": state, **facts}
        self.write()

    def write(self) -> None:
        """One beat. A full disk shows as a beat that stands still."""
        with self.lock:
            self.beat += 1
            body = {"mailbox": MAILBOX, "version": __version__, "pid": os.getpid()}
            try:
                self.box.put("bridge.json", {**body, **self.facts, "beat": self.beat})
            except OSError as error:
                log("bridge_beat_failed", error=error)

    def start(self) -> None:
        """Beat until stopped."""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.stopped.wait(BEAT_S):
            self.write()

    def stop(self) -> None:
        """End the thread."""
        self.stopped.set()
        if self.thread is not None:
            self.thread.join()


@dataclass(slots=True)
class Carrier:
    """One bridge at work."""

    box: Mailbox
    connect: Connect
    clock: Clock = time.monotonic
    wake: Connect | None = None
    """As ``connect``, for a new job."""
    stopped: Callable[[], bool] = lambda: False
    """Whether somebody has stopped the worker."""
    client: Client | None = None
    followed: set[str] = field(default_factory=set)
    pulse: Pulse = field(init=False)
    heard: float = 0.0
    busy_until: float = 0.0

    def __post_init__(self) -> None:
        self.pulse = Pulse(self.box)

    def run(self) -> None:
        """Work until nobody needs it."""
        self.pulse.say("starting")
        self.pulse.start()
        state = "ended"
        try:
            if not self._reach():
                state = ""
            else:
                try:
                    self._work()
                except VoxmendError as error:  # somebody has stopped it, or none comes up
                    self._fail(error)
                    state = ""
        finally:
            self.pulse.stop()
            if self.client is not None:
                self.client.close()
            if state:
                self.pulse.say(state)

    def _reach(self) -> bool:
        """Connect to the worker; what stands in the way is written where the host looks."""
        try:
            wanted = self.box.take_start() or any(_is_new_job(ask) for ask in self.box.asks())
            self.client = self._wake() if wanted else self.connect()
        except VoxmendError as error:
            self._fail(error)
            return False
        self._ready()
        return True

    def _fail(self, error: VoxmendError) -> None:
        """Say where the host looks why there is no worker; every ask in the box is told."""
        log("bridge_failed", code=error.code, reason=error.message)
        self.pulse.say("failed", error=codec.to_dict(ErrorBody.of(error)))
        for ask in self.box.asks():
            self._answer(ask, error)

    def _ready(self) -> None:
        assert self.client is not None
        welcome = self.client.welcome
        self.pulse.say("ready", protocol=welcome.protocol, worker=codec.to_dict(welcome.worker))

    def _work(self) -> None:
        needed, beat = self.clock(), ""
        while True:
            now = self.clock()
            try:
                asks = self.box.asks()
                if any(map(_is_new_job, asks)) and self.stopped():
                    self._wake().close()  # now there is one to dial
                for ask in asks:
                    self._carry(ask)
                self._bring(now)
            except OSError as error:  # a full disk: what is not answered stays an ask
                log("bridge_write_failed", error=error)
                time.sleep(0.5)
                asks = []
            said = self.box.beat()
            if asks or self.followed or said != beat:
                needed, beat = now, said
            if asks or self.followed:
                self.busy_until = now + BUSY_S
            if now - needed > ALONE_S:
                return

    def _carry(self, ask: Ask) -> None:
        if ask.body is None:
            return self._answer(ask, BadRequest(ask.problem))
        try:
            asked = messages.decode({**ask.body, "id": ask.id})
            reply = self._ask(asked.body)
        except WorkerUnreachable as error:
            if self.stopped():
                raise
            return self._answer(ask, error)
        except VoxmendError as error:
            return self._answer(ask, error)
        except Exception as error:  # noqa: BLE001  a defect must not take the other asks along
            log_defect("bridge_defect", ask=ask.id)
            return self._answer(ask, BadRequest(f"The bridge cannot carry this out ({error})."))
        if isinstance(asked.body, messages.Watch) and isinstance(reply, messages.Ack):
            self.followed |= set(asked.body.jobs) - set(reply.unknown)
        self._put(ask, reply)
        return None

    def _wake(self) -> Client:
        return (self.wake or self.connect)()

    def _ask(self, body: Any) -> Any:
        assert self.client is not None
        before = self.client.welcome
        try:
            return self.client.request(body, object)
        finally:
            if self.client.welcome is not before:  # another connection: it follows nothing yet
                self._follow_again()

    def _answer(self, ask: Ask, error: VoxmendError) -> None:
        self._put(ask, messages.Error(error.code, error.message, error.retryable))

    def _put(self, ask: Ask, reply: Any) -> None:
        body = messages.encode(messages.Envelope(f"b{ask.id}"[:64], reply, ask.id))
        self.box.answer(ask.id, body)

    def _bring(self, now: float) -> None:
        """Records that have come; into a long silence a ping, which finds a worker that is gone."""
        assert self.client is not None
        wait = BUSY_POLL_S if now < self.busy_until else IDLE_POLL_S
        try:
            news = self.client.poll(wait)
            if news:
                self.heard = self.clock()
            elif self.clock() - self.heard > self.client.welcome.limits.heartbeat_s:
                self.heard = self.clock()
                pong = self._ask(messages.Ping())
                if self.followed and isinstance(pong, messages.Pong) and not pong.watching:
                    self._follow_again()
                news = self.client.poll(0)
        except WorkerUnreachable as error:
            log("bridge_lost_worker", reason=error.message)
            if self.followed:
                self._ask(messages.Ping())  # dials, and starts a worker that was not stopped
                return
            time.sleep(wait)
            return
        except InternalError as error:  # a sign of life all the same; what it was is in the log
            log("bridge_unreadable", reason=error.message)
            return
        for record in news:
            self._note(record)

    def _note(self, record: JobRecord) -> None:
        if record.job in self.followed:
            self.box.record(record)
            if record.terminal:
                self.followed.discard(record.job)

    def _follow_again(self) -> None:
        assert self.client is not None
        self._ready()
        jobs = sorted(self.followed)
        for start in range(0, len(jobs), messages.MAX_WATCHED):
            part = tuple(jobs[start : start + messages.MAX_WATCHED])
            ack = self.client.request(messages.Watch(jobs=part), messages.Ack)
            self.followed -= set(ack.unknown)


def _is_new_job(ask: Ask) -> bool:
    return ask.body is not None and ask.body.get("type") in NAMES
