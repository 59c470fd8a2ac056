"""Floods and idle connections at a worker's port: its memory stays, and a client is served."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from chromium import Page
from fuzzing import rounds
from house import House
from strangers import FLOODS, PLAIN, flood, hung_up, idle, memory
from waiting import until

from voxmend import descriptors
from voxmend_protocol import discovery
from voxmend_protocol.messages import Ping, Pong

MB = 1_000_000


@pytest.fixture
def port(house: House) -> int:
    """A worker's port, after a client has been there."""
    house.start()
    for _ in range(20):
        house.client().request(Ping(), Pong)
    return discovery.read(house.root / "run" / "worker.json").port


def pid(house: House) -> int:
    assert house.process is not None
    return house.process.pid


def percentiles(times: list[float]) -> str:
    """Of round trips in seconds."""
    times = sorted(times)
    middle, late = times[len(times) // 2], times[len(times) * 99 // 100]
    return f"p50 {1000 * middle:.2f} ms, p99 {1000 * late:.2f} ms"


def test_no_flood_without_the_key_takes_memory(house: House, port: int) -> None:
    size = rounds(75, 8) * MB
    for kind, (first, then) in FLOODS.items():
        flood(port, first, then, MB)
        before = memory(pid(house))
        most = [before]
        look = lambda most=most: most.append(max(most.pop(), memory(pid(house))))  # noqa: E731
        connections = flood(port, first, then, size, look)
        grown = most[0] - before
        print(f"\n{kind}: {size / MB:.0f} MB, {connections} connections, {grown / MB:+.2f} MB")
        assert grown < 5 * MB
    assert house.client().request(Ping(), Pong) == Pong(0)
    assert house.report().refused_frames == 0


def test_a_web_page_takes_no_memory(house: House, port: int, tmp_path: Path) -> None:
    page = Page(tmp_path / "chromium")
    try:
        before = memory(pid(house))
        size = rounds(20, 2) * MB
        for _ in range(3):
            ended = page.run(
                f"fetch('http://127.0.0.1:{port}/', {{method: 'POST', mode: 'no-cors', "
                f"body: 'a'.repeat({size})}}).then(() => 'taken', () => 'refused')"
            )
            assert ended == "refused"
        grown = memory(pid(house)) - before
    finally:
        page.close()
    print(f"\n3 times {size / MB:.0f} MB from Chromium: {grown / MB:+.2f} MB")
    assert grown < 5 * MB
    assert house.client().request(Ping(), Pong) == Pong(0)


@pytest.mark.parametrize(
    ("said", "limit"), [(b"", 50 * MB), (PLAIN, 80 * MB)], ids=["silent", "half a handshake"]
)
def test_idle_connections_are_hung_up_on_and_keep_no_client_out(
    house: House, port: int, said: bytes, limit: int
) -> None:
    """With a greeting libzmq gives a connection its buffers, 11 kB, for the second it lasts."""
    descriptors.raise_limit()
    count = rounds(5000, 200)
    grown = []
    before = memory(pid(house))
    for _ in range(rounds(10, 2)):
        with idle(port, count, said) as there:
            began = time.monotonic()
            house.client().request(Ping(), Pong)
            waited = time.monotonic() - began
            most = memory(pid(house)) - before
            until(lambda there=there: hung_up(there))  # type: ignore[misc]
        grown.append(memory(pid(house)) - before)
        print(f"\n{count} idle: a client after {waited:.3f} s, {most / MB:+.1f} MB, then ", end="")
        print(f"{grown[-1] / MB:+.1f} MB", end="")
        assert most < limit
    assert max(grown[1:]) - grown[0] < 5 * MB
    assert house.report().refused_frames == 0


def test_a_client_is_served_while_all_that_goes_on(house: House, port: int) -> None:
    """The figure is for people: how fast depends on what else the machine does."""
    client = house.client()
    times = []
    with idle(port, rounds(1000, 50), PLAIN):
        for number in range(rounds(2000, 100)):
            if number % 10 == 0:
                flood(port, *FLOODS["HTTP"], size=100_000)
            began = time.perf_counter()
            client.request(Ping(), Pong)
            times.append(time.perf_counter() - began)
    print("\na client meanwhile:", percentiles(times))


def test_a_client_on_its_own_is_quick(house: House, port: int) -> None:
    """The figure is for people."""
    client = house.client()
    times = []
    for _ in range(rounds(5000, 200)):
        began = time.perf_counter()
        client.request(Ping(), Pong)
        times.append(time.perf_counter() - began)
    print("\na client on its own:", percentiles(times))
