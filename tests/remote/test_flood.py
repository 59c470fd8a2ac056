"""What a key that is let in may pour into a remote worker, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import zmq
from house import House
from remote.asking import at_work, begun
from remote.flood import FRAME, pour, raw
from remote.studio import Studio, paths_of
from waiting import PATIENCE_S

from voxmend.remote import forms, keys, peers
from voxmend.remote.server import MEMORY_GB, RCVHWM, SNDHWM, Known, Server
from voxmend.testing import FakeClock

PATIENCE_MS = round(PATIENCE_S * 1000)
ON_THE_WAY = 60
"""Messages that both ends and TCP between them hold at most, beside those that wait."""


class Counting:
    """Guests whose questions are counted, and answered with sound."""

    def __init__(self) -> None:
        self.asked = 0

    def answer(self, *_: object) -> tuple[forms.Answer, bytes]:
        self.asked += 1
        return forms.Piece("vocals", self.asked), FRAME

    def sweep(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A listener whose loop a test turns."""
    paths = paths_of(tmp_path / "studio")
    peers.add_guest(paths, peers.Guest("ann", keys.own(paths_of(tmp_path / "ann")).public))
    made = Server(
        "tcp://127.0.0.1:*", keys.own(paths), Known(paths, FakeClock()), Counting(),  # type: ignore[arg-type]
    )  # fmt: skip
    yield made
    made.close()


@pytest.fixture
def flood(server: Server, tmp_path: Path) -> Iterator[zmq.Socket[bytes]]:
    """A connection of a laptop's key."""
    there = peers.Server("box", server.endpoint, keys.own(paths_of(tmp_path / "studio")).public)
    with raw(there, keys.own(paths_of(tmp_path / "ann"))) as (one,):
        assert one.poll(PATIENCE_MS, zmq.POLLOUT)
        yield one


def test_what_nobody_has_taken_yet_waits_at_the_sender(
    server: Server, flood: zmq.Socket[bytes]
) -> None:
    """While a disk is slow, say: libzmq alone would keep a thousand messages of each laptop."""
    took = pour(flood, [forms.dump(forms.Look("x"), 1), FRAME], 900)
    assert RCVHWM <= took <= RCVHWM + ON_THE_WAY


def test_answers_that_nobody_reads_are_not_kept(server: Server, flood: zmq.Socket[bytes]) -> None:
    for number in range(1, 500):
        flood.send(forms.dump(forms.Look("x"), number))
        while server._guests.asked < number:  # type: ignore[attr-defined]
            server.turn(100)
    read = 0
    while flood.poll(1000):
        flood.recv_multipart()
        read += 1
    assert SNDHWM <= read <= SNDHWM + ON_THE_WAY


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_DATA"), reason="Linux counts a process's memory")
@pytest.mark.slow
def test_a_message_without_end_is_cut_off_and_the_jobs_of_others_go_on(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    """libzmq bounds a frame, and keeps a message until its last frame has come, or until the
    system gives the listener no more memory."""
    studio.pair(tmp_path / "other", "other")
    client, submit = at_work(laptop, studio, tmp_path)
    listener, limit = studio.listener(), MEMORY_GB * 1e9
    there = peers.read(paths_of(laptop.root)).server("studio-box")
    with raw(there, keys.own(paths_of(tmp_path / "other"))) as (one,):
        assert one.poll(PATIENCE_MS, zmq.POLLOUT)
        watch = one.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        one.send_multipart([FRAME] * round(2 * limit / len(FRAME)), copy=False)
        most = 0
        while most < 1.2 * limit and not watch.poll(20):
            most = max(most, listener.memory_info().rss)
        one.disable_monitor()
    assert limit / 4 < most < 1.2 * limit
    laptop.let_go()
    last = laptop.finish(client, submit.job)
    assert last.state == "succeeded", last.error
    assert begun(laptop) == [0]
