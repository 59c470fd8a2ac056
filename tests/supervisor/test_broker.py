"""The socket, with real libzmq peers and a clock of our own."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psutil
import pytest
import zmq
from supervisor_jobs import job
from waiting import PATIENCE_S, until

from voxmend.supervisor.broker import Broker
from voxmend.supervisor.outbox import MAX_ANSWERS
from voxmend.supervisor.sessions import MAX_SESSIONS, Session
from voxmend.testing import FakeClock
from voxmend_protocol import codec, envelope, messages
from voxmend_protocol.conversation import Conversation
from voxmend_protocol.errors import UnknownJob

KEY = "ab" * 32
PATIENCE_MS = round(1000 * PATIENCE_S)


class Peer:
    """A raw DEALER with the password; ``greet`` begins a conversation."""

    def __init__(
        self,
        broker: Broker,
        context: zmq.Context[zmq.Socket[bytes]],
        hwm: int = 1000,
        name: bytes = b"",
    ) -> None:
        self.broker = broker
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVHWM, hwm)
        self.socket.setsockopt(zmq.PLAIN_USERNAME, envelope.USER)
        self.socket.setsockopt(zmq.PLAIN_PASSWORD, envelope.password(KEY, broker.endpoint))
        if name:
            self.socket.setsockopt(zmq.ROUTING_ID, name)
        self.talk = Conversation(KEY)
        self.socket.connect(broker.endpoint)

    def send(self, body: Any) -> None:
        message = messages.encode(messages.Envelope(secrets.token_hex(4), body))
        self.throw(self.talk.seal(message))

    def throw(self, frames: list[bytes]) -> None:
        """Send any frames; something of ours or of others has arrived when this returns."""
        self.socket.send_multipart(frames)
        assert self.broker._socket.poll(PATIENCE_MS), "nothing arrives"

    def hear(self, wait_ms: int = PATIENCE_MS) -> Any:
        """The next message's body, or None."""
        if not self.socket.poll(wait_ms):
            return None
        return messages.decode(self.talk.unseal(self.socket.recv_multipart())).body


