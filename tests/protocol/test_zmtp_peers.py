"""Peers that are no worker: silent, dripping, talkative, hostile. None may cost more than time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest
from waiting import PATIENCE_S, until

from voxmend_protocol.errors import WorkerUnreachable
from voxmend_protocol.zmtp import REFUSED, Dealer, frame, hello, initiate

Serve = Callable[[Callable[[socket.socket], object]], int]

ROUTER_GREETING = b"\xff" + bytes(7) + b"\x01\x7f\x03\x01PLAIN" + bytes(47)
ROUTER_WELCOME = frame(b"\x07WELCOME", 4)
ROUTER_READY = frame(b"\x05READY\x0bSocket-Type\x00\x00\x00\x06ROUTER", 4)
PASSWORD = b"0" * 64


def shake(there: socket.socket) -> None:
    """The router's half of the handshake."""
    there.sendall(ROUTER_GREETING + ROUTER_WELCOME + ROUTER_READY)
    wanted = 64 + len(hello(PASSWORD)) + len(initiate())
    while wanted and (data := there.recv(wanted)):
        wanted -= len(data)


def until_closed(there: socket.socket) -> None:
    while there.recv(65536):
        pass


def test_a_captured_ping_gets_the_captured_pong(golden: dict[str, bytes], serve: Serve) -> None:
    heard: list[bytes] = []

    def peer(there: socket.socket) -> None:
        shake(there)
        there.sendall(golden["example_PING_ttl_3s_ctx"])
        heard.append(there.recv(100))
        until_closed(there)

    dealer = Dealer(serve(peer), PASSWORD, PATIENCE_S)
    until(lambda: heard, meanwhile=lambda: dealer.recv(0.05))
    dealer.close()
    assert heard == [golden["example_PONG_for_it"]]


def test_nobody_listens_and_the_next_step_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(WorkerUnreachable, match="voxmend worker start"):
        Dealer(port, PASSWORD)


def test_a_peer_that_stays_silent_costs_only_the_timeout(serve: Serve) -> None:
    began = time.monotonic()
    with pytest.raises(WorkerUnreachable, match="does not answer"):
        Dealer(serve(until_closed), PASSWORD, 0.2)
    assert time.monotonic() - began >= 0.19


def test_a_peer_that_drips_costs_only_the_timeout(serve: Serve) -> None:
    came: list[int] = []
    gone = threading.Event()

    def drip(there: socket.socket) -> None:
        for byte in ROUTER_GREETING:
            there.sendall(bytes([byte]))
            came.append(byte)
            if gone.wait(1):
                return

    with pytest.raises(WorkerUnreachable):
        Dealer(serve(lambda there: _until_broken(drip, there)), PASSWORD, 0.2)
    gone.set()
    assert len(came) < len(ROUTER_GREETING), "it stayed to the end"


def _until_broken(peer: Callable[[socket.socket], object], there: socket.socket) -> None:
    try:
        peer(there)
    except OSError:
        return


@pytest.mark.parametrize(
    "greeting",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n",
        b"\xff" + bytes(8) + b"\x7f\x02" + bytes(53),
        ROUTER_GREETING.replace(b"PLAIN", b"CURVE"),
        bytes(64),
        ROUTER_GREETING.replace(b"PLAIN", b"NULL\0"),
        ROUTER_GREETING + ROUTER_READY,
        ROUTER_GREETING + ROUTER_WELCOME * 2,
        ROUTER_GREETING + frame(b"READY"),
        ROUTER_GREETING + b"\x06" + b"\xff" * 8,
    ],
    ids=[
        "http",
        "an older ZMTP",
        "CURVE",
        "zeros",
        "NULL",
        "a welcome left out",
        "a welcome twice",
        "a message",
        "a huge command",
    ],
)
def test_a_peer_that_speaks_otherwise_is_refused_at_once(serve: Serve, greeting: bytes) -> None:
    def peer(there: socket.socket) -> None:
        there.sendall(greeting)
        _until_broken(until_closed, there)

    with pytest.raises(WorkerUnreachable) as refused:
        Dealer(serve(peer), PASSWORD, PATIENCE_S)
    assert "does not answer" not in refused.value.message, "it waited"


@pytest.mark.parametrize("said", [b"\x05ERROR\x03400", b"^RROR\x03400"], ids=["RFC", "libzmq"])
def test_a_refused_password_is_told_from_other_refusals(serve: Serve, said: bytes) -> None:
    def peer(there: socket.socket) -> None:
        there.sendall(ROUTER_GREETING + frame(said, 4))
        _until_broken(until_closed, there)

    with pytest.raises(WorkerUnreachable) as refused:
        Dealer(serve(peer), PASSWORD, PATIENCE_S)
    assert refused.value.message == REFUSED


@pytest.mark.parametrize(
    "said", [b"\x02" + b"\x7f" * 8, frame(b"a", 1) * 9], ids=["a huge frame", "endless parts"]
)
def test_nonsense_after_the_handshake_is_refused(serve: Serve, said: bytes) -> None:
    def peer(there: socket.socket) -> None:
        shake(there)
        there.sendall(said)
        _until_broken(until_closed, there)

    dealer = Dealer(serve(peer), PASSWORD)
    with pytest.raises(WorkerUnreachable, match="does not speak"):
        dealer.recv(PATIENCE_S)
    dealer.close()


def test_a_peer_that_never_reads_does_not_hold_a_sender_for_ever(serve: Serve) -> None:
    gone = threading.Event()

    def peer(there: socket.socket) -> None:
        shake(there)
        gone.wait(PATIENCE_S)

    dealer = Dealer(serve(peer), PASSWORD, 0.3)
    with pytest.raises(WorkerUnreachable, match="timed out"):
        dealer.send([b"x" * 65000] * 300)
    gone.set()
    dealer.close()
    dealer.close()
