"""Who may speak to a remote worker at all: ZeroMQ asks here before it lets a connection in.

With CURVE a peer proves that it holds the secret to its public key before libzmq keeps anything of
what it sends; whether that key is one of ours is answered here (ZAP, ZeroMQ's RFC 27). From then on
each message carries the key, as libzmq's own word: no message can say it is another's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import zmq

from . import keys

DOMAIN = b"voxmend"
HANDSHAKE_MS = 10_000
USER = "User-Id"
"""Under which name libzmq says the key, in hex."""

_ADDRESS = "inproc://zeromq.zap.01"
_VERSION = b"1.0"


class Gate:
    """The handler of one context. Open a socket's door with ``guard`` before it is bound."""

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], known: Callable[[str], bool]
    ) -> None:
        """
        Args:
            known: whether a public key in hex may come in; called from a thread.
        """
        self._known = known
        self.refused = 0
        self._socket = context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(_ADDRESS)
        self._thread = threading.Thread(target=self._run, name="gate", daemon=True)
        self._thread.start()

    @staticmethod
    def guard(socket: zmq.Socket[bytes], pair: keys.Pair) -> None:
        """Let this socket ask at the gate."""
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.wired(pair.secret))
        socket.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
        socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)

    def _run(self) -> None:
        try:
            while True:
                self._socket.send_multipart(self._answer(self._socket.recv_multipart()))
        except zmq.ContextTerminated:
            self._socket.close()

    def _answer(self, asked: list[bytes]) -> list[bytes]:
        """One question: version, id, domain, address, routing id, mechanism, key."""
        number = asked[1] if len(asked) > 1 else b""
        right = len(asked) == 7 and asked[0] == _VERSION and asked[2] == DOMAIN
        if right and asked[5] == b"CURVE" and len(asked[6]) == 32:
            key = asked[6].hex()
            if self._known(key):
                return [_VERSION, number, b"200", b"", key.encode(), b""]
        self.refused += 1
        return [_VERSION, number, b"400", b"", b"", b""]

    def wait_closed(self) -> None:
        """Wait for the thread; to be called after the context was terminated."""
        self._thread.join()
