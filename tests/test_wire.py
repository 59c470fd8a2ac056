"""The transport over pyzmq, where a connection ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import zmq
from waiting import PATIENCE_S

from voxmend import wire
from voxmend.supervisor.gate import Gate
from voxmend_protocol.errors import WorkerUnreachable


class OnlyTheNews:
    """A poller whose look at the socket came a moment too early: it sees the news alone."""

    def __init__(self) -> None:
        self._seen: list[Any] = []

    def register(self, socket: Any, flags: int) -> None:
        self._seen.append(socket)

    def poll(self, timeout: int) -> list[tuple[Any, int]]:
        assert self._seen[1].poll(timeout), "no news"
        return [(self._seen[1], zmq.POLLIN)]


@pytest.fixture
def worker() -> Iterator[zmq.Socket[bytes]]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    gate = Gate(context)
    gate.password = b"x"
    socket = context.socket(zmq.DEALER)
    Gate.guard(socket)
    socket.setsockopt(zmq.LINGER, round(1000 * PATIENCE_S))
    yield socket
    socket.close()
    context.term()
    gate.wait_closed()


def test_what_was_said_last_is_heard_before_the_connection_is_found_gone(
    worker: zmq.Socket[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = worker.bind_to_random_port("tcp://127.0.0.1")
    with closing(wire.ZmqDealer(f"tcp://127.0.0.1:{port}", b"x", PATIENCE_S)) as client:
        worker.send_multipart([b"I am going"])
        worker.close()
        assert client._socket.poll(round(1000 * PATIENCE_S))
        monkeypatch.setattr(zmq, "Poller", OnlyTheNews)
        assert client.recv(PATIENCE_S) == [b"I am going"]
        with pytest.raises(WorkerUnreachable):
            client.recv(PATIENCE_S)
