"""voxmend's protocol over pyzmq: the transport of every client that has libzmq.

libzmq connects, and connects again, in the background and without a word. A client wants to know:
so each socket is watched, it connects once, and what became of the handshake is said at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import zmq
from zmq.utils.monitor import recv_monitor_message

from voxmend_protocol import Client, Link, envelope
from voxmend_protocol.client import WELCOME_S, Dial, dial_file
from voxmend_protocol.errors import WorkerUnreachable
from voxmend_protocol.values import ClientInfo
from voxmend_protocol.zmtp import REFUSED

from . import holder, paths
from .version import __version__

_WATCHED = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_CLOSED
    | zmq.EVENT_DISCONNECTED
)
_WHY: dict[int, str] = {
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "The peer does not speak ZeroMQ 3.",
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "The peer does not speak voxmend's protocol.",
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: REFUSED,
    zmq.EVENT_CLOSED: "Nobody listens at the worker's port. Start a worker: voxmend worker start",
    zmq.EVENT_DISCONNECTED: "The worker closed the connection.",
}


class ZmqDealer:
    """A DEALER socket with the interface of ``voxmend_protocol.client.Transport``."""

    def __init__(self, endpoint: str, password: bytes, timeout_s: float = WELCOME_S) -> None:
        """Connect and shake hands.

        Raises:
            WorkerUnreachable: nobody listens, the peer speaks otherwise or does not answer, or it
                does not take the password.
        """
        self._gone: str | None = None
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        for option, value in (
            (zmq.LINGER, 0),
            # Whoever took a stale port over may send anything: PROTOCOL.md, chapter 4.
            (zmq.MAXMSGSIZE, 4 * envelope.MAX_REPLY),
            (zmq.RECONNECT_IVL, -1),  # never: another connection begins with hello
            (zmq.PLAIN_USERNAME, envelope.USER),
            (zmq.PLAIN_PASSWORD, password),
        ):
            self._socket.setsockopt(option, value)
        self._watch = self._socket.get_monitor_socket(_WATCHED)
        try:
            self._socket.connect(endpoint)
            self._shake_hands(time.monotonic() + timeout_s)
        except BaseException:
            self.close()
            raise

    def _shake_hands(self, deadline: float) -> None:
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not self._watch.poll(_ms(left)):
                raise WorkerUnreachable(
                    "What listens at the worker's port does not answer as a worker does. Start a "
                    "worker: voxmend worker start"
                )
            if self._event() == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                return

    def _event(self) -> int:
        """What became of the connection.

        Raises:
            WorkerUnreachable: it is gone.
        """
        event = int(recv_monitor_message(self._watch)["event"])
        self._gone = _WHY.get(event)
        if self._gone is not None:
            raise WorkerUnreachable(self._gone)
        return event

    def send(self, frames: Sequence[bytes]) -> None:
        """Queue one message.

        Raises:
            WorkerUnreachable: the connection is gone, or the worker reads nothing any more.
        """
        if self._gone is not None:
            raise WorkerUnreachable(self._gone)
        try:
            self._socket.send_multipart(list(frames), zmq.NOBLOCK)
        except zmq.Again:
            raise WorkerUnreachable("The connection to the worker is gone.") from None

    def recv(self, timeout_s: float) -> list[bytes] | None:
        """The next message, or None after ``timeout_s``; 0 only looks.

        Raises:
            WorkerUnreachable: the connection is gone.
        """
        if self._gone is not None:
            raise WorkerUnreachable(self._gone)
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._watch, zmq.POLLIN)
        deadline = time.monotonic() + timeout_s
        while True:
            came = dict(poller.poll(_ms(deadline - time.monotonic())))
            if self._socket in came:  # before the news that the connection is gone: it may be last
                return self._socket.recv_multipart()
            if self._watch in came:
                self._event()
            elif time.monotonic() >= deadline:
                return None

    def close(self) -> None:
        """Close the socket; may be called twice."""
        if not self._socket.closed:
            self._socket.disable_monitor()
        self._watch.close(0)
        self._socket.close()
        self._context.term()


def _ms(seconds: float) -> int:
    """Milliseconds, rounded up: a wait of less than one must not become none, over and over."""
    return max(0, -int(-seconds * 1000 // 1))


def dial() -> Link:
    """Connect to this user's worker.

    Raises:
        WorkerUnreachable: there is none, or it runs where it cannot be reached from here.
        UnsupportedVersion: it speaks none of this client's versions.
    """
    where = paths.find()
    holder.mind(where)
    return dial_file(
        where.worker_file,
        lambda found: ZmqDealer(found.endpoint, envelope.password(found.key, found.endpoint)),
    )


def client(kind: str = "cli", dial: Dial = dial) -> Client:
    """A client of this user's worker.

    Raises:
        WorkerUnreachable: there is none, or it does not answer.
        UnsupportedVersion: it speaks none of this client's versions.
    """
    return Client(dial, ClientInfo(kind, __version__, os.getpid()))
