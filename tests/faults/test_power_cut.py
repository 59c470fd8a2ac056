"""The power goes at any moment: no job that was accepted is lost, no half a folder is taken for
whole, no job is done in two folders.

What a worker writes in a day is recorded call by call; then every disk that a cut may leave is put
in its place, and the next worker starts on it. A missing fsync is a disk on which this fails.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import power_cut_jobs as jobs
import pytest
import soundfile
from fuzzing import WHOLE
from recorded_disk import Left, Record, record

from voxmend.supervisor import folders

SHORT = 500
"""Disks in the short form: every point with nothing that was not safe, and some others."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """A worker's day. In memory where the system has such a folder: thousands of disks follow."""
    fast = Path("/dev/shm")
    base = Path(tempfile.mkdtemp(dir=fast if fast.is_dir() else tmp_path_factory.mktemp("cut")))
    (base / "root").mkdir()
    log = tmp_path_factory.mktemp("record") / "calls"
    yield record(Path(jobs.__file__), base / "root", log)
    shutil.rmtree(base)


def test_what_was_recorded_is_a_whole_day(recorded: Record) -> None:
    """A record that misses what is to be tried would hold anything."""
    said = recorded.words(len(recorded.steps))
    for number, state in ((1, "succeeded"), (4, "failed"), (5, "cancelled"), (7, "succeeded")):
        name = jobs.job(recorded.root, number).id
        assert f"accepted {name}" in said
        assert f"{state} {name}" in said
    everything = frozenset(range(len(recorded.steps)))
    recorded.build(Left(len(recorded.steps), everything))
    check(recorded, Left(len(recorded.steps), everything))


def test_a_power_cut_in_a_short_form(recorded: Record) -> None:
    chance = random.Random(1)
    lefts = list(recorded.lefts(chance, 1))
    bare = list(recorded.bare())
    others = [left for left in lefts if left not in bare]
    for left in [*bare, *chance.sample(others, min(len(others), max(0, SHORT - len(bare))))]:
        check(recorded, left)


@pytest.mark.parametrize(
    "name", ["jobs.sqlite3-wal", "vocals.wav", "job.json", "song_quick.partial", "out", "state"]
)
def test_the_trial_finds_what_is_not_made_safe(recorded: Record, name: str) -> None:
    """Forgotten: the list's log, a stem, a manifest, the names in a job's folder, the job's name in
    the output folder, and the state folder's own name."""
    forgetful = recorded.without_syncs_of(name)
    with pytest.raises((AssertionError, KeyError)):
        check_all(forgetful)


@pytest.mark.slow
def test_a_power_cut_at_every_point_with_every_part(recorded: Record) -> None:
    count = 0
    for left in recorded.lefts(random.Random(2), 20 if WHOLE else 8):
        check(recorded, left)
        count += 1
    print(f"{len(recorded.steps)} steps, {count} disks")


def check_all(recorded: Record) -> None:
    """Each disk with nothing on it that was not safe."""
    for left in recorded.bare():
        check(recorded, left)


def check(recorded: Record, left: Left) -> None:
    """Start the next worker on a disk, let it do all, and look at what there is."""
    recorded.build(left)
    root = recorded.root
    said = recorded.words(left.begun)
    where = f"{left}, after {said[-3:]}"
    worker = jobs.Worker(root, lambda _: None)
    try:
        worker.finish()
        found = {row.job.id: row.job.record for row in worker.store.page(None, None, None, 1000)}
        for words in said:
            told, name = words.split()
            assert name in found, f"a job that was {told} is lost: {where}"
            if told in ("succeeded", "failed", "cancelled"):
                assert found[name].state == told, f"an end has changed: {where}"
        for name, one in found.items():
            assert one.terminal, f"{name} did not end: {where}"
            if one.state == "succeeded":
                assert whole(Path(one.folder or ""), name), f"stems are lost: {where}"
    finally:
        worker.store.close()
    owners = []
    for folder in [path for path in (root / "music").glob("**/song_quick*") if path.is_dir()]:
        owner = folders.owner(folder)
        assert folder.suffix != folders.PARTIAL or owner is None, f"{folder} is left: {where}"
        if owner is not None:
            assert whole(folder, owner), f"{folder} is half a folder: {where}"
            owners.append(owner)
    assert len(set(owners)) == len(owners), f"a job was done twice: {where}"


def whole(folder: Path, name: str) -> bool:
    """Whether a folder holds all of a job."""
    if folders.kept(folder, name) is None:
        return False
    for stem in jobs.STEMS:
        try:
            data, _ = soundfile.read(folder / f"{stem}.wav", dtype="float32")
        except (OSError, soundfile.LibsndfileError):
            return False
        if not np.array_equal(data, jobs.sound(name, stem)[0]):
            return False
    return True
