"""``voxmend restore`` of folders and patterns: a real worker, the fake engine."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sounds
from ctrl_c import HEARS
from house import House, printed, results
from typer.testing import CliRunner
from waiting import PATIENCE_S, until

from voxmend.batch.listing import Listed
from voxmend.batch.queue import Item
from voxmend.cli.app import app
from voxmend.cli.results import item_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a Ctrl-C is sent")

FAKE = ("--preset", "fake")


def run_cli(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command in this process: what is asked here needs none of its own."""
    ran = CliRunner().invoke(app, [str(word) for word in words])
    return subprocess.CompletedProcess(words, ran.exit_code, ran.stdout, ran.stderr)


@pytest.fixture
def songs(house: House, tmp_path: Path) -> Path:
    """A tree of four songs, and a worker."""
    house.start()
    for n, name in enumerate(("a.wav", "b [live].wav", "one/c.wav", "one/deep/d.wav")):
        file = tmp_path / "songs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        sounds.write(file, sounds.tone(0.1, seed=n))
    return tmp_path / "songs"


def made(out: Path) -> list[str]:
    """The jobs' folders below a folder."""
    return sorted(str(file.parent.relative_to(out)) for file in out.rglob("job.json"))


def states(run: subprocess.CompletedProcess[str]) -> list[str]:
    return [item["state"] for item in printed(run)["items"]]


def test_out_mirrors_the_tree_and_a_second_run_finds_all_of_it_done(
    songs: Path, tmp_path: Path, house: House
) -> None:
    out = tmp_path / "out"
    words = ("restore", songs, "--recursive", *FAKE, "--out", out)
    first = run_cli(*words)
    assert first.returncode == 0, first.stderr
    tree = ["a_fake", "b [live]_fake", "one/c_fake", "one/deep/d_fake"]
    assert made(out) == tree
    assert len(first.stdout.splitlines()) == 12
    assert all(Path(line).is_file() for line in first.stdout.splitlines())
    house.close()
    second = run_cli(*words, "--json")
    assert (second.returncode, states(second)) == (0, ["skipped"] * 4)
    assert printed(second)["summary"]["skipped"] == 4
    assert all(Path(stem["path"]).is_file() for stem in printed(second)["items"][3]["stems"])
    assert made(out) == tree
    assert run_cli("worker", "status").returncode == 3  # nothing was to do: none was started
    house.start()
    (out / "one/c_fake/vocals.wav").unlink()
    third = run_cli(*words, "--json")
    assert states(third) == ["skipped", "skipped", "succeeded", "skipped"]
    assert made(out) == sorted([*tree, "one/c_fake_2"])


def test_without_out_stems_lie_beside_their_song_and_are_not_taken_for_songs(songs: Path) -> None:
    for wanted in (["succeeded"] * 4, ["skipped"] * 4):
        assert states(run_cli("restore", songs, "-r", *FAKE, "--json")) == wanted
    assert made(songs) == [
        "one/deep/voxmend/d_fake", "one/voxmend/c_fake", "voxmend/a_fake", "voxmend/b [live]_fake",
    ]  # fmt: skip


def test_other_wishes_make_another_result_and_redo_makes_one_anew(
    songs: Path, tmp_path: Path
) -> None:
    words = ("restore", songs, *FAKE, "--out", tmp_path / "out", "--json")
    for more in ((), ("--format", "flac"), ("--mended-instrumental",), ("--set", "testing.warns=1"),
                 ("--name", "{song} {stem}"), ("--redo",)):  # fmt: skip
        assert states(run_cli(*words, *more)) == ["succeeded"] * 2, more
        if more != ("--redo",):
            assert states(run_cli(*words, *more)) == ["skipped"] * 2, more


