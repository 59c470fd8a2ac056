"""A laptop that has voxmend and no torch: songs are done elsewhere, from its first command on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import run_cli
from remote.asking import song
from remote.studio import Studio

from voxmend.testing import FAKE

HIDE = """\
import importlib.util
import sys

HIDDEN = ("torch", "onnxruntime", "demucs", "audio_separator")
before = importlib.util.find_spec


def find_spec(name, package=None):
    return None if name.partition(".")[0] in HIDDEN else before(name, package)


class Hidden:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


importlib.util.find_spec = find_spec
sys.meta_path.insert(0, Hidden)
"""


@pytest.fixture
def bare(tmp_path: Path, studio: Studio) -> Iterator[dict[str, str]]:
    """The surroundings of a laptop without torch, which is paired."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(HIDE)
    home = tmp_path / "home"
    (home / "config" / "presets").mkdir(parents=True)
    home.chmod(0o700)
    (home / "config" / "presets" / "fake.toml").write_text(FAKE)
    env = {
        "VOXMEND_HOME": str(home),
        "VOXMEND_PROGRAM": str(tmp_path / "nowhere"),
        "PYTHONPATH": str(hidden),
        "PATH": os.defpath,
    }
    yield env
    run_cli("worker", "stop", **env)


def test_its_songs_are_done_elsewhere(bare: dict[str, str], studio: Studio, tmp_path: Path) -> None:
    studio.pair(Path(bare["VOXMEND_HOME"]))
    studio.start()
    ran = run_cli(
        "restore", song(tmp_path), "--preset", "fake", "--device", "studio-box", "--out",
        tmp_path / "out", **bare,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "out" / "song 1_fake" / "vocals.wav").is_file()


def test_a_job_for_itself_is_refused_with_the_next_step(
    bare: dict[str, str], studio: Studio, tmp_path: Path
) -> None:
    studio.pair(Path(bare["VOXMEND_HOME"]))
    ran = run_cli("restore", song(tmp_path), "--preset", "fake", **bare)
    assert ran.returncode == 4, ran.stderr
    assert "without torch" in ran.stderr
    assert "--device NAME" in ran.stderr


def test_one_that_is_paired_with_nobody_is_told_to_install_it(
    bare: dict[str, str], tmp_path: Path
) -> None:
    ran = run_cli("restore", song(tmp_path), "--preset", "fake", **bare)
    assert ran.returncode == 4, ran.stderr
    assert "There is no worker" in ran.stderr
