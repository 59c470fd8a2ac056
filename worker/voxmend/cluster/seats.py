"""Where engines go: as many on each node as its cards, cores and memory allow. Pure.

A node with cards gets an engine for each card; one without gets an engine for each ``Need.cores``
cores, and one at least where it has a core at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .messages import Need


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the cluster, with what it has in all."""

    id: str
    cores: float
    cards: float
    memory: float

    @classmethod
    def of(cls, told: Mapping[str, object]) -> Node:
        """A node as Ray tells of it."""
        has = told.get("Resources")
        had = has if isinstance(has, dict) else {}
        return cls(
            str(told.get("NodeID")), float(had.get("CPU", 0)), float(had.get("GPU", 0)),
            float(had.get("memory", 0)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seat:
    """The place of one engine, and what is booked for it."""

    node: str
    number: int
    cores: float
    cards: float
    memory: int


def seats(node: Node, need: Need) -> Iterator[Seat]:
    """The engines of one node; none where not even one has room in its memory."""
    fit = int(node.memory // need.memory) if need.memory else 1_000_000
    if node.cards >= 1:
        count = int(node.cards)
        cores, cards = min(float(need.cores), node.cores // count), 1.0
    else:
        cores, cards = min(float(need.cores), float(int(node.cores))), 0.0
        count = int(node.cores // cores) if cores >= 1 else 0
    for number in range(min(count, fit)):
        yield Seat(node.id, number, cores, cards, need.memory)
