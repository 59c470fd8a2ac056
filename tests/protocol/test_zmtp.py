"""The DEALER without libzmq: bytes as libzmq has them, and talk with a real ROUTER."""

from __future__ import annotations

import itertools
import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import zmq
from behind_gate import Router
from waiting import PATIENCE_S

from voxmend_protocol import WorkerFile, dial_zmtp, discovery, zmtp
from voxmend_protocol.errors import WorkerUnreachable
from voxmend_protocol.zmtp import Dealer, Parser, frame, hello, initiate


def test_the_greeting_is_the_captured_one(golden: dict[str, bytes]) -> None:
    assert golden["client_greeting_PLAIN_v3_0"] == zmtp._GREETING


def test_commands_are_those_of_rfc_24() -> None:
    assert hello(b"pass") == b"\x04\x13\x05HELLO\x07voxmend\x04pass"
    socket_type = b"\x0bSocket-Type\x00\x00\x00\x06DEALER"
    identity = b"\x08Identity\x00\x00\x00\x05cli-1"
    body = b"\x08INITIATE" + socket_type + identity
    assert initiate(b"cli-1") == bytes([4, len(body)]) + body


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


Serve = Callable[[Callable[[socket.socket], object]], int]


def test_a_frame_larger_than_any_of_ours_is_refused_by_its_size_alone() -> None:
    parser = Parser()
    parser.feed(b"\x02" + (65537).to_bytes(8, "big"))
    with pytest.raises(WorkerUnreachable):
        parser.frame()


KEY = "0f" * 32
Make = Callable[..., Router]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes real ROUTERs that ask for a password."""
    made: list[Router] = []

    def build(**options: int) -> Router:
        made.append(Router(KEY, **options))
        return made[-1]

    yield build
    for router in made:
        router.close()


def dial(router: Router, timeout_s: float = PATIENCE_S) -> Dealer:
    return Dealer(router.port, router.password, timeout_s)


@pytest.fixture
def pair(make: Make) -> Iterator[tuple[Dealer, zmq.Socket[bytes], bytes]]:
    """A dealer that has spoken once, the router, and the dealer's name there."""
    router = make()
    dealer = dial(router)
    dealer.send([b"hello"])
    name, said = router.socket.recv_multipart()
    assert said == b"hello"
    yield dealer, router.socket, name
    dealer.close()


@pytest.mark.parametrize("password", [b"", b"0" * 64, KEY.encode(), b"x" * 255])
def test_a_wrong_password_is_refused_and_said_at_once(make: Make, password: bytes) -> None:
    router = make()
    with pytest.raises(WorkerUnreachable, match="does not know this worker's key"):
        Dealer(router.port, password, PATIENCE_S)
    assert router.gate.refused == 1


def test_a_router_without_a_password_is_not_told_ours(serve: Serve) -> None:
    """It may be an older worker, or anything else: no command was sent to it."""
    heard: list[bytes] = []

    def peer(there: socket.socket) -> None:
        there.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x01NULL" + bytes(48))
        while data := there.recv(999):
            heard.append(data)

    with pytest.raises(WorkerUnreachable, match="another ZeroMQ security mechanism"):
        Dealer(serve(peer), b"secret", PATIENCE_S)
    assert b"secret" not in b"".join(heard)


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


def test_heartbeats_of_libzmq_are_answered(make: Make) -> None:
    # Without a pong the router hangs up.
    made = make(HEARTBEAT_IVL=100, HEARTBEAT_TIMEOUT=3000)
    router, dealer = made.socket, dial(made)
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


def test_a_frame_the_router_does_not_take_ends_the_connection(make: Make) -> None:
    dealer = dial(make(MAXMSGSIZE=65536))
    dealer.send([b"x" * 65537])
    with pytest.raises(WorkerUnreachable):
        dealer.recv(PATIENCE_S)
    dealer.close()


def test_a_socket_that_is_no_router_is_refused_by_libzmq() -> None:
    with zmq.Context() as context, context.socket(zmq.PUB) as pub:
        port = pub.bind_to_random_port("tcp://127.0.0.1")
        with pytest.raises(WorkerUnreachable):
            Dealer(int(port), b"", 0.5).recv(0.5)


@pytest.mark.skipif(not hasattr(select, "poll"), reason="select() has no such limit on Windows")
def test_a_host_with_thousands_of_open_files_is_no_hindrance(
    make: Make, monkeypatch: pytest.MonkeyPatch
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
    made = make()
    router, dealer = made.socket, dial(made)
    dealer.send([b"hello"])
    router.send_multipart([router.recv_multipart()[0], b"welcome"])
    assert dealer.recv(PATIENCE_S) == [b"welcome"]
    dealer.close()


def test_the_worker_is_found_by_its_file(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, home = make(), tmp_path / "home"
    found = WorkerFile(2, made.endpoint, KEY, 2, 2, 1, 1, "2026-01-02T03:04:05Z", "1", "python")
    discovery.write(found, discovery.worker_file(home))
    monkeypatch.setenv("VOXMEND_HOME", str(home))
    link = dial_zmtp()
    assert link.key == KEY
    link.transport.send([b"hello"])
    assert made.socket.recv_multipart()[1:] == [b"hello"]
    link.transport.close()
