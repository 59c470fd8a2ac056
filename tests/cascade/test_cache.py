"""Finished stages on disk: found by what went into them, whole or not at all."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from voxmend.audio import Signal
from voxmend.cascade.cache import StageCache, key
from voxmend_protocol.errors import DiskFull


def keep(cache: StageCache, name: str) -> None:
    signal = Signal.empty(1, 1000, 8000, cache.stages.folder.parent)
    signal.write(0, np.full((1, 1000), 0.25, dtype=np.float32))
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
    next(cache.stages.folder.glob("??/*.json")).unlink()
    assert cache.find("ab" * 32) is None


def test_samples_that_are_not_the_ones_kept_do_not_count(tmp_path: Path) -> None:
    cache = made(tmp_path)
    keep(cache, "ab" * 32)
    sound = next(cache.stages.folder.glob("??/*.sound"))
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
    sound = next(cache.stages.folder.glob("??/*.sound"))
    sound.write_bytes(sound.read_bytes()[:-100])
    assert cache.find("ab" * 32) is None


def test_what_is_found_counts_as_used_now(tmp_path: Path) -> None:
    cache = made(tmp_path)
    for name in ("ab" * 32, "cd" * 32):
        keep(cache, name)
        os.utime(cache.stages.files(name)[1], (time.time() - 1000,) * 2)
    assert cache.find("ab" * 32) is not None
    assert cache.stages.evict(cache.stages.stats().bytes // 2).entries == 1
    assert cache.find("ab" * 32) is not None
    assert cache.find("cd" * 32) is None


def test_engines_that_make_one_entry_at_once_leave_a_whole_one(tmp_path: Path) -> None:
    """Each has its own build of the sound: whatever is found is all of one of them, or nothing."""
    cache, name, found = made(tmp_path), "ab" * 32, list[float]()

    def work(level: float) -> None:
        for _ in range(30):
            signal = Signal.empty(1, 1000, 8000, tmp_path)
            signal.write(0, np.full((1, 1000), level, np.float32))
            cache.keep(name, signal, {"level": level})
            seen = cache.find(name)
            if seen is not None:
                sound, said = seen
                levels = np.unique(sound.read(0, 1000))
                assert levels.size == 1
                assert (said["level"], levels[0]) in ((0.25, 0.25), (0.5, 0.5))
                found.append(said["level"])
                sound.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, level) for level in (0.25, 0.5)]:
            done.result()
    assert found, "nothing was ever whole"
