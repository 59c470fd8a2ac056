"""A worker that was told to stop: who wakes it, and who does not."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sounds
from house import House, run_cli
from typer.testing import CliRunner

import voxmend
from voxmend import holder, launch, paths, stopped
from voxmend.cli.app import app
from voxmend.watch.client import WorkerClient
from voxmend.watch.run import Watcher
from voxmend_protocol import Client
from voxmend_protocol.errors import DiskFull, WorkerUnreachable


@pytest.fixture
def stopped_house(house: House) -> Iterator[House]:
    """A house whose worker was told to stop, with a job at work; whatever is started there ends."""
    house.start()
    house.job = house.submit(house.client(), until=house.gate)  # type: ignore[attr-defined]
    assert launch.stop_for_good()
    house.wait_dead()
    yield house
    with contextlib.suppress(WorkerUnreachable):
        launch.stop()


def test_nobody_who_only_asks_wakes_it(stopped_house: House) -> None:
    for words in (["jobs", "list"], ["jobs", "cancel", "0" * 36], ["worker", "status"]):
        run = run_cli(*words)
        assert run.returncode == 3, run.stderr
        assert "voxmend worker start" in run.stderr
    assert run_cli("cache", "stats").returncode == 0, "the cache can be looked at without one"
    assert not launch.running()


def test_it_wakes_for_a_new_job_and_goes_on_with_the_old_ones(stopped_house: House) -> None:
    with launch.connect(new_job=True) as client:
        assert client.job(stopped_house.job).state != "cancelled"  # type: ignore[attr-defined]
    assert not stopped.lies(paths.find()), "the sign is gone"


def test_it_wakes_when_it_is_started(stopped_house: House) -> None:
    assert launch.start()
    with launch.connect(new_job=False) as client:
        assert list(client.records())


def test_who_follows_a_job_while_it_is_stopped_does_not_start_it_again(house: House) -> None:
    house.start()
    with launch.connect(new_job=True) as client:
        job = house.submit(client, until=house.gate)
        records = client.follow([job])
        next(records)
        assert launch.stop_for_good()
        with pytest.raises(WorkerUnreachable, match="was stopped"):
            list(records)
    assert not launch.running()


def test_a_worker_that_was_killed_is_started_again_on_demand(house: House) -> None:
    house.start()
    assert house.process is not None
    house.process.kill()
    house.wait_dead()
    try:
        with launch.connect(new_job=False):
            assert launch.running()
    finally:
        launch.stop()


def test_a_stop_that_fails_leaves_no_sign(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.start()

    def fails(*_: Any) -> bool:
        raise WorkerUnreachable("It does not end.")

    monkeypatch.setattr(launch, "stop", fails)
    with pytest.raises(WorkerUnreachable):
        launch.stop_for_good()
    assert not stopped.lies(paths.find())


def test_who_has_stopped_it_can_start_another_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.start()
    house.submit(house.client(), until=house.gate)
    # Its file goes first; it lets the lock go once its engines have ended.
    monkeypatch.setattr(launch, "_key", lambda _: None)
    assert launch.stop()
    assert not holder.held(paths.find())
    house.start()


def test_on_a_full_disk_it_ends_even_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.start()

    def full(*_: Any) -> bool:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stopped, "put", full)
    with pytest.raises(DiskFull, match="has ended, but a later question may start it again"):
        launch.stop_for_good()
    house.wait_dead()
    with pytest.raises(DiskFull, match=r"^(?!The worker has ended)"):
        launch.stop_for_good()


@pytest.mark.parametrize(
    ("words", "new_job"),
    [
        (["restore", "{song}"], True),
        (["jobs", "retry", "0" * 36], True),
        (["jobs", "list"], False),
        (["jobs", "show", "0" * 36], False),
        (["jobs", "cancel", "0" * 36], False),
        (["jobs", "clear"], False),
        (["report", "0123"], False),
        (["cache", "stats"], False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_only_commands_that_bring_a_job_may_wake_it(
    words: list[str], new_job: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    song = tmp_path / "song.wav"
    song.write_bytes(b"RIFF")
    asked: list[bool] = []

    def connect(_: str = "cli", new_job: bool = True) -> Client:
        asked.append(new_job)
        raise WorkerUnreachable("Not now.")

    monkeypatch.setattr(launch, "connect", connect)
    CliRunner().invoke(app, [word.replace("{song}", str(song)) for word in words])
    assert asked == [new_job]


class Folder:
    """A watched folder as the watcher sees it: what waits in it."""

    def __init__(self, *names: str) -> None:
        self.folder, self.names = type("Watched", (), {"path": "/in"}), list(names)


def test_only_a_file_that_came_after_the_stop_wakes_it_for_the_watch_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    where = paths.find()
    where.stop_file.parent.mkdir(parents=True)
    watcher, folder = Watcher(where, lambda _: None), Folder("one.wav", "two.wav")
    watcher._stations = [folder]  # type: ignore[list-item]
    assert not watcher._fresh(), "a worker that is not stopped needs no leave"
    assert stopped.lay(where)
    assert not watcher._fresh(), "what waited may go on waiting"
    folder.names.remove("one.wav")
    assert not watcher._fresh()
    folder.names.append("three.wav")
    assert watcher._fresh()


def test_a_watcher_that_begins_after_the_stop_takes_what_lies_there_for_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    where = paths.find()
    where.stop_file.parent.mkdir(parents=True)
    assert stopped.lay(where)
    watcher = Watcher(where, lambda _: None)
    watcher._stations = [Folder("one.wav")]  # type: ignore[list-item]
    assert watcher._fresh()


def test_a_fresh_file_does_not_wait_until_a_stopped_worker_has_rested() -> None:
    def refused() -> Client:
        raise WorkerUnreachable("The worker was stopped.")

    woken: list[str] = []

    def wake() -> Client:
        woken.append("now")
        raise WorkerUnreachable("It does not come up.")

    client = WorkerClient(refused, lambda _: None, wake)
    assert not client.ready(0.0)
    assert not client.ready(0.1, fresh=True)
    assert woken == ["now"]
    client.ready(0.2, fresh=True)
    assert woken == ["now"], "one that does not come up is left alone"


def test_python_that_only_asks_does_not_wake_it_and_a_song_does(stopped_house: House) -> None:
    with voxmend.Client() as client:
        with pytest.raises(WorkerUnreachable, match="was stopped"):
            client.jobs()
        assert not launch.running()
        song = stopped_house.root / "song.wav"
        sounds.write(song, sounds.tone(0.1))
        client.submit(song, preset="fake")
        assert launch.running()
