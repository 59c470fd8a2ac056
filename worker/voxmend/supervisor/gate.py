"""Who may speak to the socket at all: ZeroMQ asks here before it lets a connection in.

A peer says a password in the handshake (PLAIN, ZeroMQ's RFC 24), and libzmq asks a handler inside
this process what to make of it (ZAP, RFC 27). Without an answer nobody comes in. A peer that is
refused, or speaks another mechanism, an older ZMTP or HTTP, is closed before libzmq keeps anything
of what it sends. The thread is so small that a busy loop of the worker keeps nobody waiting in the
handshake, which has a second.
"""

from __future__ import annotations

import hmac
import threading

import zmq

from voxmend_protocol import envelope

HANDSHAKE_MS = 1000
_ADDRESS = "inproc://zeromq.zap.01"
_VERSION = b"1.0"


class Gate:
    """The handler of one context. Open a socket's door with ``guard`` before it is bound."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        self.password: bytes | None = None
        """Whoever says it comes in; until there is one, nobody does."""
        self.refused = 0
        self._socket = context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(_ADDRESS)
        self._thread = threading.Thread(target=self._run, name="gate", daemon=True)
        self._thread.start()

    @staticmethod
    def guard(socket: zmq.Socket[bytes]) -> None:
        """Let this socket ask at the gate."""
        socket.setsockopt(zmq.PLAIN_SERVER, 1)
        socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)

    def _run(self) -> None:
        try:
            while True:
                self._socket.send_multipart(self._answer(self._socket.recv_multipart()))
        except zmq.ContextTerminated:
            self._socket.close()

    def _answer(self, asked: list[bytes]) -> list[bytes]:
        """One question: version, id, domain, address, routing id, mechanism, name, password."""
        number = asked[1] if len(asked) > 1 else b""
        if self._fits(asked):
            return [_VERSION, number, b"200", b"", asked[6], b""]
        self.refused += 1
        return [_VERSION, number, b"400", b"", b"", b""]

    def _fits(self, asked: list[bytes]) -> bool:
        if self.password is None or len(asked) != 8 or asked[0] != _VERSION:
            return False
        name, password = asked[6:]
        right = hmac.compare_digest(password, self.password)
        return asked[5] == b"PLAIN" and name == envelope.USER and right

    def wait_closed(self) -> None:
        """Wait for the thread; to be called after the context was terminated."""
        self._thread.join()
