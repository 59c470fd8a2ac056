"""voxmend's protocol over pyzmq: the transport of every client that has libzmq."""

from __future__ import annotations

import os
from collections.abc import Sequence

import zmq

from voxmend_protocol import Client, Link, discovery, envelope
from voxmend_protocol.client import Dial
from voxmend_protocol.values import ClientInfo

from . import __version__, holder, paths


class ZmqDealer:
    """A DEALER socket with the interface of ``voxmend_protocol.client.Transport``."""

    def __init__(self, endpoint: str) -> None:
        """Connect; libzmq does so in the background, so a dead endpoint shows as silence."""
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        # Whoever took a stale port over may send anything: PROTOCOL.md, chapter 4.
        self._socket.setsockopt(zmq.MAXMSGSIZE, 4 * envelope.MAX_REPLY)
        self._socket.connect(endpoint)

    def send(self, frames: Sequence[bytes]) -> None:
        """Queue one message; it is sent as soon as there is a connection."""
        self._socket.send_multipart(list(frames))

    def recv(self, timeout_s: float) -> list[bytes] | None:
        """The next message, or None after ``timeout_s``."""
        if not self._socket.poll(max(0, int(timeout_s * 1000))):
            return None
        return self._socket.recv_multipart()

    def close(self) -> None:
        """Close the socket; may be called twice."""
        self._socket.close()
        self._context.term()


def dial() -> Link:
    """Connect to this user's worker.

    Raises:
        WorkerUnreachable: there is none, or it runs where it cannot be reached from here.
    """
    where = paths.find()
    holder.mind(where)
    found = discovery.read(where.worker_file)
    return Link(ZmqDealer(found.endpoint), found.key)


def client(kind: str = "cli", dial: Dial = dial) -> Client:
    """A client of this user's worker.

    Raises:
        WorkerUnreachable: there is none, or it does not answer.
    """
    return Client(dial, ClientInfo(kind, __version__, os.getpid()))
