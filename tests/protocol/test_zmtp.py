"""The DEALER without libzmq: bytes as libzmq has them, and talk with a real ROUTER."""

from __future__ import annotations

import itertools
import os
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import zmq
from waiting import PATIENCE_S

from voxmend_protocol import WorkerFile, dial_zmtp, discovery, zmtp
from voxmend_protocol.errors import WorkerUnreachable
from voxmend_protocol.zmtp import Dealer, Parser, frame, ready


def test_the_greeting_and_ready_are_the_captured_ones(golden: dict[str, bytes]) -> None:
    assert golden["client_greeting_NULL_v3_0"] == zmtp._GREETING
    assert golden["client_READY_DEALER_empty_identity"] == ready()
    assert golden["libzmq_dealer_READY"] == ready(b"cli-1")


def test_frames_are_the_captured_ones(golden: dict[str, bytes]) -> None:
    assert golden["libzmq_two_part_message"] == frame(b"", 1) + frame(b'{"op":"hello"}')
    assert frame(bytes(300)).startswith(golden["libzmq_long_frame_header_300"])


@pytest.mark.parametrize("size", [0, 1, 254, 255, 256, 65535, 65536])
def test_a_frame_is_parsed_from_any_pieces(size: int) -> None:
    parser, data = Parser(), frame(b"x" * size, 1)
    cuts = {0, 1, 2, 5, 9, 10, len(data) // 2, len(data) - 1} & set(range(len(data)))
    for start, end in itertools.pairwise(sorted(cuts | {len(data)})):
        assert parser.frame() is None
        parser.feed(data[start:end])
    assert parser.frame() == ((1 if size < 256 else 3), b"x" * size)
    assert parser.frame() is None


def test_a_frame_larger_than_any_of_ours_is_refused_by_its_size_alone() -> None:
    parser = Parser()
    parser.feed(b"\x02" + (65537).to_bytes(8, "big"))
    with pytest.raises(WorkerUnreachable):
        parser.frame()


@pytest.fixture
def router() -> Iterator[zmq.Socket[bytes]]:
    """A real ROUTER on a free port."""
    context = zmq.Context()
    made = context.socket(zmq.ROUTER)
    made.setsockopt(zmq.LINGER, 0)
    made.setsockopt(zmq.ROUTER_MANDATORY, 1)
    made.setsockopt(zmq.RCVTIMEO, round(1000 * PATIENCE_S))
    yield made
    made.close()
    context.term()


def bound(router: zmq.Socket[bytes]) -> int:
    return int(router.bind_to_random_port("tcp://127.0.0.1"))


@pytest.fixture
def pair(router: zmq.Socket[bytes]) -> Iterator[tuple[Dealer, zmq.Socket[bytes], bytes]]:
    """A dealer that has spoken once, the router, and the dealer's name there."""
    dealer = Dealer(bound(router))
    dealer.send([b"hello"])
    name, said = router.recv_multipart()
    assert said == b"hello"
    yield dealer, router, name
    dealer.close()


Pair = tuple[Dealer, "zmq.Socket[bytes]", bytes]


@pytest.mark.parametrize("size", [0, 255, 256, 60000])
def test_messages_of_several_frames_travel_both_ways(pair: Pair, size: int) -> None:
    dealer, router, name = pair
    message = [b"voxmend/1", b"", os.urandom(size)]
    dealer.send(message)
    assert router.recv_multipart() == [name, *message]
    router.send_multipart([name, *message])
    assert dealer.recv(PATIENCE_S) == message


def test_messages_that_arrive_together_are_taken_one_by_one(pair: Pair) -> None:
    dealer, router, name = pair
    for number in range(500):
        router.send_multipart([name, b"a", str(number).encode()])
    came = [dealer.recv(PATIENCE_S) for _ in range(500)]
    assert came == [[b"a", str(n).encode()] for n in range(500)]


@pytest.mark.skipif(not hasattr(select, "poll"), reason="it waits otherwise on Windows")
def test_zero_seconds_only_look(pair: Pair) -> None:
    waited: list[float] = []
    real = select.poll

    def poll() -> SimpleNamespace:
        polled = real()

        def wait(ms: float) -> list[tuple[int, int]]:
            waited.append(ms)
            return polled.poll(ms)

        return SimpleNamespace(register=polled.register, poll=wait)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(select, "poll", poll)
        assert pair[0].recv(0) is None
    assert waited == [0.0]


def test_a_timeout_is_kept(pair: Pair) -> None:
    began = time.monotonic()
    assert pair[0].recv(0.15) is None
    assert time.monotonic() - began >= 0.14


def test_heartbeats_of_libzmq_are_answered(router: zmq.Socket[bytes]) -> None:
    router.setsockopt(zmq.HEARTBEAT_IVL, 100)
    router.setsockopt(zmq.HEARTBEAT_TIMEOUT, 3000)  # without a pong the router hangs up
    dealer = Dealer(bound(router))
    dealer.send([b"hello"])
    name, _ = router.recv_multipart()
    assert dealer.recv(3.5) is None
    router.send_multipart([name, b"still there"])
    assert dealer.recv(PATIENCE_S) == [b"still there"]
    dealer.close()


def test_a_router_that_goes_away_is_noticed(pair: Pair) -> None:
    dealer, router, _ = pair
    router.close()
    with pytest.raises(WorkerUnreachable, match="closed the connection"):
        dealer.recv(PATIENCE_S)
    with pytest.raises(WorkerUnreachable):
        flood(dealer)  # the first writes may still find room in the kernel
    dealer.close()


def flood(dealer: Dealer) -> None:
    for _ in range(1000):
        dealer.send([b"x" * 60000])


def test_a_frame_the_router_does_not_take_ends_the_connection(router: zmq.Socket[bytes]) -> None:
    router.setsockopt(zmq.MAXMSGSIZE, 65536)
    dealer = Dealer(bound(router))
    dealer.send([b"x" * 65537])
    with pytest.raises(WorkerUnreachable):
        dealer.recv(PATIENCE_S)
    dealer.close()


def test_a_socket_that_is_no_router_is_refused_by_libzmq() -> None:
    with zmq.Context() as context, context.socket(zmq.PUB) as pub:
        port = pub.bind_to_random_port("tcp://127.0.0.1")
        with pytest.raises(WorkerUnreachable):
            Dealer(int(port), 0.5).recv(0.5)


@pytest.mark.skipif(not hasattr(select, "poll"), reason="select() has no such limit on Windows")
def test_a_host_with_thousands_of_open_files_is_no_hindrance(
    router: zmq.Socket[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl
    import resource

    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1200:
        pytest.skip("this process may not open so many files")
    connect = socket.create_connection

    def far_away(address: tuple[str, int], timeout: float) -> socket.socket:
        with connect(address, timeout) as near:
            moved = fcntl.fcntl(near.fileno(), fcntl.F_DUPFD_CLOEXEC, 1100)
        far = socket.socket(fileno=moved)
        far.settimeout(timeout)
        return far

    monkeypatch.setattr(socket, "create_connection", far_away)
    dealer = Dealer(bound(router))
    dealer.send([b"hello"])
    router.send_multipart([router.recv_multipart()[0], b"welcome"])
    assert dealer.recv(PATIENCE_S) == [b"welcome"]
    dealer.close()


def test_the_worker_is_found_by_its_file(
    router: zmq.Socket[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, home = "0f" * 32, tmp_path / "home"
    endpoint = f"tcp://127.0.0.1:{bound(router)}"
    found = WorkerFile(1, endpoint, key, 1, 1, 1, 1, "2026-01-02T03:04:05Z", "0.1.0", "python")
    discovery.write(found, discovery.worker_file(home))
    monkeypatch.setenv("VOXMEND_HOME", str(home))
    link = dial_zmtp()
    assert link.key == key
    link.transport.send([b"hello"])
    assert router.recv_multipart()[1:] == [b"hello"]
    link.transport.close()
