"""Frames by the hundred thousand: over the codec, over ZMTP, over a worker's socket, in Lua; with
the key and without. No crash, no hang, no answer to who has no key, and memory stays."""

from __future__ import annotations

import contextlib
import itertools
import random
import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import zmq
from fuzzing import found as corpus
from fuzzing import mutants, rounds
from house import House
from protocol.judge import load
from reaper.lua_run import HERE, SCRIPTS, VERSIONS, interpreter
from strangers import PLAIN, READY, memory
from waiting import PATIENCE_S, until

from voxmend_protocol import codec, discovery, envelope, messages, zmtp
from voxmend_protocol.conversation import Conversation
from voxmend_protocol.discovery import WorkerFile
from voxmend_protocol.errors import BadRequest, MalformedMessage, WorkerUnreachable
from voxmend_protocol.messages import Ping, Pong
from voxmend_protocol.stamp import CLIENT, WORKER, Stamp

MB = 1_000_000
VECTORS = load(Path(__file__).resolve().parents[2] / "protocol" / "vectors")
KEY = bytes(range(32)).hex()
STOPS = (b"shutdown", b"pull", b"clear", b"release")
"""What would end the worker or do more than answer, were a mutation to leave it whole."""


def bodies(direction: str = "") -> list[bytes]:
    """Bodies of the vectors, right and wrong ones."""
    found = {
        bytes.fromhex(vector["frames_hex"][-1])
        for vector in VECTORS
        if vector["direction"] != "worker_file" and direction in vector["direction"]
    }
    return sorted(body for body in found if len(body) < 4000 and not any(s in body for s in STOPS))


def messages_(direction: str = "") -> list[bytes]:
    """Whole messages of the vectors, as ZMTP frames."""
    return [
        b"".join(zmtp.frame(frame, n < len(frames) - 1) for n, frame in enumerate(frames))
        for vector in VECTORS
        if vector["direction"] != "worker_file" and direction in vector["direction"]
        if sum(map(len, frames := [bytes.fromhex(text) for text in vector["frames_hex"]])) < 4000
    ]


def seeds(kind: str, made: list[bytes]) -> list[bytes]:
    """Those, and the cases of the corpus."""
    return made + [file.read_bytes() for file in corpus(kind)]


def settled(pid: int, work: Callable[[], object], parts: int = 10) -> None:
    """Do the work ``parts`` times; after the first two the memory of a process grows by less than
    10 MB."""
    for part in range(parts):
        work()
        if part == 1:
            before = memory(pid)
    grown = memory(pid) - before
    print(f"\nmemory after warm-up: {grown / MB:+.2f} MB")
    assert grown < 10 * MB


# --- the codec, in this process -----------------------------------------------------------------


def test_spoilt_bodies_are_messages_or_bad_requests() -> None:
    found = rounds(300_000, 3_000)
    taken = 0
    for _, body in mutants(seeds("bodies", bodies()), found):
        with contextlib.suppress(BadRequest):
            codec.to_dict(messages.decode(codec.parse(body)).body)
            taken += 1
    print(f"\n{found} bodies, {taken} of them messages")
    assert taken


def test_spoilt_frames_are_malformed_whoever_reads_them() -> None:
    """A change anywhere in a signed message must show; the key is known to nobody here."""
    count = rounds(200_000, 2_000)
    body = codec.dump({"type": "ping", "id": "1"})
    refused = 0
    for number in range(count):
        chance = random.Random(number)
        sender = chance.choice((CLIENT, WORKER))
        stamp = Stamp(sender, "0" * 32, "1" * 32, chance.randrange(1, 2**53))
        frames = [b"voxmend/2", stamp.line(), envelope.signature(KEY, stamp, body), body]
        at = chance.randrange(5)
        if at == 4:
            frames = frames[: chance.randrange(4)] + frames * chance.randrange(2)
        else:
            ((_, frames[at]),) = mutants([frames[at], stamp.line()], 1, number)
        whole = [b"voxmend/2", stamp.line(), envelope.signature(KEY, stamp, body), body]
        try:
            envelope.unseal(KEY, frames, sender)
            assert frames == whole, frames
        except MalformedMessage:
            refused += 1
    print(f"\n{count} messages, {refused} refused")
    assert refused > count // 2


