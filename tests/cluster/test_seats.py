"""Engines go where cards, cores and memory allow."""

from __future__ import annotations

import pytest

from voxmend.cluster.messages import Need
from voxmend.cluster.seats import Node, Seat, seats

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("cores", "cards", "memory", "count", "each"),
    [
        (16, 0, 64, 4, (4, 0)),
        (16, 0, 5, 2, (4, 0)),
        (16, 0, 1, 0, None),
        (2, 0, 64, 1, (2, 0)),
        (1, 0, 64, 1, (1, 0)),
        (0, 0, 64, 0, None),
        (8, 4, 64, 4, (2, 1)),
        (64, 2, 64, 2, (4, 1)),
        (64, 8, 6, 3, (4, 1)),
        (4, 0.5, 64, 1, (4, 0)),
    ],
)
def test_a_node_gets_as_many_as_it_has_room_for(
    cores: float, cards: float, memory: float, count: int, each: tuple[float, float] | None
) -> None:
    found = list(seats(Node("n", cores, cards, memory * GB), Need(4, 2 * GB)))
    assert len(found) == count
    assert {(seat.cores, seat.cards) for seat in found} == ({each} if each else set())
    assert sum(seat.cores for seat in found) <= cores
    assert sum(seat.memory for seat in found) <= memory * GB


def test_a_node_is_read_as_ray_tells_of_it() -> None:
    told = {"NodeID": "a", "Alive": True, "Resources": {"CPU": 2.0, "memory": 3e9}}
    assert Node.of(told) == Node("a", 2.0, 0.0, 3e9)
    assert Node.of({"NodeID": "b"}) == Node("b", 0.0, 0.0, 0.0)
    assert list(seats(Node.of(told), Need(1, GB)))[1] == Seat("a", 1, 1.0, 0.0, GB)
