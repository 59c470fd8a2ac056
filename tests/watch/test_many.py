"""A thousand files in every way of arriving, in a world of its own time: each once, none early.

The watcher dies at any call it makes, before or after that call has had its effect; the clock
jumps; a memory is lost. The files and the worker's jobs are all that outlives it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from watch.world import (
    Killed,
    Moment,
    World,
    copied,
    digest,
    renamed_in,
    set_aside_and_filled,
    settle_down,
    written_slowly,
)

from voxmend.watch.look import Look
from voxmend_protocol.values import ErrorBody

NewWorld = Callable[..., World]
Arrival = Callable[[float, str, random.Random], list[Moment]]

ARRIVALS: dict[str, Arrival] = {
    "copy": lambda at, content, _: copied(at, content),
    "slow write": lambda at, content, chance: written_slowly(at, content, chance.random() < 0.5),
    "rename in": lambda at, content, _: renamed_in(at, content),
    "set aside, then filled": set_aside_and_filled,
}


def arriving(world: World, arrival: Arrival, count: int, seed: int) -> dict[str, str]:
    """Let files arrive over two minutes; their final contents."""
    chance = random.Random(seed)
    contents = {f"{n:04}.wav": f"song {n}" for n in range(count)}
    for name, content in contents.items():
        world.scripts[name] = arrival(chance.uniform(0, 120), content, chance)
    return contents


def live(world: World, seed: int, deaths: int, jumps: bool = False, forgets: bool = False) -> None:
    """Watch until all is done, and die on the way."""
    chance = random.Random(seed)
    last = max(moment.at for script in world.scripts.values() for moment in script)
    while True:
        if forgets:
            world.memory_file.unlink(missing_ok=True)
        world.kill_in = chance.randrange(200) if deaths else None
        deaths -= deaths > 0
        inbox = world.inbox()
        try:
            while world.now < last + 60 or inbox.flying or inbox.waiting:
                if jumps and chance.random() < 0.02:
                    world.clock_off = chance.choice((-1e5, -30.0, 30.0, 1e5))
                world.turn(inbox)
        except Killed:
            continue
        return


def each_was_done_once(world: World, contents: dict[str, str]) -> None:
    wanted = {world.id_of(name, content) for name, content in contents.items()}
    early = set(world.orders) - wanted
    assert not early, f"{len(early)} were sent before they were whole"
    assert not wanted - set(world.runs), f"{len(wanted - set(world.runs))} were never done"
    assert set(Counter(world.runs).values()) == {1}


@pytest.mark.parametrize("arrival", ARRIVALS)
def test_a_thousand_files_are_each_done_once_and_none_before_it_is_whole(
    arrival: str, new_world: NewWorld
) -> None:
    world = new_world(job_s=0.5, slots=20)
    contents = arriving(world, ARRIVALS[arrival], 1000, seed=1)
    live(world, seed=2, deaths=0)
    each_was_done_once(world, contents)
    assert Counter(world.told("done")) == Counter(list(contents))


@pytest.mark.parametrize("forgets", [False, True], ids=["", "memory lost at each death"])
@pytest.mark.parametrize("arrival", ARRIVALS)
def test_the_watcher_dies_twelve_times_and_still_each_is_done_once(
    arrival: str, forgets: bool, new_world: NewWorld
) -> None:
    world = new_world(job_s=0.5)
    contents = arriving(world, ARRIVALS[arrival], 150, seed=3)
    live(world, seed=4, deaths=12, forgets=forgets)
    assert world.deaths == 12
    each_was_done_once(world, contents)


@pytest.mark.parametrize("arrival", ARRIVALS)
def test_a_clock_that_jumps_loses_and_repeats_nothing(arrival: str, new_world: NewWorld) -> None:
    world = new_world(job_s=0.5)
    contents = arriving(world, ARRIVALS[arrival], 150, seed=5)
    live(world, seed=6, deaths=3, jumps=True)
    each_was_done_once(world, contents)


def test_death_at_each_single_call_loses_and_repeats_nothing(new_world: NewWorld) -> None:
    """One good file and one that fails, death at call 1, 2, 3 … until none is left to die at."""
    for call in range(200):
        world = new_world()
        world.scripts = {"good.wav": copied(0, "good"), "bad.wav": copied(0, "bad")}
        world.verdicts["bad.wav"] = ErrorBody("input_unreadable", "It is broken.", False)
        world.kill_in = call
        inbox = world.inbox()
        try:
            settle_down(world, inbox)
        except Killed:
            inbox = world.inbox()
            settle_down(world, inbox)
        done = [r for r in world.runs if world.jobs[r].state == "succeeded"]
        assert done == [world.id_of("good.wav", "good")], f"death at call {call}"
        assert set(world.errors) == {"bad.wav"}, f"death at call {call}"
        if world.kill_in is not None:  # there were fewer calls than that
            return
        restarted = len(world.orders)
        settle_down(world, world.inbox())
        assert len(world.orders) == restarted, f"a restart repeated something, call {call}"
    pytest.fail("there is always one more call")


def test_a_restart_repeats_nothing(new_world: NewWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world = new_world()
    arriving(world, ARRIVALS["copy"], 100, seed=7)
    live(world, seed=8, deaths=0)
    looks: list[str] = []

    def look(name: str) -> Look:
        looks.append(name)
        raise AssertionError(f"{name} is read again")

    monkeypatch.setattr(world, "look", look)
    events = len(world.events)
    inbox = world.inbox()
    for _ in range(30):
        world.turn(inbox)
    assert looks == []
    assert len(world.events) == events
    assert digest("song 1") in world.memory_file.read_text()
