"""``voxmend demo``: what a fresh machine does with nothing fetched."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import sounds
from house import House, printed, results, run_cli
from typer.testing import CliRunner

from voxmend.batch.summary import Summary
from voxmend.cli.app import app
from voxmend.cli.batch import Batch, Outcome
from voxmend.demo import recording
from voxmend.models import package
from voxmend_protocol import Client

pytestmark = pytest.mark.usefixtures("real_house")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def run(real_house: House, out: Path) -> subprocess.CompletedProcess[str]:
    """One demo, as a user types it."""
    return run_cli("demo", "--out", out, "--json")


def test_a_song_made_here_and_a_real_recording_are_separated(
    run: subprocess.CompletedProcess[str], out: Path
) -> None:
    assert run.returncode == 0, run.stderr
    found, real = printed(run)["items"]
    assert found["state"] == real["state"] == "succeeded"
    gains = found["si_sdr"]
    assert gains["vocals_raw"] == gains["vocals"] > gains["mix"] + 10
    assert f"{gains['vocals']:+.1f} separated." in run.stderr
    folders = [folder.name for folder in results(out) if folder.is_dir()]
    assert folders == ["audio_example_quick", "demo_song_quick"]
    mix, _ = sounds.read(Path(real["file"]))
    stems = {s["name"]: sounds.read(s["path"])[0] for s in real["stems"]}
    assert sounds.peak_db(stems["vocals_raw"] + stems["instrumental"] - mix) < -90
    assert all(sounds.peak_db(stem) > -20 for stem in stems.values())


def test_the_recording_stays_where_it_is_and_is_named_as_what_it_is(
    run: subprocess.CompletedProcess[str], out: Path
) -> None:
    file = recording.find()
    assert file is not None
    assert "the example that comes with Spleeter" in run.stderr
    assert str(file) in run.stderr
    assert not list(out.rglob("*.mp3"))


def test_without_the_recording_the_demo_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "found", lambda _: None)
    assert recording.find() is None
    asked: list[list[str]] = []

    def carry_out(batch: Batch, _: Client) -> Outcome:
        asked.append([file.path for file in batch.files])
        return Outcome([{"file": batch.files[0].path}], Summary.of([], 0.0), 0)

    monkeypatch.setattr(Batch, "carry_out", carry_out)
    ran = CliRunner().invoke(app, ["demo", "--out", str(tmp_path)])
    assert ran.exit_code == 0
    assert "is not here" in ran.stderr
    assert [len(files) for files in asked] == [1]
