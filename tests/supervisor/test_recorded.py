"""Whoever recorded a conversation, learned a password, or holds a port: none of it is worth
anything."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zmq
from behind_gate import Router
from house import House
from stranger import took_the_port
from waiting import PATIENCE_S, until

from voxmend import wire
from voxmend_protocol import Client, Link, discovery, envelope, messages
from voxmend_protocol.errors import VoxmendError, WorkerUnreachable
from voxmend_protocol.messages import Ack, Clear, Pong
from voxmend_protocol.stamp import WORKER
from voxmend_protocol.values import ClientInfo
from voxmend_protocol.zmtp import Dealer, Parser, frame


@dataclass
class Tap:
    """Stands between a client and a port, and keeps what goes each way."""

    port: int
    sent: bytes = b""
    told: bytes = b""
    threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Tap:
        self.server = socket.create_server(("127.0.0.1", 0))
        self._start(self._accept)
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.close()
        for thread in self.threads:
            thread.join(PATIENCE_S)

    def _start(self, work: Any, *arguments: Any) -> None:
        self.threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self.threads[-1].start()

    def _accept(self) -> None:
        near, _ = self.server.accept()
        far = socket.create_connection(("127.0.0.1", self.port))
        self._start(self._carry, near, far, "sent")
        self._start(self._carry, far, near, "told")

    def _carry(self, there: socket.socket, on: socket.socket, kept: str) -> None:
        with there:
            while data := self._some(there):
                setattr(self, kept, getattr(self, kept) + data)
                on.sendall(data)
            with contextlib.suppress(OSError):  # it is gone in both directions
                on.shutdown(socket.SHUT_WR)

    @staticmethod
    def _some(there: socket.socket) -> bytes:
        try:
            return there.recv(65536)
        except OSError:
            return b""


@pytest.fixture
def found(house: House) -> discovery.WorkerFile:
    """A worker, by its file."""
    house.start()
    return discovery.read(house.root / "run" / "worker.json")


def client_of(found: discovery.WorkerFile, port: int) -> Client:
    """A client of this worker over another port."""
    password = envelope.password(found.key, found.endpoint)
    return Client(lambda: Link(Dealer(port, password), found.key), ClientInfo("test", "1"))


@pytest.fixture
def tap(house: House, found: discovery.WorkerFile) -> Iterator[Tap]:
    """A recorded conversation in which a job was submitted, done and cleared."""
    with Tap(found.port) as made:
        client = client_of(found, int(made.server.getsockname()[1]))
        job = house.submit(client)
        assert house.finish(client, job).state == "succeeded"
        assert client.request(Clear(), Ack).count == 1
        client.close()
        yield made


def frames_of(data: bytes) -> list[tuple[int, bytes]]:
    """The ZMTP frames that follow a greeting: flags and body."""
    parser = Parser()
    parser.feed(data[64:])
    return list(iter(parser.frame, None))


def said(key: str, data: bytes) -> list[dict[str, Any]]:
    """The messages of the worker in what came over a socket."""
    parts: list[bytes] = []
    found = []
    for flags, body in frames_of(data):
        if not flags & 4:
            parts.append(body)
        if parts and not flags & 1:
            found.append(json.loads(envelope.unseal(key, parts, WORKER)[1]))
            parts = []
    return found


def played(port: int, data: bytes, key: str, cut: int = 0, times: int = 1) -> list[dict[str, Any]]:
    """Play a recorded client over a connection of one's own: its handshake step by step, then its
    messages from the ``cut``-th on, so many times; what the worker says to each, until the
    connection ends or all have an answer."""
    commands = [frame(body, flags & 4) for flags, body in frames_of(data) if flags & 4]
    messages_: list[bytes] = [b""]
    for flags, body in frames_of(data):
        if not flags & 4:
            messages_[-1] += frame(body, flags & 1)
            if not flags & 1:
                messages_.append(b"")
    wanted = messages_[cut:-1] * times
    heard = b""
    with socket.create_connection(("127.0.0.1", port)) as there:
        there.settimeout(PATIENCE_S)
        try:
            for step, least in zip((data[:64], *commands), (64, 74, 80), strict=True):
                there.sendall(step)
                while len(heard) < least:
                    heard += there.recv(65536) or stopped()
            there.sendall(b"".join(wanted))
            while len(said(key, heard)) < len(wanted):
                heard += there.recv(65536) or stopped()
        except OSError:
            pass
    return said(key, heard)


def stopped() -> bytes:
    """The other side has hung up."""
    raise ConnectionError


def test_a_recorded_conversation_does_nothing_when_it_is_played_again(
    house: House, found: discovery.WorkerFile, tap: Tap
) -> None:
    kinds = [message["type"] for message in said(found.key, tap.told)]
    assert kinds[:3] == ["hello_again", "welcome", "accepted"]
    for cut, times in ((0, 1), (0, 2), (1, 1), (2, 2)):
        answers = played(found.port, tap.sent, found.key, cut, times)
        assert {answer["type"] for answer in answers} == {"hello_again"}
        assert len(answers) > 3
        nonces = [answer["nonce"] for answer in answers]
        assert len(set(nonces)) == len(nonces)
    client = house.client()
    assert list(client.records()) == []
    assert client.request(messages.Ping(), Pong) == Pong(0)


def test_a_recorded_worker_is_taken_for_none(found: discovery.WorkerFile, tap: Tap) -> None:
    """A program that took the port plays what a worker once said."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            there, _ = server.accept()
            with there:
                there.sendall(tap.told)
                while Tap._some(there):
                    pass

        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises(WorkerUnreachable):
            client_of(found, int(server.getsockname()[1]))
        thread.join(PATIENCE_S)


