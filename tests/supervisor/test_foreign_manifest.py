"""A job.json in a final folder that somebody changed: the job is still done, its stems are not
believed to lie elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from voxmend.supervisor import folders

JOB = "0f0e0d0c-0b0a-4908-8706-050403020100"
STEM = {"name": "vocals", "file": "vocals.wav", "start_frame": 0, "frames": 1, "rate": 44100,
        "channels": 2, "peak": 0.5}  # fmt: skip


def kept(tmp_path: Path, **change: Any) -> tuple[str, ...]:
    told = {"job": JOB, "state": "succeeded", "stems": [{**STEM, **change}]}
    (tmp_path / folders.MANIFEST).write_text(json.dumps(told))
    done = folders.kept(tmp_path, JOB)
    assert done is not None
    return tuple(stem.file for stem in done.stems)


def test_stems_beside_it_are_those_of_the_job(tmp_path: Path) -> None:
    assert kept(tmp_path) == ("vocals.wav",)


@pytest.mark.parametrize("file", ["../x.wav", "/etc/x.wav", "C:\\x.wav", "NUL", "a\x1b.wav", ""])
def test_stems_elsewhere_are_none(tmp_path: Path, file: str) -> None:
    assert kept(tmp_path, file=file) == ()


def test_a_stem_that_is_a_link_out_of_the_folder_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "a_quick"
    folder.mkdir()
    (tmp_path / "secret.wav").touch()
    (folder / "vocals.wav").symlink_to(tmp_path / "secret.wav")
    assert kept(folder) == ()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"job": "\\ud800"}', "\xff", "", "[]"])
def test_what_is_no_manifest_has_no_owner(tmp_path: Path, text: str) -> None:
    (tmp_path / folders.MANIFEST).write_text(text, "latin-1")
    assert folders.owner(tmp_path) is None
    assert folders.kept(tmp_path, JOB) is None