def test_a_file_that_is_named_is_always_done_anew_and_a_literal_name_wins(
    songs: Path, tmp_path: Path
) -> None:
    words = (*FAKE, "--out", tmp_path / "out", "--json")
    named = songs / "b [live].wav"
    for _ in range(2):
        assert states(run_cli("restore", named, *words)) == ["succeeded"]
    assert states(run_cli("restore", f"{songs}/*.wav", named, *words)) == ["succeeded"] * 2
    assert states(run_cli("restore", f"{songs}/*.wav", *words)) == ["skipped"] * 2


@pytest.mark.parametrize("argument", ["*.flac", "songs/none*", "empty"])
def test_what_matches_nothing_is_exit_code_2_and_does_nothing(
    songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    run = run_cli("restore", "songs/a.wav", argument, *FAKE, "--json")
    assert run.returncode == 2
    assert printed(run)["error"]["code"] == "bad_request"
    assert made(tmp_path / "songs") == []


def test_one_file_that_fails_is_named_and_the_rest_is_done(songs: Path, tmp_path: Path) -> None:
    (songs / "a.wav").write_bytes(b"")
    report = tmp_path / "report.csv"
    run = run_cli("restore", songs, "none.wav", *FAKE, "--report", report)
    assert run.returncode == 1
    assert "1  files" not in run.stderr
    rows = list(csv.DictReader(report.open(newline="")))
    assert [Path(row["file"]).name for row in rows] == ["a.wav", "b [live].wav", "none.wav"]
    assert [row["state"] for row in rows] == ["succeeded", "succeeded", "failed"]
    assert rows[2]["code"] == "input_missing"
    [line] = [line for line in run.stderr.splitlines() if line.startswith("failed ")]
    assert line.split()[1] == "1"
    assert "input_missing" in run.stderr


@pytest.mark.parametrize("name", ["report.txt", "report", "no/such/report.csv"])
def test_a_report_that_could_not_be_written_is_refused_before_the_work(
    songs: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "taken.html").write_text("mine")
    for report in (tmp_path / name, tmp_path / "taken.html"):
        run = run_cli("restore", songs, *FAKE, "--report", report)
        assert run.returncode in (1, 2)
    assert run_cli("restore", songs, "--detach", "--report", tmp_path / "r.csv").returncode == 2
    assert (tmp_path / "taken.html").read_text() == "mine"
    assert made(songs) == []


def test_detach_says_that_all_jobs_are_queued(songs: Path, tmp_path: Path, house: House) -> None:
    out = tmp_path / "out"
    waits = ("--set", f"testing.until={house.gate}")
    run = run_cli("restore", songs, "-r", *FAKE, *waits, "--out", out, "--detach")
    assert run.returncode == 0
    assert "4 jobs are in the worker's queue" in run.stderr
    assert "in REAPER too, comes after them" in run.stderr
    assert len(run.stdout.splitlines()) == 4
    house.let_go()
    for job in run.stdout.split():
        assert house.finish(house.client(), job).state == "succeeded"


def test_a_batch_on_a_paused_worker_says_that_it_stands_and_how_to_go_on(
    songs: Path, tmp_path: Path
) -> None:
    assert run_cli("worker", "pause").returncode == 0
    out = tmp_path / "out"
    asleep = run_cli("restore", songs, "-r", *FAKE, "--out", out, "--detach")
    assert "The worker is paused by you, since" in asleep.stderr
    command = [sys.executable, "-m", "voxmend", "restore", str(songs), "-r", *FAKE, "--redo"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stderr is not None
        said = run.stderr.readline()
        assert "The worker is paused, go on with: " in said
        assert "-m voxmend worker resume" in said  # as it was typed
        assert run_cli("worker", "resume").returncode == 0
        run.communicate(timeout=PATIENCE_S)
        assert run.returncode == 0


def test_one_voice_and_a_folder_of_several_songs_are_refused(songs: Path, tmp_path: Path) -> None:
    voice = tmp_path / "voice.wav"
    sounds.write(voice, sounds.tone(0.1))
    run = run_cli("restore", songs, "-r", *FAKE, "--voice", voice)
    assert run.returncode == 2
    assert "--voice is the voice of one song" in run.stderr
    assert made(songs) == []


def test_a_result_that_was_taken_away_meanwhile_is_told_without_its_stems(tmp_path: Path) -> None:
    gone = Item(Listed("a.wav"), state="skipped", folder=str(tmp_path / "a_fake"))
    assert item_of(gone)["stems"] == []


def test_ctrl_c_lists_what_is_done_and_the_command_that_goes_on(
    songs: Path, tmp_path: Path, house: House
) -> None:
    out, report = tmp_path / "out", tmp_path / "report.json"
    words = ["restore", str(songs / "a.wav"), str(songs), "-r", *FAKE, "--out", str(out)]
    script = ["--set", f"testing.until={tmp_path}/{{song}}.gate"]
    (tmp_path / "a.gate").touch()  # the first may end; the second waits, and runs for ever
    batch = subprocess.Popen(
        [sys.executable, "-m", "voxmend", *words, *script, "--report", str(report), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=HEARS,
    )  # fmt: skip
    client = house.client()
    until(lambda: len([r for r in client.records() if r.state == "succeeded"]) == 1)
    until(lambda: house.report().running and house.report().queued == 1)
    until(lambda: next(client.records("running")).fraction)
    batch.send_signal(signal.SIGINT)
    printed_, said = batch.communicate(timeout=PATIENCE_S)
    assert batch.returncode == 130, said
    told = json.loads(printed_)
    done = [item for item in told["items"] if item["state"] == "succeeded"]
    assert done
    assert all(f"{item['file']}: done" in said for item in done)
    assert told["summary"]["cancelled"] >= 1
    assert json.loads(report.read_text())["summary"] == told["summary"]
    assert house.report().queued == 0
    [line] = [line for line in said.splitlines() if line.startswith("To go on: ")]
    go_on = line.removeprefix("To go on: ")
    assert "-m voxmend restore " in go_on  # as it was typed
    assert "--since" in go_on
    os.remove(report)
    for name in ("b [live]", "c", "d"):
        (tmp_path / f"{name}.gate").touch()
    rest = subprocess.run(
        go_on, shell=True, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert rest.returncode == 0, rest.stderr
    skipped = [
        item["file"] for item in json.loads(rest.stdout)["items"] if item["state"] == "skipped"
    ]
    assert skipped == [item["file"] for item in done]
    assert made(out) == ["a_fake", "b [live]_fake", "one/c_fake", "one/deep/d_fake"]


def test_jobs_retry_takes_many_and_a_state(songs: Path, tmp_path: Path) -> None:
    words = ("restore", songs, *FAKE, "--set", "testing.fails=out_of_memory", "--json")
    run = run_cli(*words)
    assert run.returncode == 1
    jobs = [item["job"] for item in printed(run)["items"]]
    again = run_cli("jobs", "retry", *jobs, "nothing-begins-so", "--json")
    assert again.returncode == 2
    items = printed(again)["items"]
    assert [item["retry_of"] for item in items] == [*jobs, "nothing-begins-so"]
    assert items[2]["error"]["code"] == "unknown_job"
    until(lambda: _failed() == 4)
    assert len(run_cli("jobs", "retry", "--state", "failed").stdout.split()) == 2  # not the first
    for wrong in ((), ("--state", "succeeded"), (jobs[0], "--state", "failed")):
        assert run_cli("jobs", "retry", *wrong).returncode == 2


def _failed() -> int:
    listed: list[Any] = printed(run_cli("jobs", "list", "--state", "failed", "--json"))["items"]
    return len(listed)


def test_nothing_is_left_behind(songs: Path) -> None:
    run_cli("restore", songs, "-r", *FAKE)
    assert not [path for path in songs.rglob("*") if path.name.endswith(".partial")]
    assert len(results(songs / "voxmend")) == 2
