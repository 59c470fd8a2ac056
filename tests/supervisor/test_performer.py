"""The lifecycle's decisions carried out: a real list of jobs, real folders, a real child."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from supervisor_jobs import job
from waiting import until

from voxmend import claims
from voxmend.engine import orders
from voxmend.paths import Paths
from voxmend.supervisor import events, folders
from voxmend.supervisor.engine_host import EngineHost
from voxmend.supervisor.engines import Engines
from voxmend.supervisor.events import Job
from voxmend.supervisor.lifecycle import Lifecycle
from voxmend.supervisor.performer import MOST_MODELS, Performer
from voxmend.supervisor.store import Store
from voxmend.testing.engine import fake_engine
from voxmend_protocol.errors import DiskFull, EnvironmentProblem
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import JobRecord, LoadedModel, Output

SCRIPT = {
    "seconds": 0.0, "until": "", "crashes": 0, "stubborn": False, "fails": "", "warns": 0,
    "overflows": False, "reads": False,
}  # fmt: skip


class Marks:
    """The points that a performer reaches, and what happens at them."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.at: dict[str, Callable[[], None]] = {}

    def __call__(self, point: str) -> None:
        self.reached.append(point)
        self.at.pop(point, lambda: None)()


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
def performer(tmp_path: Path, marks: Marks) -> Iterator[Performer]:
    """One with the fake engine, which starts with the first job."""
    paths = Paths(tmp_path / "state", tmp_path / "config", tmp_path / "cache")
    store = Store(paths.database)
    engines = Engines(
        lambda _: EngineHost(fake_engine, orders.Configure("auto", "auto", 600.0), paths)
    )
    yield Performer(store, engines, Lifecycle(1), lambda _: None, marks)
    engines.close()
    store.close()


def queued(number: int, out: Path) -> Job:
    """A job for the fake engine."""
    made = job(number)
    submit = replace(made.spec.submit, output=Output(str(out)))
    return replace(
        made, spec=replace(made.spec, submit=submit, plan=json.dumps({"block": [SCRIPT]}))
    )


def finish(performer: Performer, made: Job) -> JobRecord:
    """Hear the engine until the job has ended."""
    until(lambda: made.id not in performer.state.jobs, performer.listen)
    record = performer.record(made.id)
    assert record is not None
    return record


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_an_engine_that_died_idle_and_unheard_costs_the_next_job_nothing(
    performer: Performer, tmp_path: Path
) -> None:
    first, second = queued(1, tmp_path / "out"), queued(2, tmp_path / "out")
    performer.feed(events.Submitted(first))
    assert finish(performer, first).state == "succeeded"
    pid = performer.engines.pid(0)
    assert pid is not None
    engine = psutil.Process(pid)
    engine.kill()
    until(lambda: not _lives(engine))
    performer.feed(events.Submitted(second))
    record = finish(performer, second)
    assert (record.state, record.attempt) == ("succeeded", 1)


def test_a_job_that_is_kept_makes_no_names_that_it_does_not_need(
    performer: Performer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    candidates = folders.candidates

    def counted(submit: Submit) -> Iterator[Path]:
        for name in candidates(submit):
            made.append(name)
            yield name

    monkeypatch.setattr(folders, "candidates", counted)
    monkeypatch.setattr(claims, "candidates", counted)
    one = queued(1, tmp_path / "out")
    performer.feed(events.Submitted(one))
    assert finish(performer, one).state == "succeeded"
    assert made == [tmp_path / "out" / "song_quick"]


def test_names_that_are_taken_when_it_is_kept_are_passed_over_and_cost_no_commit(
    performer: Performer, tmp_path: Path, marks: Marks
) -> None:
    out = tmp_path / "out"
    names = ["song_quick", *(f"song_quick_{n}" for n in range(2, 30))]

    def take() -> None:
        for name in names:
            (out / name).mkdir()

    marks.at["before_rename"] = take
    one = queued(1, out)
    performer.feed(events.Submitted(one))
    record = finish(performer, one)
    assert record.folder == str(out / "song_quick_30")
    assert (out / "song_quick_30" / "vocals.wav").exists()
    assert all(not any((out / name).iterdir()) for name in names)
    assert marks.reached.count("before_rename") == 2


def test_what_led_to_a_defect_is_written_down_once(
    performer: Performer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[object] = []
    monkeypatch.setattr(
        "voxmend.supervisor.performer.log", lambda *_, **said: lines.append(said.get("event"))
    )
    one = queued(1, tmp_path / "out")
    performer.feed(events.Recovered(one))
    lines.clear()
    performer.log_stimuli()
    assert lines == [f"Recovered {one.id}", f"Claimed {one.id}"]
    performer.log_stimuli()
    assert len(lines) == 2


def test_a_report_names_no_more_networks_than_fit(performer: Performer) -> None:
    held = LoadedModel("htdemucs", 84, "cpu", None, 600.0)
    performer.feed(orders.Holding((held,) * (MOST_MODELS + 1)))
    assert len(performer.loaded()) == MOST_MODELS


def test_a_job_that_cannot_be_written_down_is_as_if_it_had_never_come(
    performer: Performer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, refused, last = (queued(number, tmp_path / "out") for number in (1, 2, 3))

    def full(_: Job) -> None:
        raise DiskFull("There is no room left.")

    for before in ((), (first,)):  # nothing runs; another one runs
        for other in before:
            performer.submit(other)
        with monkeypatch.context() as patch:
            patch.setattr(performer.store, "add", full)
            with pytest.raises(DiskFull):
                performer.submit(refused)
        performer.state.validate()
        assert performer.record(refused.id) is None
    performer.submit(last)
    for made in (first, last):
        assert finish(performer, made).state == "succeeded"
    assert performer.record(refused.id) is None


def test_a_job_that_is_in_the_list_was_accepted_whatever_fails_after(
    performer: Performer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim is noted in the list, too: one that cannot be noted is the next start's."""
    made = queued(1, tmp_path / "out")

    def fail(_: Job) -> None:
        performer.store.lost = EnvironmentProblem("The disk failed.")
        raise performer.store.lost

    monkeypatch.setattr(performer.store, "save", fail)
    performer.submit(made)
    assert performer.store.live() == [made]
    assert performer.store.lost is not None


def test_a_folder_that_could_not_be_removed_goes_with_the_next_job_or_start(
    performer: Performer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(path: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    script = {**SCRIPT, "fails": "internal"}
    first, second, third = (queued(number, tmp_path / "out") for number in (1, 2, 3))
    failing = [
        replace(one, spec=replace(one.spec, plan=json.dumps({"block": [script]})))
        for one in (first, second, third)
    ]

    def ends_on_a_disk_that_can_only_be_read(one: Job) -> Path:
        with monkeypatch.context() as patch:
            patch.setattr("voxmend.safe_files.remove_folder", read_only)
            performer.feed(events.Submitted(one))
            assert finish(performer, one).state == "failed"
        made = performer.store.get(one.id)
        assert made is not None
        assert made.partial is not None
        return Path(made.partial)

    left = ends_on_a_disk_that_can_only_be_read(failing[0])
    assert left.is_dir()
    performer.feed(events.Submitted(failing[1]))
    assert finish(performer, failing[1]).state == "failed"
    assert not left.exists()
    left = ends_on_a_disk_that_can_only_be_read(failing[2])
    assert left.is_dir()
    again = Performer(
        performer.store, performer.engines, Lifecycle(2), lambda _: None, lambda _: None
    )
    again.recover()
    assert not left.exists()
    assert os.listdir(tmp_path / "out") == []
