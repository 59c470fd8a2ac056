"""A watched folder with a worker beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from house import House
from watch.watcher import Watching
from watch.world import World


@pytest.fixture
def watching(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watching]:
    """A folder, and the fake engine's worker, started. Nobody is notified."""
    monkeypatch.setenv("VOXMEND_WATCH_NOTIFY", "false")
    house.start()
    made = Watching(tmp_path / "Mend", tmp_path)
    yield made
    made.close()


@pytest.fixture
def new_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds, each with a memory of its own."""
    made: list[World] = []

    def make(**facts: float) -> World:
        made.append(World(tmp_path / f"memory-{len(made)}.jsonl", **facts))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """One world."""
    return new_world()