def test_what_a_client_says_is_no_answer_when_it_comes_back(found: discovery.WorkerFile) -> None:
    """A port that gives every message back, after the handshake of a ROUTER."""
    echo = Router(found.key)
    stop = threading.Event()

    def speak() -> None:
        while not stop.is_set():
            if echo.socket.poll(20):
                echo.socket.send_multipart(echo.socket.recv_multipart())

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        with pytest.raises(WorkerUnreachable, match="did not answer"):
            Client(
                lambda: Link(Dealer(echo.port, echo.password), found.key), ClientInfo("test", "1")
            )
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        echo.close()


THIEF = """
import json, os, socket, sys
if os.getuid() == 0:
    os.setuid(65534)
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
there, _ = server.accept()
there.sendall(b"\\xff" + bytes(7) + b"\\x01\\x7f\\x03\\x01PLAIN" + bytes(15 + 32))
heard = b""
while b"HELLO" not in heard:
    heard += there.recv(999)
there.sendall(b"\\x04\\x08\\x07WELCOME")
there.sendall(b"\\x04\\x1c\\x05READY\\x0bSocket-Type\\x00\\x00\\x00\\x06ROUTER")
while b"voxmend/2" not in heard:
    heard += there.recv(999)
there.close()
print(heard.hex(), flush=True)
"""


def test_who_holds_a_stale_port_learns_nothing_of_use(house: House, tmp_path: Path) -> None:
    """Another user's program; it hears a password and a hello, and plays both to the next
    worker, which is bound to the very same port."""
    file = house.root / "run" / "worker.json"
    with subprocess.Popen(
        [sys.executable, "-c", THIEF], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as thief:
        assert thief.stdout is not None
        port = int(thief.stdout.readline())
        stale = discovery.WorkerFile(
            2, f"tcp://127.0.0.1:{port}", "cd" * 32, 2, 2, 1, os.getpid(),
            "2026-01-01T00:00:00.000Z", "0", sys.executable,
        )  # fmt: skip
        discovery.write(stale, file)
        with pytest.raises(VoxmendError):
            wire.client()
        heard = bytes.fromhex(thief.stdout.readline())
    learned = envelope.password(stale.key, stale.endpoint)
    assert learned in heard
    assert stale.key.encode() not in heard
    house.start()
    now = discovery.read(file)
    with pytest.raises(WorkerUnreachable, match="does not know this worker's key"):
        Dealer(now.port, learned)
    assert played(now.port, heard, now.key) == []
    # Even at the same port, were it given to the next worker, the password would be another one.
    assert envelope.password(now.key, stale.endpoint) != learned


def test_a_client_that_is_refused_reads_the_file_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker was started anew between the reading of its file and the call."""
    file = house.root / "run" / "worker.json"
    other = Router("cd" * 32)
    try:
        with took_the_port(file):
            stale = discovery.read(file)
        house.start()
        now = discovery.read(file)
        reads = iter([type(now)(**{**vars(now), "key": stale.key}), now, now])
        monkeypatch.setattr("voxmend_protocol.client.read", lambda _: next(reads))
        link = wire.dial()
        assert link.key == now.key
        link.transport.close()
        assert next(reads) is now
    finally:
        other.close()


def test_one_that_is_refused_for_good_says_so_at_once(house: House) -> None:
    other = Router("cd" * 32)
    try:
        here = discovery.WorkerFile(
            2, other.endpoint, "ef" * 32, 2, 2, 1, os.getpid(), "2026-01-01T00:00:00.000Z", "0",
            sys.executable,
        )  # fmt: skip
        discovery.write(here, house.root / "run" / "worker.json")
        with pytest.raises(WorkerUnreachable, match="voxmend worker restart"):
            wire.client()
        until(lambda: other.gate.refused == 1)
    finally:
        other.close()


def test_libzmq_hears_that_a_worker_is_gone(house: House) -> None:
    house.start()
    link = wire.dial()
    assert house.process is not None
    house.process.kill()
    with pytest.raises(WorkerUnreachable, match="closed the connection"):
        link.transport.recv(PATIENCE_S)
    for _ in range(2):
        with pytest.raises(WorkerUnreachable):
            link.transport.recv(0)
        with pytest.raises(WorkerUnreachable):
            link.transport.send([b"x"])
    link.transport.close()
    link.transport.close()


def test_a_peer_of_another_kind_is_known_by_libzmq_too() -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as open_to_all:
        port = open_to_all.bind_to_random_port("tcp://127.0.0.1")
        with pytest.raises(WorkerUnreachable, match="does not speak"):
            wire.ZmqDealer(f"tcp://127.0.0.1:{port}", b"x", PATIENCE_S)
