"""Who may speak to a remote worker at all: whoever holds the secret to a key that is known.

With CURVE a peer proves that before libzmq keeps anything of what it sends; whether the key is one
of ours is answered here. From then on each message carries the key, as libzmq's own word: no
message can say it is another's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import zmq

from .. import zap
from . import keys

HANDSHAKE_MS = 10_000
USER = "User-Id"
"""Under which name libzmq says the key, in hex."""


class Gate(zap.Handler):
    """The handler of one context. Open a socket's door with ``guard`` before it is bound."""

    domain = b"voxmend"
    mechanism = b"CURVE"

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], known: Callable[[str], bool]
    ) -> None:
        """
        Args:
            known: whether a public key in hex may come in; called from a thread.
        """
        self._known = known
        super().__init__(context)

    @staticmethod
    def guard(socket: zmq.Socket[bytes], pair: keys.Pair) -> None:
        """Let this socket ask at the gate."""
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.wired(pair.secret))
        socket.setsockopt(zmq.ZAP_DOMAIN, Gate.domain)
        socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)

    def _user(self, shown: Sequence[bytes]) -> bytes | None:
        if [len(each) for each in shown] != [32]:
            return None
        key = shown[0].hex()
        return key.encode() if self._known(key) else None
