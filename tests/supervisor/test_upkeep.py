"""The bounds of what jobs leave on disk, kept beside the broker's thread."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from waiting import PATIENCE_S, until

from voxmend.stages import Stages
from voxmend.supervisor.upkeep import Upkeep
from voxmend_protocol.messages import Cache, CacheReport


def filled(folder: Path) -> Stages:
    """Three entries of a hundred bytes."""
    stages = Stages(folder)
    for name in ("abc", "abd", "abe"):
        sound, facts = stages.files(name)
        sound.parent.mkdir(parents=True, exist_ok=True)
        sound.write_bytes(b"x" * 100)
        facts.write_text("{}")
    return stages


def test_it_brings_the_stages_within_their_budget_and_prunes_the_reports(tmp_path: Path) -> None:
    stages, pruned = filled(tmp_path), threading.Event()

    def prune() -> int:
        pruned.set()
        return 1

    Upkeep(stages, 200, prune).tidy()
    assert pruned.wait(PATIENCE_S)
    assert stages.stats().bytes == 200


def test_who_asks_does_not_wait_and_what_was_asked_meanwhile_is_done_once_more() -> None:
    began, go_on, rounds = threading.Event(), threading.Event(), list[str]()

    def prune() -> int:
        rounds.append(threading.current_thread().name)
        began.set()
        assert go_on.wait(PATIENCE_S)
        return 0

    upkeep = Upkeep(Stages(Path("nowhere")), 0, prune)
    upkeep.tidy()
    assert began.wait(PATIENCE_S)
    for _ in range(10):
        upkeep.tidy()  # returns, though the first is not through
    assert rounds == ["upkeep"]
    go_on.set()
    until(lambda: not upkeep.busy)
    assert rounds == ["upkeep"] * 2


def test_after_a_round_that_failed_the_next_one_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    failed, rounds = threading.Event(), list[int]()
    monkeypatch.setattr(threading, "excepthook", lambda _: failed.set())

    def prune() -> int:
        rounds.append(1)
        if len(rounds) == 1:
            raise ValueError("a defect")
        return 0

    upkeep = Upkeep(Stages(Path("nowhere")), 0, prune)
    upkeep.tidy()
    assert failed.wait(PATIENCE_S)
    upkeep.tidy()
    until(lambda: len(rounds) == 2)


def test_the_cache_is_reported_and_cleared_when_asked(tmp_path: Path) -> None:
    upkeep = Upkeep(filled(tmp_path), 1000, lambda: 0)
    assert upkeep.cache(Cache()) == CacheReport(3, 300, 1000, 0)
    assert upkeep.cache(Cache(clear=True)) == CacheReport(0, 0, 1000, 3)
