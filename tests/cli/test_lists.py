"""``voxmend batch`` of lists and folders: a real worker, the fake engine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import sounds
from house import House, printed
from typer.testing import CliRunner

from voxmend.cli.app import app

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the house is POSIX's")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """A command in this process."""
    ran = CliRunner().invoke(app, words)
    return subprocess.CompletedProcess(words, ran.exit_code, ran.stdout, ran.stderr)


@pytest.fixture
def songs(house: House, tmp_path: Path) -> Path:
    """A list of three songs, one of them gone, and a worker."""
    house.start()
    lines = []
    for n, name in enumerate(("one/a.wav", "two/a.wav", "gone.wav")):
        file = tmp_path / "songs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if name != "gone.wav":
            sounds.write(file, sounds.tone(0.1, seed=n))
        lines.append(f"{file}\n")
    (tmp_path / "songs.txt").write_text("".join(lines))
    return tmp_path / "songs.txt"


def test_a_list_is_done_once_and_a_second_run_only_tries_what_failed(
    songs: Path, tmp_path: Path
) -> None:
    out, page = tmp_path / "out", tmp_path / "songs.csv"
    words = ["batch", str(songs), "--preset", "fake", "--set", "testing.reads=true"]
    words += ["--out", str(out), "--json"]
    first = run(*words, "--report", str(page))
    told = printed(first)
    assert [item["state"] for item in told["items"]] == ["succeeded", "succeeded", "failed"]
    assert told["items"][2]["error"]["code"] == "input_missing"
    assert first.returncode == 1
    assert sorted(each.name for each in out.iterdir()) == ["a_fake", "a_fake_2"]
    assert len(page.read_text().splitlines()) >= 4
    second = printed(run(*words))
    assert [item["state"] for item in second["items"]] == ["skipped", "skipped", "failed"]
    assert sorted(each.name for each in out.iterdir()) == ["a_fake", "a_fake_2"]
    third = printed(run(*words, "--redo"))
    assert third["summary"]["done"] == 2
    assert len(list(out.iterdir())) == 4
