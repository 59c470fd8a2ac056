"""``voxmend batch --ray`` before there is a cluster: what cannot be is refused with a next step."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest
import sounds
from cluster import scripted
from filelock import FileLock
from typer.testing import CliRunner

from voxmend.cli.app import app
from voxmend.cli.on_ray import LOCK
from voxmend.cluster import driver
from voxmend.testing import FAKE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Ray's clusters are Linux")


@pytest.fixture
def song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A song, and a state folder with the fake preset."""
    home = tmp_path / "home"
    (home / "config" / "presets").mkdir(parents=True)
    (home / "config" / "presets" / "fake.toml").write_text(FAKE)
    monkeypatch.setenv("VOXMEND_HOME", str(home))
    (tmp_path / "songs").mkdir()
    return sounds.write(tmp_path / "songs" / "song.wav", sounds.tone(0.1))


def ran(song: Path, *words: str) -> tuple[int, str]:
    """The exit code of a batch, and all it said."""
    done = CliRunner().invoke(app, ["batch", str(song.parent), "--preset", "fake", *words])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--ray", "local"), 2, "--out FOLDER"),
        (("--ray", " ", "--out", "OUT"), 2, "--ray is empty"),
        (("--ray", "local", "--out", "OUT", "--memory-gb", "-1"), 2, "--memory-gb"),
        (("--ray", "local", "--out", "ftp://host/x"), 2, "s3:// or gs://"),
        (("--ray", "local", "--out", "s3://"), 2, "name the bucket"),
    ],
)
def test_what_cannot_be_is_refused(
    song: Path, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    out = str(tmp_path / "out")
    found, told = ran(song, *(out if word == "OUT" else word for word in words))
    assert found == code, told
    assert said in told


def test_without_ray_the_extra_is_named(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, told = ran(song, "--ray", "local", "--out", "out")
    assert code == 4
    assert "voxmend[ray]" in told


def test_a_batch_on_a_cluster_is_told_as_one_on_the_worker_is(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "main", scripted.works)
    out, page = tmp_path / "out", tmp_path / "songs.csv"
    words = ("--ray", "local", "--out", str(out), "--json", "--report", str(page))
    done = CliRunner().invoke(app, ["batch", str(song.parent), "--preset", "fake", *words])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["summary"]["done"] == 1
    assert told["items"][0]["folder"] == "/out/song.wav"
    assert len(page.read_text().splitlines()) == 2
    assert not (out / LOCK).exists()


def test_a_driver_that_dies_is_exit_code_3_and_what_is_done_is_told(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "main", scripted.dies)
    sounds.write(song.parent / "last.wav", sounds.tone(0.1, seed=1))
    code, told = ran(song, "--ray", "local", "--out", str(tmp_path / "out"))
    assert code == 3
    assert "The same command does the rest" in told
    assert "[worker_unreachable]" in told


def test_two_batches_do_not_write_to_one_folder(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "main", scripted.works)
    out = tmp_path / "out"
    out.mkdir()
    with FileLock(out / LOCK):
        code, told = ran(song, "--ray", "local", "--out", str(out))
    assert code == 1
    assert "Another batch writes to" in told
