"""Who may speak to a socket at all: ZeroMQ asks here before it lets a connection in (ZAP, RFC 27).

libzmq asks a handler inside this process what to make of a peer; without an answer nobody comes in,
and one that is refused is closed before libzmq keeps anything of what it sends. The thread is so
small that a busy loop keeps nobody waiting in the handshake. What is asked for, a password or a
key, is the gates' affair: ``supervisor/gate.py`` and ``remote/gate.py``.
"""

from __future__ import annotations

import abc
import contextlib
import threading
from collections.abc import Sequence
from typing import ClassVar

import zmq

from .log import log_defect

_ADDRESS = "inproc://zeromq.zap.01"
_VERSION = b"1.0"


class Handler(abc.ABC):
    """The handler of one context, from its making to the context's end.

    Attributes:
        refused: how many were not let in.
    """

    domain: ClassVar[bytes] = b""
    mechanism: ClassVar[bytes]

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        self.refused = 0
        self._socket = context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(_ADDRESS)
        self._thread = threading.Thread(target=self._run, name="gate", daemon=True)
        self._thread.start()

    @abc.abstractmethod
    def _user(self, shown: Sequence[bytes]) -> bytes | None:
        """As whom a peer comes in; None: it does not.

        Args:
            shown: what it has shown for it, as its mechanism has it.
        """

    def _run(self) -> None:
        with contextlib.closing(self._socket), contextlib.suppress(zmq.ContextTerminated):
            while True:
                self._socket.send_multipart(self._answer(self._socket.recv_multipart()))

    def _answer(self, asked: list[bytes]) -> list[bytes]:
        """One question: version, id, domain, address, routing id, mechanism, what is shown."""
        number = asked[1] if len(asked) > 1 else b""
        right = (_VERSION, self.domain, self.mechanism)
        user = None
        try:
            if len(asked) >= 6 and (asked[0], asked[2], asked[5]) == right:
                user = self._user(asked[6:])
        except Exception:  # noqa: BLE001  one who cannot be judged stays out, the next is asked again
            log_defect("gate_failed")
        if user is not None:
            return [_VERSION, number, b"200", b"", user, b""]
        self.refused += 1
        return [_VERSION, number, b"400", b"", b"", b""]

    def wait_closed(self) -> None:
        """Wait for the thread; to be called after the context was terminated."""
        self._thread.join()