class Room:
    """A broker with one job in it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.job = job(1)
        self.broker = Broker(KEY, 1, lambda name: self.job.record, self.clock)
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()

    def stranger(self, hwm: int = 1000, name: bytes = b"") -> Peer:
        """A peer that has the password and has said nothing."""
        return Peer(self.broker, self.context, hwm, name)

    def peer(self, hwm: int = 1000, name: bytes = b"") -> Peer:
        """A client in a conversation."""
        made = self.stranger(hwm, name)
        made.send(messages.Ping())
        self.turn(1)
        again = made.hear()
        assert isinstance(again, messages.HelloAgain)
        made.talk.turn_to(again.nonce)
        return made

    def desk(self, session: Session, request: messages.Envelope) -> Any:
        if isinstance(request.body, messages.Watch):
            session.outbox.watch(request.body.jobs, None, request.id)
            session.outbox.tell(self.job.id, None)
            return messages.Ack()
        if isinstance(request.body, messages.Cancel):
            raise UnknownJob("There is no such job.")
        if isinstance(request.body, messages.Job):
            raise ZeroDivisionError
        return messages.Pong(session.outbox.watching)

    def turn(self, times: int = 3) -> None:
        for _ in range(times):
            self.broker.turn(self.desk, 0.05)

    def change(self, rev: int, state: Any = "running") -> None:
        """The job goes on."""
        self.job = replace(self.job, record=replace(self.job.record, rev=rev, state=state))
        self.broker.tell(self.job)


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.broker.close()
    made.context.destroy(linger=0)


def test_a_signed_request_gets_a_signed_answer(room: Room) -> None:
    peer = room.peer()
    peer.send(messages.Ping())
    room.turn()
    assert peer.hear() == messages.Pong(0)


def spoilt(frames: list[bytes], place: int, by: bytes) -> list[bytes]:
    return [by if n == place else frame for n, frame in enumerate(frames)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda frames: spoilt(frames, 2, b"0" * 64),
        lambda frames: frames[:2],
        lambda frames: [b"hello"],
        lambda frames: spoilt(frames, 0, b"voxmend/1"),
        lambda frames: [*frames, b"more"],
        lambda frames: spoilt(frames, 1, frames[1][:-1] + b"9"),
        lambda frames: Conversation("cd" * 32).seal({"type": "ping", "id": "1"}),
    ],
)
def test_frames_that_are_not_rightly_signed_get_no_answer(
    room: Room, spoil: Callable[[list[bytes]], list[bytes]]
) -> None:
    peer = room.stranger()
    peer.throw(spoil(peer.talk.seal({"type": "ping", "id": "1"})))
    room.turn()
    assert peer.hear(100) is None
    assert room.broker.refused == 1
    assert not room.broker.sessions


def test_a_message_in_no_conversation_gets_hello_again_and_nothing_is_kept(room: Room) -> None:
    peer = room.stranger()
    asked: list[Any] = []
    peer.send(messages.Cancel("x"))
    room.broker.turn(lambda _, request: asked.append(request), 1)
    assert isinstance(peer.hear(), messages.HelloAgain)
    assert not asked
    assert not room.broker.sessions


def test_a_frame_does_nothing_twice(room: Room) -> None:
    peer = room.peer()
    frames = peer.talk.seal({"type": "ping", "id": "1"})
    for _ in range(3):
        peer.throw(frames)
        room.turn(1)
    assert isinstance(peer.hear(), messages.Pong)
    assert peer.hear(100) is None
    assert room.broker.refused == 2
    other = room.peer()  # nor over another connection
    other.throw(frames)
    room.turn()
    said = messages.decode(codec.parse(other.socket.recv_multipart()[-1]))
    assert isinstance(said.body, messages.HelloAgain)


def test_a_forgotten_client_is_asked_for_hello(room: Room) -> None:
    peer = room.peer()
    peer.send(messages.Ping())
    room.turn()
    assert isinstance(peer.hear(), messages.Pong)
    room.broker._forget(next(iter(room.broker.sessions)), "the test wants it")
    peer.send(messages.Ping())
    room.turn()
    again = peer.hear()
    assert isinstance(again, messages.HelloAgain)
    peer.talk.turn_to(again.nonce)
    peer.send(messages.Ping())
    room.turn()
    assert isinstance(peer.hear(), messages.Pong)


def test_strangers_frames_push_out_no_session(room: Room) -> None:
    """Whoever recorded a conversation may send it from as many connections as there are."""
    peer = room.peer()
    peer.send(messages.Watch(jobs=(room.job.id,)))
    room.turn()
    recorded = peer.talk.seal({"type": "ping", "id": "1"})
    others = [room.stranger() for _ in range(MAX_SESSIONS + 20)]
    for other in others:
        other.throw(recorded)
        room.turn(1)
    assert len(room.broker.sessions) == 1
    assert len(room.broker._sessions._offered) <= MAX_SESSIONS
    peer.send(messages.Ping())
    room.turn()
    heard = [peer.hear() for _ in range(3)]
    assert messages.Pong(1) in heard


def test_a_second_client_of_the_same_name_takes_nothing_of_the_first(room: Room) -> None:
    """Both have the key, so neither is an enemy; still a routing id stays whose it is."""
    first = room.peer(name=b"reaper")
    first.send(messages.Watch(jobs=(room.job.id,)))
    room.turn()
    second = room.stranger(name=b"reaper")
    second.socket.send_multipart(second.talk.seal({"type": "ping", "id": "1"}))
    room.change(1)
    room.clock.forward(0.2)
    room.turn()
    assert second.hear(100) is None
    assert isinstance(first.hear(), messages.Ack)
    assert [first.hear().record.rev for _ in range(2)] == [0, 1]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"type": "dance", "id": "1"}, "unknown_type"),
        ({"type": "cancel", "id": "1"}, "bad_request"),
        ({"type": "cancel", "id": "1", "job": 7}, "bad_request"),
        ({"type": "cancel", "id": "1", "job": "x"}, "unknown_job"),
        ({"type": "job", "id": "1", "job": "x"}, "internal"),
        ({"id": "1"}, "bad_request"),
        ({"type": "ping"}, "bad_request"),
        ({"type": "ping", "id": "x" * 65}, "bad_request"),
    ],
)
def test_a_wrong_request_gets_an_error_and_the_broker_goes_on(
    room: Room, data: dict[str, Any], code: str
) -> None:
    peer = room.peer()
    peer.throw(peer.talk.seal(data))
    room.turn()
    answer = peer.hear()
    assert isinstance(answer, messages.Error)
    assert answer.code == code
    peer.send(messages.Ping())
    room.turn()
    assert isinstance(peer.hear(), messages.Pong)


def test_an_unknown_field_is_no_error(room: Room) -> None:
    peer = room.peer()
    peer.throw(peer.talk.seal({"type": "ping", "id": "1", "new": [1]}))
    room.turn()
    assert isinstance(peer.hear(), messages.Pong)


def test_a_watcher_hears_how_it_stands_and_each_newer_record_once(room: Room) -> None:
    peer = room.peer()
    peer.send(messages.Watch(jobs=(room.job.id,)))
    room.turn()
    assert isinstance(peer.hear(), messages.Ack)
    revs = [peer.hear().record.rev]
    for rev in range(1, 40):
        room.change(rev)
        room.clock.forward(0.03)
        room.turn(1)
    room.change(40, "succeeded")
    room.clock.forward(0.2)
    room.turn()
    while revs[-1] < 40:
        revs.append(peer.hear().record.rev)
    assert peer.hear(50) is None
    assert revs == sorted(set(revs))
    assert revs[-1] == 40
    assert len(revs) <= 16  # 1.4 seconds at ten a second, and the end


def test_a_client_that_never_reads_costs_no_memory_and_disturbs_nobody(room: Room) -> None:
    room.job = job(1, path="/" + "long" * 900)  # so that the kernel's buffers fill soon
    deaf, other = room.peer(hwm=1), room.peer()
    for peer in (deaf, other):
        peer.send(messages.Watch(jobs=(room.job.id,)))
        room.turn()
    revs: list[int] = []
    states: list[str] = []

    def drain(wait_ms: int = 0) -> None:
        while (body := other.hear(wait_ms)) is not None:
            if isinstance(body, messages.Record):
                revs.append(body.record.rev)
                states.append(body.record.state)

    memory = 0
    for rev in range(1, 6000):
        room.change(rev)
        room.clock.forward(0.2)
        room.broker.turn(room.desk, 0)
        drain()
        if rev == 3000:
            memory = psutil.Process().memory_info().rss
    for _ in range(10):
        room.turn(1)
        drain()
    waiting = [session.outbox.waiting for session in room.broker.sessions.values()]
    assert sorted(waiting) == [False, True], "the deaf client's pipe never filled"
    assert psutil.Process().memory_info().rss - memory < 2_000_000
    room.change(6000, "succeeded")
    room.clock.forward(0.2)
    room.turn()
    until(lambda: "succeeded" in states, meanwhile=drain)
    assert revs == sorted(set(revs))
    assert (revs[-1], states[-1]) == (6000, "succeeded")


def test_a_client_that_asks_and_never_reads_is_forgotten(room: Room) -> None:
    deaf = room.peer()
    deaf.socket.setsockopt(zmq.SNDHWM, 0)
    # More answers than the outbox, libzmq and the kernel's buffers hold together.
    for _ in range(200):
        for _ in range(100):
            deaf.send(messages.Ping())
        room.broker.turn(room.desk, 0.01)
        for session in room.broker.sessions.values():
            assert len(session.outbox.answers) <= MAX_ANSWERS


def test_a_client_that_comes_back_after_an_hour_hears_how_it_stands(room: Room) -> None:
    first = room.peer()
    first.send(messages.Watch(jobs=(room.job.id,)))
    room.turn()
    first.socket.close()
    room.clock.forward(3600)
    for rev in range(1, 100):
        room.change(rev)
        room.turn(1)
    room.change(100, "succeeded")
    room.clock.forward(1)
    room.turn()
    again = room.peer()
    again.send(messages.Watch(jobs=(room.job.id,)))
    room.turn()
    assert isinstance(again.hear(), messages.Ack)
    record = again.hear().record
    assert (record.rev, record.state) == (100, "succeeded")


def test_a_peer_that_is_gone_is_forgotten(room: Room) -> None:
    peer = room.peer()
    peer.send(messages.Watch(jobs=(room.job.id,)))
    room.turn()
    peer.socket.close()
    for rev in range(1, 20):
        room.change(rev)
        room.clock.forward(0.2)
        room.turn(1)
    assert not room.broker.sessions


def test_there_are_never_more_sessions_than_the_limit(room: Room) -> None:
    peers = [room.peer() for _ in range(MAX_SESSIONS + 20)]
    for n, peer in enumerate(peers):
        peer.send(messages.Ping())
        room.clock.forward(1)
        if n % 40 == 0:
            room.turn(1)
    room.turn(5)
    assert len(room.broker.sessions) <= MAX_SESSIONS


def test_who_asked_the_worker_to_end_hears_the_answer() -> None:
    for _ in range(20):
        room = Room()
        peer = room.peer()
        peer.send(messages.Ping())
        room.turn(1)
        room.broker.close()
        assert peer.hear(1000) is not None, "the answer went down with the worker"
        room.context.destroy(linger=0)


def test_a_client_that_does_not_read_keeps_no_worker_from_its_end() -> None:
    room = Room()
    peer = room.peer(hwm=1)
    for _ in range(MAX_ANSWERS):
        peer.send(messages.Ping())
    room.turn(1)
    ended = threading.Thread(target=room.broker.close)
    ended.start()
    ended.join(PATIENCE_S)
    assert not ended.is_alive()
    room.context.destroy(linger=0)