def test_a_client_hears_nothing_in_spoilt_messages_of_a_worker() -> None:
    count = rounds(100_000, 1_000)
    talk = Conversation(KEY, "0123456789abcdef" * 2)
    talk.turn_to("fedcba9876543210" * 2)
    for _, data in mutants(seeds("told", messages_("to_client")), count, 2):
        parser = zmtp.Parser()
        parser.feed(data)
        parts: list[bytes] = []
        with contextlib.suppress(WorkerUnreachable):
            while (frame := parser.frame()) is not None and len(parts) < 8:
                parts.append(frame[1])
        talk._heard = 6
        with contextlib.suppress(MalformedMessage, BadRequest):
            messages.decode(talk.unseal(parts))


def test_a_dealer_survives_any_peer() -> None:
    """The handshake and what follows, spoilt; the peer ends after it."""
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x01PLAIN" + bytes(47)
    welcome = zmtp.frame(b"\x07WELCOME", 4)
    ready = zmtp.frame(b"\x05READY\x0bSocket-Type\x00\x00\x00\x06ROUTER", 4)
    whole = greeting + welcome + ready
    ping = zmtp.frame(b"\x04PING\x00\x1econtext", 4)
    starts = [whole + ping + message for message in messages_("to_client")]
    starts += [greeting + zmtp.frame(b"\x05ERROR\x03400", 4), whole, greeting]
    count = rounds(60_000, 600)
    with pytest.MonkeyPatch.context() as patch:
        for _, data in mutants(seeds("router", starts), count, 3):
            near, far = socket.socketpair()
            far.sendall(data)
            far.shutdown(socket.SHUT_WR)
            patch.setattr(socket, "create_connection", lambda *_, near=near: Plain(near))
            with contextlib.suppress(WorkerUnreachable):
                dealer = zmtp.Dealer(1, b"0" * 64, PATIENCE_S)
                while dealer.recv(PATIENCE_S) is not None:
                    pass
            near.close()
            far.close()


class Plain:
    """A socket that takes the options of TCP, whatever it is."""

    def __init__(self, there: socket.socket) -> None:
        self._there = there

    def setsockopt(self, *_: Any) -> None:
        """Nothing of it is known here."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._there, name)


# --- Lua ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_lua_survives_any_worker(version: str, tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    cases.write_bytes(
        b"".join(
            len(data).to_bytes(4, "big") + data
            for data in (*seeds("told", messages_("to_client")), *bodies())
        )
    )
    count = rounds(150_000, 1_500)
    script = HERE.parent / "fuzz" / "wire.lua"
    run = subprocess.run(
        [*interpreter(version), str(script), str(SCRIPTS / "lib"), str(cases), str(count)],
        capture_output=True, text=True, check=False, timeout=3000,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    print(f"\nLua {version}: {run.stdout.strip()}")
    assert f"{count} cases" in run.stdout
    grown = int(run.stdout.split()[-2])
    assert grown < 10_000, "kilobytes"


# --- a worker's socket --------------------------------------------------------------------------


@pytest.fixture
def worker(house: House) -> WorkerFile:
    """A worker at work."""
    house.start()
    return discovery.read(house.root / "run" / "worker.json")


@contextlib.contextmanager
def dealer(found: WorkerFile, password: bytes) -> Iterator[zmq.Socket[bytes]]:
    """A DEALER of libzmq, which connects again when it is hung up on."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as made:
        for option, value in (
            (zmq.LINGER, 0), (zmq.SNDHWM, 100), (zmq.SNDTIMEO, round(1000 * PATIENCE_S)),
            (zmq.PLAIN_USERNAME, envelope.USER), (zmq.PLAIN_PASSWORD, password),
        ):  # fmt: skip
            made.setsockopt(option, value)
        made.connect(found.endpoint)
        yield made


