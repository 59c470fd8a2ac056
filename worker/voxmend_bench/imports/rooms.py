"""A tree as a house: rooms, arrows between them, the floor each stands on. Pure.

A room is a package of the wheel, or of ``voxmend`` what lies first in it: a package with all inside
it, or a single file. Nothing is listed here: what there is, is found. An arrow is an import, in
functions and for type checkers too; those of one pair of rooms are one arrow, as heavy as they are
many. A room stands one floor above the highest that it imports. Where rooms import each other in a
circle, the lightest arrows that close it are said to climb, and the floors are those without them.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .tree import Tree, inside

Arrow = tuple[str, str]
"""Who imports, and what."""

PACKED = ("worker/voxmend", "protocol/voxmend_protocol")
"""What a tree is taken to ship where it does not say."""

_MOST_IN_A_CIRCLE = 14
"""Rooms in one circle for which the lightest cut is looked for: all orders are tried."""


@dataclass(frozen=True, slots=True)
class House:
    """What was found.

    Attributes:
        floors: each room's, 0 at the ground.
        arrows: each with the number of imports that it stands for.
        climbing: those of them that close a circle.
        circles: rooms that import each other in a circle.
        tangles: files that load each other in a circle, whatever their rooms.
        files, lines: of each room.
    """

    floors: Mapping[str, int]
    arrows: Mapping[Arrow, int]
    climbing: tuple[Arrow, ...]
    circles: tuple[tuple[str, ...], ...]
    tangles: tuple[tuple[str, ...], ...]
    files: Mapping[str, int]
    lines: Mapping[str, int]

    @property
    def height(self) -> int:
        """How many floors."""
        return 1 + max(self.floors.values(), default=-1)


def survey(root: Path) -> House:
    """Look at a checkout."""
    tree, packed = Tree(root), packages(root)
    ours = {module: room(module) for module in tree.files if inside(module, packed)}
    arrows: Counter[Arrow] = Counter()
    loads: set[Arrow] = set()
    for module in ours:
        for found in tree.imports[module]:
            target = (tree.loaded_by(found.name) or [""])[-1]
            if target not in ours or target == module:
                continue
            if ours[module] != ours[target]:
                arrows[ours[module], ours[target]] += 1
            if found.loads:
                loads.add((module, target))
    rooms = sorted(set(ours.values()))
    circles = rings(rooms, arrows)
    climbing = tuple(sorted(arrow for ring in circles for arrow in lightest(ring, arrows)))
    lines = Counter[str]()
    for module, name in ours.items():
        lines[name] += tree.files[module].read_text("utf-8").count("\n")
    return House(
        floors(rooms, arrows.keys() - set(climbing)), dict(sorted(arrows.items())), climbing,
        circles, rings(ours, loads), dict(Counter(ours.values())), dict(lines),
    )  # fmt: skip


def packages(root: Path) -> tuple[str, ...]:
    """The packages that a checkout ships, by their names."""
    file = root / "pyproject.toml"
    said = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    for key in ("tool", "hatch", "build", "targets", "wheel", "packages"):
        said = said.get(key, {})
    return tuple(Path(folder).name for folder in said or PACKED)


def room(module: str) -> str:
    """The room a module is in. ``voxmend``'s own first file is a room of its name."""
    package, _, rest = module.partition(".")
    if package != "voxmend":
        return package.removeprefix("voxmend_")
    return rest.partition(".")[0] or package


def floors(rooms: Iterable[str], arrows: Collection[Arrow]) -> dict[str, int]:
    """The floor of each room; arrows must not close a circle."""
    below: dict[str, list[str]] = {name: [] for name in rooms}
    for above, under in arrows:
        below[above].append(under)

    @cache
    def floor(name: str) -> int:
        return 1 + max((floor(under) for under in below[name]), default=-1)

    return {name: floor(name) for name in below}


def rings(names: Iterable[str], arrows: Collection[Arrow]) -> tuple[tuple[str, ...], ...]:
    """Names that can all be reached from each other (Tarjan 1972), each ring sorted."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for above, under in arrows:
        after[above].append(under)
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        path.append(name)
        for other in after[name]:
            if other not in order:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in path:
                low[name] = min(low[name], order[other])
        if low[name] == order[name]:
            at = path.index(name)
            ring = path[at:]
            del path[at:]
            if len(ring) > 1:
                found.append(tuple(sorted(ring)))

    for name in after:
        if name not in order:
            visit(name)
    return tuple(sorted(found))


def lightest(ring: tuple[str, ...], arrows: Mapping[Arrow, int]) -> list[Arrow]:
    """The arrows that stand for the fewest imports and without which a ring is none.

    Rooms are put in an order, from the ground up, such that what then points upwards weighs least;
    the best order of a set is the best of all that may come last in it (Held, Karp 1962).
    """
    if len(ring) > _MOST_IN_A_CIRCLE:
        raise ValueError(f"{len(ring)} rooms in one circle: too many to say which arrow climbs")

    def climbs(last: str, under: Collection[str]) -> int:
        return sum(arrows.get((name, last), 0) for name in under)

    @cache
    def best(rooms: frozenset[str]) -> tuple[int, tuple[str, ...]]:
        if not rooms:
            return 0, ()
        tried = []
        for last in sorted(rooms):
            weight, order = best(rooms - {last})
            tried.append((weight + climbs(last, rooms - {last}), (*order, last)))
        return min(tried)

    order = best(frozenset(ring))[1]
    height = {name: at for at, name in enumerate(order)}
    return [
        (above, under) for above, under in arrows
        if above in height and under in height and height[above] < height[under]
    ]  # fmt: skip


def plain(house: House) -> list[Arrow]:
    """The arrows that say something: those that no way through other rooms says as well.

    All that climb are among them.
    """
    down = house.arrows.keys() - set(house.climbing)
    below: dict[str, set[str]] = {name: set() for name in house.floors}
    for above, under in down:
        below[above].add(under)

    @cache
    def reach(name: str) -> frozenset[str]:
        return frozenset(below[name]).union(*(reach(under) for under in below[name]))

    said = [
        (above, under) for above, under in down
        if not any(under in reach(other) for other in below[above])
    ]  # fmt: skip
    return sorted([*said, *house.climbing])
