"""Finished stages on disk: found by what went into them, whole or not at all."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from voxmend.audio import Signal
from voxmend.cascade.cache import StageCache, key
from voxmend_protocol.errors import DiskFull


def keep(cache: StageCache, name: str, frames: int = 1000) -> None:
    signal = Signal.empty(1, frames, 8000, cache.folder.parent)
    signal.write(0, np.full((1, frames), 0.25, dtype=np.float32))
    cache.keep(name, signal, {"block": "x"})


def made(tmp_path: Path) -> StageCache:
    return StageCache(tmp_path / "stages")


def test_what_was_kept_is_found(tmp_path: Path) -> None:
    cache = made(tmp_path)
    assert cache.find("ab" * 32) is None
    keep(cache, "ab" * 32)
    found = cache.find("ab" * 32)
    assert found is not None
    signal, facts = found
    assert facts == {"block": "x"}
    assert np.array_equal(signal.read(0, 1000), np.full((1, 1000), 0.25, dtype=np.float32))


def test_the_key_depends_on_every_part_and_on_nothing_else() -> None:
    one = key({"digest": "a", "chain": [{"block": "b", "params": {"x": 0.5, "y": 1}}]})
    same = key({"chain": [{"params": {"y": 1, "x": 0.5}, "block": "b"}], "digest": "a"})
    other = key({"digest": "a", "chain": [{"block": "b", "params": {"x": 0.6, "y": 1}}]})
    assert one == same != other


def test_an_entry_without_its_facts_does_not_count(tmp_path: Path) -> None:
    cache = made(tmp_path)
    keep(cache, "ab" * 32)
    next(cache.folder.glob("??/*.json")).unlink()
    assert cache.find("ab" * 32) is None
    assert cache.stats().entries == 0
    for file in cache.folder.glob("??/*"):
        os.utime(file, (time.time() - 7200,) * 2)
    cache.evict(10**9)
    assert not list(cache.folder.glob("??/*.sound"))


def test_what_an_engine_is_just_writing_is_left_alone_and_what_it_left_is_removed(
    tmp_path: Path,
) -> None:
    cache = made(tmp_path)
    keep(cache, "ab" * 32)
    for name in ("cd.sound", "ef.json", "signal-x.scratch", ".gh.json"):
        (cache.folder / "ab" / name).write_bytes(b"x")
    cache.evict(10**9)
    assert len(list(cache.folder.glob("??/*"))) == 6
    for file in cache.folder.glob("??/*"):
        os.utime(file, (time.time() - 7200,) * 2)
    cache.evict(10**9)
    assert len(list(cache.folder.glob("??/*"))) == 2


def test_samples_that_are_not_the_ones_kept_do_not_count(tmp_path: Path) -> None:
    cache = made(tmp_path)
    keep(cache, "ab" * 32)
    sound = next(cache.folder.glob("??/*.sound"))
    data = bytearray(sound.read_bytes())
    data[-4:] = np.float32(np.nan).tobytes()
    sound.write_bytes(data)
    assert cache.find("ab" * 32) is None


def test_a_full_disk_costs_time_and_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise DiskFull("There is no room.")

    monkeypatch.setattr(Signal, "persist", full)
    cache = made(tmp_path)
    keep(cache, "ab" * 32)
    assert cache.find("ab" * 32) is None


def test_a_cut_off_entry_does_not_count(tmp_path: Path) -> None:
    cache = made(tmp_path)
    keep(cache, "ab" * 32)
    sound = next(cache.folder.glob("??/*.sound"))
    sound.write_bytes(sound.read_bytes()[:-100])
    assert cache.find("ab" * 32) is None


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    cache = made(tmp_path)
    names = [f"{n:02x}" * 32 for n in range(4)]
    for n, name in enumerate(names):
        keep(cache, name, 1000 + n)  # the newest is the largest, and stays
        facts = next((cache.folder / name[:2]).glob("*.json"))
        os.utime(facts, (time.time() - 1000 + n,) * 2)
    assert cache.find(names[0]) is not None  # used now: the newest
    size = cache.stats().bytes // 4
    removed = cache.evict(2 * size + 20)
    assert removed.entries == 2
    assert [cache.find(name) is not None for name in names] == [True, False, False, True]


def test_clearing_leaves_nothing(tmp_path: Path) -> None:
    cache = made(tmp_path)
    for n in range(3):
        keep(cache, f"{n:02x}" * 32)
    assert cache.evict(0).entries == 3
    assert cache.stats().bytes == 0
    assert not [f for f in cache.folder.rglob("*") if f.is_file()]


def test_an_entry_that_cannot_be_removed_stays_and_the_others_go(tmp_path: Path) -> None:
    cache = made(tmp_path)
    stuck = cache.folder / "ab" / "stuck.json"
    stuck.mkdir(parents=True)
    stuck.with_suffix(".sound").write_bytes(b"x")
    before = cache.stats().entries
    assert cache.evict(0).entries == before - 1
    assert cache.stats().entries == 1
