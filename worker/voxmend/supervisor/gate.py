"""Who may speak to the worker's socket at all: whoever says its password in the handshake.

That is PLAIN, ZeroMQ's RFC 24. A peer that is refused, or speaks another mechanism, an older ZMTP
or HTTP, is closed before libzmq keeps anything of what it sends. The handshake has a second.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import zmq

from voxmend_protocol import envelope

from .. import zap

HANDSHAKE_MS = 1000


class Gate(zap.Handler):
    """The handler of one context. Open a socket's door with ``guard`` before it is bound."""

    mechanism = b"PLAIN"

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        self.password: bytes | None = None
        """Whoever says it comes in; until there is one, nobody does."""
        super().__init__(context)

    @staticmethod
    def guard(socket: zmq.Socket[bytes]) -> None:
        """Let this socket ask at the gate."""
        socket.setsockopt(zmq.PLAIN_SERVER, 1)
        socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)

    def _user(self, shown: Sequence[bytes]) -> bytes | None:
        if self.password is None or len(shown) != 2:
            return None
        name, password = shown
        right = hmac.compare_digest(password, self.password)
        return name if name == envelope.USER and right else None
