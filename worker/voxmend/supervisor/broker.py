"""The socket: one ROUTER on the loopback address, one thread, one loop.

The gate lets in who has the password. What comes is checked for its signature and its place in a
conversation, and handed to the desk; what the outboxes hold is sent. The loop never blocks: a peer
that does not read keeps its news until it does, a peer that is gone is forgotten. Frames that are
not rightly signed, or were heard before, get no answer; those of a conversation that the worker
does not know get ``hello_again``, and nothing else happens.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

import zmq

from voxmend_protocol import codec, envelope, messages
from voxmend_protocol.errors import BadRequest, InternalError, MalformedMessage, VoxmendError
from voxmend_protocol.stamp import CLIENT
from voxmend_protocol.values import MAX_ID, JobRecord

from .. import descriptors
from ..disk import met
from ..log import log, log_defect
from .events import Job
from .fit import fit
from .gate import Gate
from .sessions import Session, Sessions

LATELY_S = 15.0
SNDHWM = 32
"""Messages libzmq itself may hold for one peer: beyond them the outbox does, and coalesces."""
RCVHWM = 64
"""As much of one peer's may wait here: a flood waits in the peer's own memory."""
BACKLOG = 1024
"""Connections that may wait for their turn: a client finds a place among many others."""
LINGER_MS = 500
"""How long the last answers may take to go out, when the worker ends."""
BURST = 200
"""Messages taken in one turn of the loop, so that a flood cannot keep the rest waiting."""


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
        self._sessions = Sessions()
        self.refused = 0
        self.heard = clock()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.gate = Gate(self._context)
        self._socket = self._context.socket(zmq.ROUTER)
        Gate.guard(self._socket)
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.ROUTER_MANDATORY, 1),
            (zmq.ROUTER_HANDOVER, 0),  # a routing id stays whose it is
            (zmq.MAXMSGSIZE, envelope.MAX_REQUEST),
            (zmq.SNDHWM, SNDHWM),
            (zmq.RCVHWM, RCVHWM),
            (zmq.BACKLOG, BACKLOG),
        ):
            self._socket.setsockopt(option, value)
        port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self.gate.password = envelope.password(key, self.endpoint)
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)

    @property
    def sessions(self) -> dict[bytes, Session]:
        """The clients, by their routing ids."""
        return self._sessions.known

    def watch_socket(self, wake: Any) -> None:
        """Wake up for this socket as well."""
        self._poller.register(wake, zmq.POLLIN)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close(LINGER_MS)
        self._context.term()
        self.gate.wait_closed()

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
            stamp, body = envelope.unseal(self._key, frames, CLIENT)
        except MalformedMessage as error:
            self._refuse(error.message)
            return
        session = self._sessions.find(peer, stamp)
        if session is None:
            self._ask_for_hello(peer, stamp.client, body)
            return
        if not session.takes(stamp):
            self._refuse("The message was heard before.")
            return
        self.heard = self._clock()
        for gone in self._sessions.keep(peer, session, self.heard):
            log("client_forgotten", peer=gone.hex(), why="too many clients")
        data: dict[str, Any] = {}
        try:
            data = codec.parse(body)
            request = messages.decode(data)
            answer = desk(session, request)
        except VoxmendError as error:
            answer = messages.Error(*_body(descriptors.in_place_of(error) or error))
        except Exception as error:  # noqa: BLE001  the broker survives a defect; the client hears of it
            log_defect("request_failed", type=data.get("type"))
            defect = InternalError("voxmend failed at this. See: voxmend worker logs")
            known = descriptors.in_place_of(error) or met(error)
            answer = messages.Error(*_body(known or defect))
        self._answer(peer, session, _asked(data), answer)

    def _refuse(self, why: str) -> None:
        self.refused += 1
        if self.refused.bit_count() == 1:  # 1, 2, 4 …: a flood must not wash the log away
            log("frames_refused", count=self.refused, why=why)

    def _ask_for_hello(self, peer: bytes, client: str, body: bytes) -> None:
        """Answer a message that belongs to no session of this peer, and do nothing of it."""
        try:
            re = _asked(codec.parse(body))
        except BadRequest:
            re = None
        offered = self._sessions.offer(peer, client)
        self._send(peer, self._seal(offered, messages.HelloAgain(offered.worker), re))

    def _answer(self, peer: bytes, session: Session, re: str | None, body: Any) -> None:
        sealed = self._seal(session, body, re)
        size = len(sealed[-1])
        if size > envelope.MAX_REPLY:  # a defect, and still the client must hear of it
            log("answer_too_large", logging.ERROR, type=type(body).__name__, bytes=size)
            large = InternalError("The answer is too large. See: voxmend worker logs")
            sealed = self._seal(session, messages.Error(*_body(large)), re)
        session.outbox.answer(sealed)
        if session.outbox.overrun:
            self._forget(peer, "asks and never reads")

    def _seal(self, session: Session, body: Any, re: str | None) -> list[bytes]:
        message = messages.Envelope(uuid.uuid4().hex, body, re, self._epoch)
        return envelope.seal(self._key, session.next_stamp(), messages.encode(message))

    def _forget(self, peer: bytes, why: str) -> None:
        if self.sessions.pop(peer, None) is not None:
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
                elif self._send(peer, self._news(session, record)):
                    outbox.sent(job, now, record.terminal)
                else:
                    break

    def _news(self, session: Session, record: JobRecord) -> list[bytes]:
        return self._seal(session, messages.Record(fit(record)), session.outbox.watch_id)

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


def _asked(data: dict[str, Any]) -> str | None:
    """The id of a request, where it has one that can be repeated."""
    asked = data.get("id")
    return asked if isinstance(asked, str) and 0 < len(asked) <= MAX_ID else None


def _body(error: VoxmendError) -> tuple[str, str, bool]:
    return error.code, error.message[:2000], error.retryable
