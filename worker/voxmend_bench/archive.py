"""How long a large archive takes on a cluster, and what breaks first: a simulation in SimPy.

``python -m voxmend_bench.archive --songs 10000000 --engines 64 …``, with your own figures. It needs
no cluster, no Ray and no torch. ``--measured FILE`` takes what ``voxmend_bench.cluster`` printed,
foretells its batch from a part of it, and says by how much it was wrong.

Engines take songs from one driver, which gives out one at a time; read and write over storage that
they share; compute; and go with their node now and then, with the song that each of them has. A
part of the archive is simulated and the rest is reckoned from it: after its start a batch is the
same hour after hour.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
from collections.abc import Generator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import simpy

Work = Generator[simpy.Event, Any, None]

AT_LEAST = 60
"""Songs that are simulated for each engine."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive, a cluster, and what a song costs.

    Attributes:
        songs: in all.
        minutes: of sound in a song, on the mean.
        spread: of that length, and of the work on a second of it: the standard deviation of its
            logarithm.
        engines: that work at once.
        engines_per_node: that go together when their node goes.
        fixed: seconds of work on any song.
        per_second: seconds of work on a second of sound.
        dispatch: seconds of the driver's for each song; it does one at a time.
        start: seconds until an engine stands, with its networks.
        node_hours: between two failures of a node; 0: never.
        repair_minutes: until there is another one.
        read_mb, write_mb: of a song and of its stems.
        storage_mb_s: of the storage, for all engines together; 0: no limit.
        poison: share of songs under which an engine dies, twice.
        price: of an engine for an hour, in any money.
    """

    songs: int = 10_000_000
    minutes: float = 3.5
    spread: float = 0.35
    engines: int = 64
    engines_per_node: int = 8
    fixed: float = 0.5
    per_second: float = 0.01
    dispatch: float = 0.005
    start: float = 60.0
    node_hours: float = 2000.0
    repair_minutes: float = 15.0
    read_mb: float = 37.0
    write_mb: float = 222.0
    storage_mb_s: float = 2000.0
    poison: float = 1e-5
    price: float = 0.0


@dataclass(slots=True)
class Seen:
    """What a simulation has counted, in seconds and songs."""

    done: int = 0
    failed: int = 0
    again: int = 0
    deaths: int = 0
    computed: float = 0.0
    driver: float = 0.0
    storage: float = 0.0
    ended: float = 0.0


@dataclass(slots=True)
class _Cluster:
    """A simulation under way."""

    given: Archive
    songs: int
    dice: random.Random
    env: simpy.Environment = field(default_factory=simpy.Environment)
    seen: Seen = field(default_factory=Seen)
    left: int = 0
    waiting: list[tuple[float, float, int]] = field(default_factory=list)
    driver: simpy.Resource = field(init=False)
    storage: simpy.Resource = field(init=False)
    over: simpy.Event = field(init=False)

    def run(self) -> Seen:
        """Until the last song is done."""
        self.left = self.songs
        self.driver = simpy.Resource(self.env)
        self.storage = simpy.Resource(self.env, max(1, self.given.engines_per_node))
        self.over = self.env.event()
        count = self.given.engines
        nodes = [
            range(n, min(n + self.given.engines_per_node, count))
            for n in range(0, count, self.given.engines_per_node)
        ]
        for node in nodes:
            self.env.process(self._node(len(node)))
        self.env.run(self.over)
        self.seen.ended = self.env.now
        return self.seen

    def _node(self, engines: int) -> Work:
        """A node that goes now and then, and comes again."""
        while True:
            running = [self.env.process(self._engine()) for _ in range(engines)]
            if not self.given.node_hours:
                return
            hours = self.dice.expovariate(1 / self.given.node_hours)
            yield self.env.timeout(3600 * hours)
            self.seen.deaths += 1
            for each in running:
                if each.is_alive:
                    each.interrupt()
            yield self.env.timeout(60 * self.given.repair_minutes)

    def _engine(self) -> Work:
        song: tuple[float, float, int] | None = None
        try:
            yield self.env.timeout(self.given.start)
            while (song := self._next()) is not None:
                yield from self._hold(self.driver, self.given.dispatch, "driver")
                yield from self._move(self.given.read_mb * song[0])
                yield from self._compute(song)
                song = None
        except simpy.Interrupt:
            if song is not None:
                self.seen.again += 1
                self.waiting.append(song)

    def _compute(self, song: tuple[float, float, int]) -> Work:
        length, effort, attempt = song
        given = self.given
        work = given.fixed + given.per_second * 60 * given.minutes * length * effort
        if self.dice.random() < given.poison or attempt > 1:
            yield self.env.timeout(work / 2 + given.start)
            if attempt < 2:
                self.seen.again += 1
                self.waiting.append((length, effort, attempt + 1))
                return
            self.seen.failed += 1
        else:
            yield self.env.timeout(work)
            yield from self._move(given.write_mb * length)
            self.seen.computed += work
            self.seen.done += 1
        if self.seen.done + self.seen.failed == self.songs:
            self.over.succeed()

    def _move(self, megabytes: float) -> Work:
        """Over the storage: as many at once as share it, each with its part of the speed."""
        if self.given.storage_mb_s:
            each = self.given.storage_mb_s / self.storage.capacity
            yield from self._hold(self.storage, megabytes / each, "storage")

    def _hold(self, what: simpy.Resource, seconds: float, name: str) -> Work:
        began = self.env.now
        with what.request() as asked:
            yield asked
            yield self.env.timeout(seconds)
        setattr(self.seen, name, getattr(self.seen, name) + self.env.now - began)

    def _next(self) -> tuple[float, float, int] | None:
        """A song: how much longer than usual it is, and how much more work, and which try."""
        if self.waiting:
            return self.waiting.pop()
        if not self.left:
            return None
        self.left -= 1
        spread = self.given.spread
        length = math.exp(self.dice.gauss(-spread * spread / 2, spread))
        return (length, 1.0, 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is foretold of the whole archive.

    Attributes:
        simulated: songs; all others are reckoned from them.
        days: from the start to the end.
        engine_hours: booked.
        busy, on_driver, on_storage: shares of an engine's time.
        nodes_lost, again, failed: to be expected: nodes, songs that are begun a second time, and
            songs under which an engine dies twice.
        stored_tb: of stems, in millions of millions of bytes.
        cost: of the engines; of one song.
    """

    simulated: int
    days: float
    engine_hours: float
    seconds_per_song: float
    busy: float
    on_driver: float
    on_storage: float
    nodes_lost: int
    again: int
    failed: int
    stored_tb: float
    cost: float
    cost_per_song: float
    first_limit: str


