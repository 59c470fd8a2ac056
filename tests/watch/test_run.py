"""The watcher as a process: what it prints, how it ends, what it outlives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import sounds
from house import House, printed, results, run_cli
from watch.watcher import Watching

from voxmend import paths
from voxmend.testing import FAKE
from voxmend.watch import station
from voxmend.watch.event import Event
from voxmend.watch.run import Watcher
from voxmend_protocol.errors import BadRequest


def drop(folder: Path, name: str, seed: int = 0) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    return sounds.write(file, sounds.tone(0.2, seed=seed))


def test_files_are_mended_as_they_come_and_ctrl_c_ends_it_cleanly(watching: Watching) -> None:
    watching.add("--preset", "fake")
    drop(watching.folder, "a.wav")
    watching.start()
    watching.until_event("done")
    drop(watching.folder, "identity/ö b.wav", seed=1).unlink()
    drop(watching.folder, "fake/ö b.wav", seed=1)
    watching.until_event("done", 2)
    assert watching.stop(signal.SIGINT) == 0
    restored = watching.folder / "Restored"
    assert (restored / "a_fake" / "vocals.wav").exists()
    assert (restored / "fake" / "ö b_fake" / "vocals.wav").exists()
    assert [e["file"] for e in watching.events("done")] == ["a.wav", "fake/ö b.wav"]
    assert watching.events()[-1]["event"] == "stopped"
    said = watching.said().splitlines()
    assert said == [event["message"] for event in watching.events()]


@pytest.mark.slow
def test_sigterm_ends_it_as_ctrl_c_does(watching: Watching) -> None:
    watching.add("--preset", "fake")
    watching.start()
    watching.until_event("watching")
    assert watching.stop(signal.SIGTERM) == 0
    assert "Traceback" not in watching.said()


@pytest.mark.slow
def test_once_mends_what_is_there_and_says_by_its_exit_code_how_that_went(
    watching: Watching,
) -> None:
    watching.add("--preset", "fake")
    drop(watching.folder, "a.wav")
    assert run_cli("watch", "run", "--once").returncode == 0
    assert [f.name for f in results(watching.folder / "Restored")] == ["a_fake"]
    drop(watching.folder, "No preset/b.wav")
    run = run_cli("watch", "run", "--once", "--json")
    assert run.returncode == 1
    (event,) = [json.loads(x) for x in run.stdout.splitlines() if "unknown_preset" in x]
    assert event["file"] == "No preset"
    assert "fake" in (watching.folder / "Errors" / "No preset.txt").read_text("utf-8")


@pytest.mark.slow
def test_a_failed_file_gets_a_sentence_and_a_next_try(watching: Watching, house: House) -> None:
    broken = FAKE.replace('fails = ""', 'fails = "unsupported_audio"')
    (house.root / "config" / "presets" / "broken.toml").write_text(broken)
    watching.add("--preset", "broken")
    file = drop(watching.folder, "a.wav")
    assert run_cli("watch", "run", "--once").returncode == 1
    text = (watching.folder / "Errors" / "a.wav.txt").read_text("utf-8")
    assert "Failed as asked." in text
    assert run_cli("watch", "run", "--once").returncode == 0  # nothing new, nothing repeated
    os.utime(file)
    assert run_cli("watch", "run", "--once").returncode == 1
    assert len(list(house.client().records())) == 2


@pytest.mark.slow
def test_it_outlives_the_worker(watching: Watching, house: House) -> None:
    slow = FAKE.replace("seconds = 0.0", "seconds = 2.0")
    (house.root / "config" / "presets" / "slow.toml").write_text(slow)
    watching.add("--preset", "slow")
    for n in range(3):
        drop(watching.folder, f"{n}.wav", seed=n)
    watching.start()
    watching.until_event("taken", 2)
    with watching.asleep():  # it would start a worker itself, which has no fake block
        house.kill_and_see_the_engine_go()
        house.start()
    watching.until_event("done", 3)
    assert len({e["job"] for e in watching.events("done")}) == 3
    assert len(results(watching.folder / "Restored")) == 3


@pytest.mark.slow
def test_folders_may_be_added_and_removed_while_it_runs(watching: Watching, tmp_path: Path) -> None:
    watching.add("--preset", "fake")
    watching.start()
    watching.until_event("watching")
    other = tmp_path / "Other"
    assert run_cli("watch", "add", other, "--preset", "fake").returncode == 0
    drop(other, "b.wav")
    watching.until_event("done")
    assert {i["state"] for i in printed(run_cli("watch", "list", "--json"))["items"]} == {"watched"}
    assert run_cli("watch", "remove", other).returncode == 0
    time.sleep(1.5)
    drop(other, "c.wav", seed=1)
    drop(watching.folder, "a.wav", seed=2)
    watching.until_event("done", 2)
    assert [e["file"] for e in watching.events("done")] == ["b.wav", "a.wav"]


def test_started_at_log_in_it_waits_for_a_first_folder(house: House, tmp_path: Path) -> None:
    turns = 0
    told: list[Event] = []

    def each_turn(_: float) -> None:
        nonlocal turns
        turns += 1
        if turns == 1:
            assert run_cli("watch", "add", tmp_path / "Late", "--preset", "fake").returncode == 0
        elif told:
            raise KeyboardInterrupt

    with pytest.raises(BadRequest, match="voxmend watch add"):
        Watcher(paths.find(), told.append).run()
    with pytest.raises(KeyboardInterrupt):
        Watcher(paths.find(), told.append, each_turn).run(stay=True)
    assert [event.kind for event in told] == ["watching"]


@pytest.mark.slow
def test_a_second_watcher_leaves_the_folder_to_the_first(watching: Watching) -> None:
    watching.add("--preset", "fake")
    watching.start()
    watching.until_event("watching")
    run = run_cli("watch", "run", "--once")
    assert run.returncode == 1
    assert "Another watcher has" in run.stderr


@pytest.mark.slow
def test_results_of_the_same_name_lie_side_by_side(watching: Watching) -> None:
    watching.add("--preset", "fake")
    drop(watching.folder, "a.wav")
    drop(watching.folder, "a.aiff", seed=1)
    (watching.folder / "Restored" / "a_fake").mkdir()
    assert run_cli("watch", "run", "--once").returncode == 0
    restored = watching.folder / "Restored"
    assert [f.name for f in results(restored)] == ["a_fake", "a_fake_2", "a_fake_3"]
    assert os.listdir(restored / "a_fake") == []
    sources = {
        json.loads((restored / name / "job.json").read_bytes())["job"]
        for name in ("a_fake_2", "a_fake_3")
    }
    assert len(sources) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x" * 251 + ".wav", "ü" * 125 + ".wav"])
@pytest.mark.slow
def test_a_name_as_long_as_a_disk_takes_is_mended(name: str, watching: Watching) -> None:
    watching.add("--preset", "fake")
    drop(watching.folder, name)
    assert run_cli("watch", "run", "--once").returncode == 0
    assert len(results(watching.folder / "Restored")) == 1


@pytest.mark.slow
def test_a_name_that_is_not_unicode_is_refused_in_a_sentence(watching: Watching) -> None:
    watching.add("--preset", "fake")
    drop(watching.folder, "a.wav").rename(os.fsdecode(os.fsencode(watching.folder) + b"/\xff.wav"))
    run = run_cli("watch", "run", "--once", "--json")
    assert run.returncode == 1
    assert "not valid Unicode. Rename" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_watcher_has_no_torch(watching: Watching) -> None:
    watching.add("--preset", "fake")
    drop(watching.folder, "a.wav")
    script = (
        "import sys; sys.argv = ['voxmend', 'watch', 'run', '--once']\n"
        "from voxmend.cli.app import main\n"
        "try: main()\n"
        "except SystemExit as e: print(e.code, [m for m in sys.modules if m == 'torch'])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "0 []"


@pytest.mark.slow
def test_a_worker_that_is_not_there_is_started(house: House, watching: Watching) -> None:
    """As ``voxmend restore`` does; it has the real engine, and does not know the fake block: that
    is the preset's fault, so its files wait."""
    assert house.process is not None
    house.process.kill()
    house.process.wait()
    watching.add("--preset", "fake")
    drop(watching.folder, "a.wav")
    try:
        run = run_cli("watch", "run", "--once", "--json")
        kinds = [json.loads(line)["event"] for line in run.stdout.splitlines()]
        assert kinds == ["watching", "taken", "held"]
        assert run.returncode == 1
    finally:
        run_cli("worker", "stop")


@pytest.mark.slow
def test_an_idle_watcher_costs_next_to_nothing(watching: Watching) -> None:
    watching.add("--preset", "fake")
    for n in range(300):
        (watching.folder / f"{n}.txt").write_text("x")
    watching.start()
    watching.until_event("watching")
    assert watching.process is not None
    process = psutil.Process(watching.process.pid)
    before = process.cpu_times()
    time.sleep(3)
    after = process.cpu_times()
    assert after.user + after.system - before.user - before.system < 0.3


def test_a_defect_in_one_folder_is_told_once_and_stops_no_other(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Bad", "Good"):
        run_cli("watch", "add", tmp_path / name, "--preset", "fake")
    real = station.Station.turn

    def turn(self: station.Station, now: float) -> None:
        if self.folder.path.endswith("Bad"):
            raise ZeroDivisionError("a defect")
        real(self, now)

    monkeypatch.setattr(station.Station, "turn", turn)
    events: list[Event] = []
    watcher = Watcher(paths.find(), events.append)
    try:
        for _ in range(3):
            watcher.turn(0.0)
    finally:
        watcher.close()
    assert [event.kind for event in events] == ["worker", "watching"]
    assert events[0].code == "internal"
