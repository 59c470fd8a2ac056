"""Who has no key that is known gets nothing, and neither does who holds another's."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import psutil
import pytest
import zmq
from house import House
from remote.asking import done, order, problem, song
from remote.proxy import Proxy
from remote.studio import Studio, paths_of
from waiting import until

from voxmend.remote import forms, keys, peers
from voxmend.remote.link import Link, LinkLost
from voxmend.remote.server import LOOK_S, MEMORY_GB, Known, Server
from voxmend.testing import FakeClock
from voxmend.version import __version__
from voxmend_protocol.errors import RemoteRefused


@pytest.fixture
def server(studio: Studio, laptop: House) -> peers.Server:
    """The machine as the laptop knows it, listening."""
    studio.start()
    return peers.read(paths_of(laptop.root)).server("studio-box")


def some_keys(folder: Path) -> keys.Pair:
    """Keys that nobody knows."""
    return keys.own(paths_of(folder / "somebody"))


def test_a_key_that_is_not_known_is_refused_at_the_door(
    server: peers.Server, tmp_path: Path
) -> None:
    with pytest.raises(RemoteRefused, match="does not know this machine's key"):
        Link(server, some_keys(tmp_path))


def test_a_job_says_that_the_key_is_not_known(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    peers.change(studio.paths, lambda now: now.without("laptop"))
    studio.start()
    laptop.start()
    code, message = problem(done(laptop, order(laptop, song(tmp_path))))
    assert code == "remote_refused"
    assert "voxmend remote pair" in message
    assert studio.held() == []


def test_a_machine_with_another_key_gets_not_a_byte_of_a_song(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    """It stands at the address, it lets everybody in, and it is not the one that was paired."""
    (laptop.root / "config" / "voxmend.toml").write_text("[remote]\nwait_min = 0.02\n")
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    false = context.socket(zmq.ROUTER)
    false.curve_server = True
    false.curve_secretkey = keys.wired(some_keys(tmp_path).secret)
    port = false.bind_to_random_port("tcp://127.0.0.1")
    studio.point(laptop.root, port)
    laptop.start()
    try:
        code, message = problem(done(laptop, order(laptop, song(tmp_path))))
        assert code == "remote_unreachable"
        assert "does not hold the key that studio-box was added with" in message
        assert not false.poll(0)
    finally:
        context.destroy(0)


def test_a_key_that_is_forgotten_is_out_at_once(
    server: peers.Server, studio: Studio, laptop: House
) -> None:
    with Link(server, keys.own(paths_of(laptop.root)), silence_s=2.0) as link:
        assert isinstance(link.call(forms.Hello(__version__)), forms.Welcome)
        peers.change(studio.paths, lambda now: now.without("laptop"))
        time.sleep(1.2)  # the list is looked at once a second
        with pytest.raises(LinkLost):
            link.call(forms.Hello(__version__))


def test_what_was_recorded_gets_nothing_when_it_is_said_again(
    laptop: House, studio: Studio, proxy: Proxy, tmp_path: Path
) -> None:
    studio.start()
    laptop.start()
    assert done(laptop, order(laptop, song(tmp_path))).state == "succeeded"
    laptop.close()
    accepted = studio.log().count("job_accepted")
    recorded = bytes(proxy.said[0])
    assert len(recorded) > 100_000
    with socket.create_connection(("127.0.0.1", studio.port)) as again:
        again.sendall(recorded)
        again.settimeout(20)
        heard = bytearray()
        while data := _received(again):
            heard += data
    # Its greeting and its welcome to the handshake are for anybody; no answer follows.
    assert len(heard) < 64 + 2 + 168 + 200
    assert studio.log().count("job_accepted") == accepted


def test_a_frame_that_is_said_twice_ends_the_connection(
    laptop: House, studio: Studio, proxy: Proxy
) -> None:
    """Somebody in between repeats an encrypted message within the same connection."""
    studio.start()
    link = Link(
        peers.read(paths_of(laptop.root)).server("studio-box"),
        keys.own(paths_of(laptop.root)),
        silence_s=5.0,
    )
    with link:
        assert isinstance(link.call(forms.Hello(__version__)), forms.Welcome)
        before = len(proxy.said[0])
        assert isinstance(link.call(forms.Hello(__version__)), forms.Welcome)
        until(lambda: len(proxy.said[0]) > before)
        proxy.inject(0, bytes(proxy.said[0][before:]))
        with pytest.raises(LinkLost, match="broke off"):
            link.hear(3)  # no second answer


def test_plain_words_are_cut_off(server: peers.Server, studio: Studio) -> None:
    with socket.create_connection(("127.0.0.1", studio.port)) as web:
        web.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 65536)
        web.settimeout(20)
        assert len(_received(web)) <= 64
        assert not any(_received(web) for _ in range(2))


def _received(one: socket.socket) -> bytes:
    try:
        return one.recv(65536)
    except ConnectionError:
        return b""


def test_a_list_of_keys_that_cannot_be_read_lets_nobody_in_and_removes_nothing(
    tmp_path: Path,
) -> None:
    """As where all descriptors are taken, or the disk fails."""
    paths = paths_of(tmp_path / "studio")
    key = some_keys(tmp_path).public
    peers.add_guest(paths, peers.Guest("ann", key))
    clock = FakeClock()
    known, guests = Known(paths, clock), Sweeps()
    assert known(key)
    server = Server("tcp://127.0.0.1:*", keys.own(paths), known, guests)  # type: ignore[arg-type]
    try:
        file = paths.remote / "peers.json"
        content = file.read_bytes()
        for now in (b"{", b"{", content, content):
            file.write_bytes(now)
            clock.now += LOOK_S * 0.6
            server.sweep()
        assert guests.swept == [["ann"], ["ann"]]
        file.write_bytes(b"{")
        clock.now += LOOK_S
        assert not known(key)
        assert not known(key)
    finally:
        server.close()


class Sweeps:
    """Guests that are swept."""

    def __init__(self) -> None:
        self.swept: list[list[str]] = []

    def sweep(self, known: list[peers.Guest]) -> None:
        self.swept.append([guest.name for guest in known])


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_DATA"), reason="Linux counts a process's memory")
def test_the_listener_has_an_end_to_its_memory(server: peers.Server, studio: Studio) -> None:
    """libzmq keeps a message until its last frame has come, and no option of it bounds that."""
    soft, _ = studio.listener().rlimit(psutil.RLIMIT_DATA)
    assert soft == round(MEMORY_GB * 1e9)


def test_a_flood_by_a_key_that_is_let_in_takes_no_memory_and_keeps_nobody_out(
    server: peers.Server, laptop: House, studio: Studio, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    studio.pair(other, "other")
    process = studio.listener()
    pair = keys.own(paths_of(laptop.root))
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    flood = context.socket(zmq.DEALER)
    flood.curve_serverkey = keys.wired(server.key)
    flood.curve_publickey, flood.curve_secretkey = keys.wired(pair.public), keys.wired(pair.secret)
    flood.sndhwm, flood.rcvhwm, flood.sndtimeo, flood.linger = 8, 8, 20_000, 0
    flood.connect(server.address)
    frame, most = b"x" * 250_000, 0
    try:
        for number in range(800):  # 200 MB, and no answer is ever read
            flood.send_multipart([forms.dump(forms.Chunk("0" * 64, 0), number), frame])
            if number % 50 == 0:
                most = max(most, process.memory_info().rss)
        with Link(server, keys.own(paths_of(other))) as link:
            assert isinstance(link.call(forms.Hello(__version__)), forms.Welcome)
    finally:
        context.destroy(0)
    assert process.is_running()
    assert most < 300e6
    assert studio.held() == []