def test_handshakes_of_any_kind_get_in_nowhere(house: House, worker: WorkerFile) -> None:
    """Without the password; spoilt greetings and commands, and messages behind them."""
    wrong = zmtp.hello(b"0" * 64)
    starts = [PLAIN + wrong + zmtp.initiate() + message for message in messages_("to_worker")[:40]]
    starts += [PLAIN, PLAIN + wrong, PLAIN + zmtp.initiate(), PLAIN + READY, wrong, b"GET / HTTP"]
    assert house.process is not None
    numbers = itertools.count()

    def work() -> None:
        for _, data in mutants(seeds("handshakes", starts), rounds(3000, 30), next(numbers)):
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", worker.port)) as there,
            ):
                there.sendall(data)
                there.shutdown(socket.SHUT_WR)
                heard = b""
                there.settimeout(PATIENCE_S)
                while some := there.recv(4096):
                    heard += some
                assert b"WELCOME" not in heard
                assert b"READY" not in heard

    settled(house.process.pid, work)
    assert house.client().request(Ping(), Pong) == Pong(0)
    assert house.report().refused_frames == 0


def test_frames_without_the_key_get_no_answer(house: House, worker: WorkerFile) -> None:
    """The password is known, as to who heard it; the key is not."""
    assert house.process is not None
    pid, numbers, other = house.process.pid, itertools.count(), secrets.token_hex(32)
    starts = [frames for vector in VECTORS if (frames := small(vector, "to_worker"))]
    with dealer(worker, envelope.password(worker.key, worker.endpoint)) as socket_:

        def work() -> None:
            for number in range(rounds(25_000, 100)):
                chance = random.Random(f"{next(numbers)}:{number}")
                frames = list(chance.choice(starts))
                if chance.random() < 0.5:
                    stamp = Stamp(CLIENT, "0" * 32, "1" * 32, number + 1)
                    frames[1:3] = [stamp.line(), envelope.signature(other, stamp, frames[-1])]
                else:
                    at = chance.randrange(len(frames))
                    ((_, frames[at]),) = mutants([frames[at]], 1, number)
                socket_.send_multipart(frames)
            assert not socket_.poll(0)
            assert house.client().request(Ping(), Pong) == Pong(0)

        settled(pid, work)
        sent = 10 * rounds(25_000, 100)
        until(lambda: house.report().refused_frames >= sent)
        assert not socket_.poll(0)
    print(f"\n{sent} messages without the key, no answer")


def small(vector: dict[str, Any], direction: str) -> list[bytes]:
    """The frames of a vector, if it has a few short ones."""
    frames = [bytes.fromhex(frame) for frame in vector["frames_hex"]]
    fits = vector["direction"] == direction and sum(map(len, frames)) < 4000
    return frames if fits and len(frames) > 2 else []


def test_rightly_signed_nonsense_is_answered_each_time(house: House, worker: WorkerFile) -> None:
    assert house.process is not None
    numbers, answered = itertools.count(), 0
    with dealer(worker, envelope.password(worker.key, worker.endpoint)) as socket_:
        nonces = ["0123456789abcdef" * 2, "0" * 32]
        counts = iter(range(1, 10**9))

        def say(body: bytes) -> None:
            stamp = Stamp(CLIENT, nonces[0], nonces[1], next(counts))
            sent = envelope.signature(worker.key, stamp, body)
            socket_.send_multipart([b"voxmend/2", stamp.line(), sent, body])

        def hear() -> dict[str, Any]:
            assert socket_.poll(round(1000 * PATIENCE_S)), "no answer"
            stamp, body = envelope.unseal(worker.key, socket_.recv_multipart(), WORKER)
            assert stamp.client == nonces[0]
            return codec.parse(body)

        say(b'{"type":"ping","id":"1"}')
        nonces[1] = hear()["nonce"]

        def work() -> None:
            nonlocal answered
            cases = mutants(seeds("bodies", bodies("to_worker")), rounds(8000, 50), next(numbers))
            for _, body in cases:
                if len(body) > envelope.MAX_REQUEST or any(stop in body for stop in STOPS):
                    continue
                say(body)
                while hear()["type"] == "record":
                    pass
                answered += 1

        settled(house.process.pid, work)
    print(f"\n{answered} signed messages, each answered")
    assert house.client().request(Ping(), Pong) == Pong(0)
    assert psutil.Process(house.process.pid).is_running()
