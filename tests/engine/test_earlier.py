"""An engine that begins waits for those of an earlier worker, and leaves its neighbours alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from voxmend.engine.earlier import outlast
from voxmend.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(tmp_path / "state", tmp_path / "config", tmp_path / "cache")
    made.worker_lock.parent.mkdir(parents=True)
    return made


def held(file: Path) -> FileLock:
    """A lock that an engine holds."""
    lock = FileLock(file, thread_local=False, is_singleton=False)
    lock.acquire()
    return lock


@pytest.mark.parametrize("name", ["engine-6-0.lock", "engine-6-3.lock", "engine.lock"])
def test_an_engine_of_before_that_does_not_end_is_waited_for(paths: Paths, name: str) -> None:
    lock = held(paths.worker_lock.with_name(name))
    with pytest.raises(Timeout):
        outlast(paths, 7, 0.1)
    lock.release()
    outlast(paths, 7, 0.1)
    assert paths.engine_locks == [], "locks are not left for each start"


@pytest.mark.parametrize("epoch", [7, 8])
def test_engines_of_the_same_worker_and_of_a_later_one_are_let_work(
    paths: Paths, epoch: int
) -> None:
    own = paths.engine(epoch, 1)
    lock = held(own.lock)
    own.scratch.mkdir(parents=True)
    (own.scratch / "open").touch()
    outlast(paths, 7, 0.1)
    assert own.lock.exists()
    assert (own.scratch / "open").exists()
    lock.release()


@pytest.mark.parametrize("name", ["6-0", "6-15", "tmp1a2b"])
def test_what_engines_of_before_left_goes(paths: Paths, name: str) -> None:
    left = paths.scratch / name
    left.mkdir(parents=True)
    (left / "half.sound").touch()
    outlast(paths, 7, 0.1)
    assert not left.exists()


def test_each_engine_has_files_of_its_own(paths: Paths) -> None:
    first, second = paths.engine(7, 0), paths.engine(7, 1)
    for name in ("lock", "log", "out", "scratch"):
        assert getattr(first, name) != getattr(second, name)
    assert (first.log.name, second.log.name) == ("engine.log", "engine-2.log")
