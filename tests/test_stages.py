"""The folder of finished stages: what counts, what goes first, what is left alone."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from voxmend.stages import Stages


@pytest.fixture
def stages(tmp_path: Path) -> Stages:
    return Stages(tmp_path / "stages")


def put(stages: Stages, name: str, size: int = 100, age_s: float = 0.0) -> None:
    """An entry that was used so long ago."""
    sound, facts = stages.files(name)
    sound.parent.mkdir(parents=True, exist_ok=True)
    sound.write_bytes(b"x" * size)
    facts.write_text("{}")
    for file in (sound, facts):
        os.utime(file, (time.time() - age_s,) * 2)


def left(stages: Stages) -> list[str]:
    """The names of all files."""
    return sorted(file.name for file in stages.folder.glob("??/*"))


def grow_old(stages: Stages) -> None:
    """Let two hours pass for every file."""
    for file in stages.folder.glob("??/*"):
        os.utime(file, (time.time() - 7200,) * 2)


def test_a_folder_that_is_not_there_holds_nothing(stages: Stages) -> None:
    assert (stages.stats().entries, stages.evict(0).entries) == (0, 0)


def test_a_sound_without_its_facts_does_not_count_and_goes_when_it_is_old(stages: Stages) -> None:
    put(stages, "abc")
    stages.files("abc")[1].unlink()
    assert stages.stats().entries == 0
    stages.evict(10**9)
    assert left(stages) == ["c.sound"], "its engine may be just writing the facts"
    grow_old(stages)
    stages.evict(10**9)
    assert left(stages) == []


def test_what_an_engine_is_just_writing_is_left_alone_and_what_it_left_is_removed(
    stages: Stages,
) -> None:
    put(stages, "abc")
    for name in ("cd.sound", "ef.json", "signal-x.scratch", ".gh.json"):
        (stages.folder / "ab" / name).write_bytes(b"x")
    stages.evict(10**9)
    assert len(left(stages)) == 6
    grow_old(stages)
    stages.evict(10**9)
    assert left(stages) == ["c.json", "c.sound"]


def test_what_was_used_longest_ago_goes_first(stages: Stages) -> None:
    for age, name in enumerate(("newest", "newer", "older", "oldest")):
        put(stages, name, 100 + age, age_s=age)
    removed = stages.evict(2 * 102)
    assert (removed.entries, removed.bytes) == (2, 102 + 103)
    assert [stages.files(n)[1].exists() for n in ("newest", "newer", "older", "oldest")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_clearing_leaves_nothing(stages: Stages) -> None:
    for name in ("abc", "abd", "xyz"):
        put(stages, name)
    assert stages.evict(0).entries == 3
    assert (stages.stats().bytes, left(stages)) == (0, [])


def test_an_entry_that_cannot_be_removed_stays_and_the_others_go(stages: Stages) -> None:
    put(stages, "abc")
    stuck = stages.folder / "ab" / "stuck.json"
    stuck.mkdir()
    stuck.with_suffix(".sound").write_bytes(b"x")
    assert stages.evict(0).entries == 1
    assert stages.stats().entries == 1