def plan(given: Archive, sample: int = 20_000, seed: int = 1) -> Plan:
    """Simulate a part of the archive, and reckon the rest from it."""
    songs = min(given.songs, max(sample, AT_LEAST * given.engines))
    seen = _Cluster(given, songs, random.Random(seed)).run()
    more = given.songs / songs
    wall = given.start + (seen.ended - given.start) * more
    booked = max(1e-9, (seen.ended - given.start) * given.engines)
    hours = wall * given.engines / 3600
    # Rare: a part of the archive may see none, so they are what is to be expected of all of it.
    nodes = -(-given.engines // given.engines_per_node)
    lost = wall / 3600 * nodes / given.node_hours if given.node_hours else 0.0
    on_driver, on_storage = seen.driver / booked, seen.storage / booked
    busy = seen.computed / booked
    limits = {"the engines": busy, "the driver": on_driver, "the storage": on_storage}
    return Plan(
        songs, wall / 86_400, hours, hours * 3600 / given.songs, busy, on_driver, on_storage,
        round(lost), round(lost * given.engines_per_node + given.songs * given.poison),
        round(given.songs * given.poison) if not seen.failed else round(seen.failed * more),
        given.songs * given.write_mb / 1e6, hours * given.price,
        hours * given.price / given.songs, max(limits, key=lambda name: limits[name]),
    )  # fmt: skip


def foretold(measured: dict[str, Any]) -> dict[str, float]:
    """A batch that was measured, foretold from the part of it that came first.

    Args:
        measured: what ``voxmend_bench.cluster --keep`` says: of the first clips the work on each
            and the gap to the next, and how long all that came after them really took.
    """
    given = Archive(
        songs=int(measured["rest"]), minutes=measured["clip_s"] / 60, spread=0.0,
        engines=int(measured["engines"]), engines_per_node=1,
        fixed=statistics.fmean(measured["engine_s"]) + measured["gap_s"], per_second=0.0,
        dispatch=0.0, start=0.0, node_hours=0.0, storage_mb_s=0.0, poison=0.0,
    )  # fmt: skip
    told = plan(given, given.songs).days * 86_400
    real = float(measured["rest_s"])
    return {"foretold_s": round(told, 2), "measured_s": round(real, 2), "ratio": told / real}


def main() -> None:
    """Print the plan as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m voxmend_bench.archive", description=(__doc__ or "").split("\n\n")[0]
    )
    for each in fields(Archive):
        kind = int if each.type == "int" else float
        option = f"--{each.name.replace('_', '-')}"
        parser.add_argument(option, type=kind, default=each.default, help=_meaning(each.name))
    parser.add_argument("--sample", type=int, default=20_000, help="songs to simulate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--measured", type=Path, help="what voxmend_bench.cluster has printed")
    given = vars(parser.parse_args())
    sample, seed, measured = given.pop("sample"), given.pop("seed"), given.pop("measured")
    if measured is not None:
        print(json.dumps(foretold(json.loads(measured.read_text())), indent=1))
        return
    told = plan(Archive(**given), sample, seed)
    print(json.dumps({f.name: _short(getattr(told, f.name)) for f in fields(told)}, indent=1))


def _meaning(name: str) -> str:
    """What the docstring says of a figure, with its usual value."""
    said = (Archive.__doc__ or "").partition("Attributes:")[2]
    for line in said.replace("\n            ", " ").splitlines():
        names, _, text = line.strip().partition(": ")
        if name in names.split(", "):
            return f"{text} (%(default)s)".replace("% ", "%% ")
    return "(%(default)s)"


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
