"""Raw connections to a remote worker, for who means it harm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import zmq

from voxmend.remote import keys
from voxmend.remote.peers import Server

FRAME = b"x" * 250_000


@contextmanager
def raw(server: Server, pair: keys.Pair, count: int = 1) -> Iterator[list[zmq.Socket[bytes]]]:
    """So many sockets with this key. They hold next to nothing themselves, and wait for nobody."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    context.max_sockets = count + 10
    made = []
    for _ in range(count):
        one = context.socket(zmq.DEALER)
        one.curve_serverkey = keys.wired(server.key)
        one.curve_publickey, one.curve_secretkey = keys.wired(pair.public), keys.wired(pair.secret)
        one.sndhwm = one.rcvhwm = 1
        one.linger, one.reconnect_ivl = 0, -1
        one.connect(server.address)
        made.append(one)
    try:
        yield made
    finally:
        context.destroy(0)


def pour(socket: zmq.Socket[bytes], frames: list[bytes], most: int, patience_ms: int = 2000) -> int:
    """Send the same message until nobody takes it any more; how often that went."""
    for number in range(most):
        if not socket.poll(patience_ms, zmq.POLLOUT):
            return number
        socket.send_multipart(frames)
    return most
