"""The socket: one ROUTER on the loopback address, one thread, one loop.

It checks signatures, keeps a session for each client that can sign, hands requests to the desk
and sends what the outboxes hold. It never blocks: a peer that does not read keeps its news until
it does, a peer that is gone is forgotten. Frames that are not rightly signed get no answer.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import zmq

from voxmend_protocol import envelope, messages
from voxmend_protocol.errors import BadRequest, InternalError, MalformedMessage, VoxmendError
from voxmend_protocol.values import MAX_ID, JobRecord

from ..log import log, log_defect
from .events import Job
from .fit import fit
from .outbox import Outbox

MAX_SESSIONS = 256
LATELY_S = 15.0
SNDHWM = 32
"""Messages libzmq itself may hold for one peer: beyond them the outbox does, and coalesces."""
BURST = 200
"""Messages taken in one turn of the loop, so that a flood cannot keep the rest waiting."""


@dataclass(slots=True)
class Session:
    """A client that has signed at least one message."""

    outbox: Outbox = field(default_factory=Outbox)
    heard: float = 0.0
    kind: str = ""  # what the client says it is


Desk = Callable[[Session, messages.Envelope], Any]
"""Request in, body of the answer out; raises VoxmendError for an error answer."""


class Broker:
    """The ROUTER socket and its sessions."""

    def __init__(
        self,
        key: str,
        epoch: int,
        record: Callable[[str], JobRecord | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Bind to a free port on 127.0.0.1."""
        self._key, self._epoch, self._record, self._clock = key, epoch, record, clock
        self.sessions: dict[bytes, Session] = {}
        self.refused = 0
        self.heard = clock()
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.ROUTER_MANDATORY, 1),
            (zmq.ROUTER_HANDOVER, 1),
            (zmq.MAXMSGSIZE, envelope.MAX_REQUEST),
            (zmq.SNDHWM, SNDHWM),
            (zmq.RCVHWM, 1000),
        ):
            self._socket.setsockopt(option, value)
        port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)

    def watch_socket(self, wake: Any) -> None:
        """Wake up for this socket as well."""
        self._poller.register(wake, zmq.POLLIN)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        self._context.term()

    def turn(self, desk: Desk, timeout_s: float) -> None:
        """Wait up to ``timeout_s`` for something to do, and do it."""
        waiting = any(session.outbox.waiting for session in self.sessions.values())
        self._poller.poll(int(1000 * min(timeout_s, 0.05 if waiting else timeout_s)))
        for _ in range(BURST):
            try:
                peer, *frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            self._take(peer, frames, desk)
        self.flush()

    def tell(self, job: Job) -> None:
        """A record has changed: note it for whoever follows it."""
        for session in self.sessions.values():
            session.outbox.tell(job.id, job.record.group)

    def _take(self, peer: bytes, frames: list[bytes], desk: Desk) -> None:
        try:
            data = envelope.unseal(self._key, frames)
        except MalformedMessage as error:
            self.refused += 1
            if self.refused.bit_count() == 1:  # 1, 2, 4 …: a flood must not wash the log away
                log("frames_refused", count=self.refused, why=error.message)
            return
        except BadRequest as error:
            self._answer(peer, self._session(peer), None, messages.Error(*_body(error)))
            return
        session = self._session(peer)
        asked = data.get("id")
        re = asked if isinstance(asked, str) and 0 < len(asked) <= MAX_ID else None
        try:
            request = messages.decode(data)
            answer = desk(session, request)
        except VoxmendError as error:
            answer = messages.Error(*_body(error))
        except Exception:  # noqa: BLE001  the broker survives a defect; the client hears of it
            log_defect("request_failed", type=data.get("type"))
            defect = InternalError("voxmend failed at this. See: voxmend worker logs")
            answer = messages.Error(*_body(defect))
        self._answer(peer, session, re, answer)

    def _session(self, peer: bytes) -> Session:
        now = self.heard = self._clock()
        if peer not in self.sessions and len(self.sessions) >= MAX_SESSIONS:
            quiet = min(self.sessions, key=lambda name: self.sessions[name].heard)
            self._forget(quiet, "too many clients")
        session = self.sessions.setdefault(peer, Session())
        session.heard = now
        return session

    def _answer(self, peer: bytes, session: Session, re: str | None, body: Any) -> None:
        sealed = self._seal(body, re)
        if len(sealed[2]) > envelope.MAX_REPLY:  # a defect, and still the client must hear of it
            log("answer_too_large", logging.ERROR, type=type(body).__name__, bytes=len(sealed[2]))
            large = InternalError("The answer is too large. See: voxmend worker logs")
            sealed = self._seal(messages.Error(*_body(large)), re)
        session.outbox.answer(sealed)
        if session.outbox.overrun:
            self._forget(peer, "asks and never reads")

    def _seal(self, body: Any, re: str | None) -> list[bytes]:
        message = messages.Envelope(uuid.uuid4().hex, body, re, self._epoch)
        return envelope.seal(self._key, messages.encode(message))

    def _forget(self, peer: bytes, why: str) -> None:
        del self.sessions[peer]
        log("client_forgotten", peer=peer.hex(), why=why)

    @property
    def clients(self) -> int:
        """Clients heard of lately, or with something to follow."""
        since = self._clock() - LATELY_S
        return sum(s.heard > since or s.outbox.watching > 0 for s in self.sessions.values())

    def flush(self) -> None:
        """Send what can be sent: answers first, then the newest record of each changed job."""
        for peer, session in list(self.sessions.items()):
            outbox = session.outbox
            while outbox.answers and self._send(peer, outbox.answers[0]):
                outbox.answers.popleft()
            if outbox.answers or peer not in self.sessions:
                continue
            now = self._clock()
            for job in outbox.due(now):
                record = self._record(job)
                if record is None:  # cleared from the list since
                    outbox.sent(job, now, terminal=True)
                elif self._send(peer, self._seal(messages.Record(fit(record)), outbox.watch_id)):
                    outbox.sent(job, now, record.terminal)
                else:
                    break

    def _send(self, peer: bytes, frames: list[bytes]) -> bool:
        """True if libzmq took it; False if the peer's pipe is full or the peer is gone."""
        try:
            self._socket.send_multipart([peer, *frames], zmq.NOBLOCK)
            return True
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self._forget(peer, "gone")
            return False


def _body(error: VoxmendError) -> tuple[str, str, bool]:
    return error.code, error.message[:2000], error.retryable
