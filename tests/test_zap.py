"""The handler that ZeroMQ asks at the door, under both gates."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import zmq
from waiting import PATIENCE_S, until

from voxmend import zap

PATIENCE_MS = round(PATIENCE_S * 1000)


class Ill(zap.Handler):
    """Lets everybody in, and fails at the first one."""

    mechanism = b"PLAIN"
    asked = 0

    def _user(self, shown: Sequence[bytes]) -> bytes | None:
        self.asked += 1
        if self.asked == 1:
            raise MemoryError
        return shown[0]


def test_one_that_cannot_be_judged_stays_out_and_the_next_one_comes_in() -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    gate = Ill(context)
    with contextlib.ExitStack() as stack:
        stack.callback(gate.wait_closed)
        stack.callback(context.term)

        def made(kind: int) -> zmq.Socket[bytes]:
            one = context.socket(kind)
            stack.callback(one.close, 0)
            return one

        server = made(zmq.ROUTER)
        server.plain_server, server.rcvtimeo = True, PATIENCE_MS
        port = server.bind_to_random_port("tcp://127.0.0.1")

        def come(name: bytes, number: int) -> None:
            peer = made(zmq.DEALER)
            peer.plain_username, peer.plain_password, peer.reconnect_ivl = name, b"word", -1
            peer.connect(f"tcp://127.0.0.1:{port}")
            peer.send(name)
            until(lambda: gate.asked == number)

        come(b"first", 1)
        come(b"second", 2)
        assert server.recv_multipart()[-1] == b"second"
    assert gate.refused == 1
