"""The list of watched folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from voxmend.watch import registry
from voxmend.watch.registry import Watched
from voxmend_protocol.errors import BadRequest, EnvironmentProblem

HOME = Path("/home/ann")
EXPORTS = Watched("/home/ann/Exports", "quick", {"denoise.strength": 0.5, "a.b": True})


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "config" / "watch.json"
    folders = (EXPORTS, Watched("/mnt/süß", "studio", format="flac", poll=True, done=True))
    registry.save(file, folders)
    assert registry.load(file) == folders


def test_without_a_file_no_folder_is_watched(tmp_path: Path) -> None:
    assert registry.load(tmp_path / "watch.json") == ()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"folders": [{"path": 3}]}', "\xff"])
def test_a_broken_file_is_named_with_the_way_out(text: str, tmp_path: Path) -> None:
    file = tmp_path / "watch.json"
    file.write_text(text, "latin-1")
    with pytest.raises(EnvironmentProblem, match="voxmend watch add FOLDER"):
        registry.load(file)


def test_a_folder_that_is_watched_already_gets_the_new_settings() -> None:
    new = replace(EXPORTS, preset="studio")
    assert registry.with_folder([EXPORTS], new, HOME) == [new]


@pytest.mark.parametrize("path", ["/home/ann/Exports/quick", "/home"])
def test_folders_in_each_other_are_refused(path: str) -> None:
    with pytest.raises(BadRequest, match="lie in each other"):
        registry.with_folder([EXPORTS], Watched(path, "quick"), HOME)


def test_folders_side_by_side_are_not(tmp_path: Path) -> None:
    beside = Watched("/home/ann/Exports 2", "quick")
    assert registry.with_folder([EXPORTS], beside, HOME) == [EXPORTS, beside]


@pytest.mark.parametrize("path", ["/", "/home/ann"])
def test_the_whole_disk_and_the_home_folder_are_refused(path: str) -> None:
    with pytest.raises(BadRequest, match="Make a folder for it"):
        registry.with_folder([], Watched(path, "quick"), HOME)


def test_only_what_is_watched_can_be_removed() -> None:
    assert registry.without([EXPORTS], EXPORTS.path) == []
    with pytest.raises(BadRequest, match="voxmend watch list"):
        registry.without([EXPORTS], "/elsewhere")


def test_a_list_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="VOXMEND_HOME"):
        registry.save(tmp_path / "file" / "watch.json", [EXPORTS])
