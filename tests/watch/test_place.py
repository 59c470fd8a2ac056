"""A watched folder on a real disk: results found again, files filed away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voxmend.watch.place import Folder


def result(root: Path, folder: str, job: str, state: str = "succeeded") -> Path:
    made = root / "Restored" / folder
    made.mkdir(parents=True)
    (made / "job.json").write_text(json.dumps({"job": job, "state": state}))
    return made


@pytest.mark.parametrize("folder", ["a_quick", "a_quick_2", "a_quick_17"])
def test_a_result_is_known_by_its_job_whatever_number_it_got(folder: str, tmp_path: Path) -> None:
    made = result(tmp_path, folder, "j1")
    result(tmp_path, "a_quick_9", "j2")
    assert Folder(str(tmp_path)).result("a.wav", "quick", "j1") == str(made)


def test_a_result_in_a_sub_folder_is_found_there(tmp_path: Path) -> None:
    made = result(tmp_path, "quick/Album/a_quick", "j1")
    place = Folder(str(tmp_path))
    assert place.result("quick/Album/a.wav", "quick", "j1") == str(made)
    assert place.result("a.wav", "quick", "j1") is None


def test_the_result_of_a_long_name_is_found_under_the_name_the_worker_cut(tmp_path: Path) -> None:
    made = result(tmp_path, "x" * 200 + "_quick", "j1")
    name = "x" * 240 + ".wav"
    assert Folder(str(tmp_path)).result(name, "quick", "j1") == str(made)


def test_what_is_not_finished_or_not_ours_is_no_result(tmp_path: Path) -> None:
    result(tmp_path, "a_quick", "j1", state="running")
    result(tmp_path, "a_quick_2", "j2")
    (tmp_path / "Restored" / "a_quick_3").mkdir()
    (tmp_path / "Restored" / "a_quick_3" / "job.json").write_text("[]")
    (tmp_path / "Restored" / "a_quick_4").write_text("")
    assert Folder(str(tmp_path)).result("a.wav", "quick", "j1") is None


def test_results_lie_as_the_files_do(tmp_path: Path) -> None:
    place = Folder(str(tmp_path))
    assert place.output("a.wav") == str(tmp_path / "Restored")
    assert place.output("quick/Album/a.wav") == str(tmp_path / "Restored" / "quick" / "Album")
    assert place.path("quick/a.wav") == str(tmp_path / "quick" / "a.wav")


def test_a_file_is_filed_away_over_nothing(tmp_path: Path) -> None:
    place = Folder(str(tmp_path))
    for text in ("one", "two", "three"):
        (tmp_path / "quick").mkdir(exist_ok=True)
        (tmp_path / "quick" / "a.wav").write_text(text)
        place.file_away("quick/a.wav")
    done = tmp_path / "Done" / "quick"
    assert {f.name: f.read_text() for f in done.iterdir()} == {
        "a.wav": "one", "a_2.wav": "two", "a_3.wav": "three",
    }  # fmt: skip


def test_a_folder_without_our_lock_is_not_the_one_that_was_opened(tmp_path: Path) -> None:
    place = Folder(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        place.scan()
    (tmp_path / ".voxmend-watch.lock").touch()
    assert place.scan().bare


def test_there_is_room_on_a_real_disk(tmp_path: Path) -> None:
    assert Folder(str(tmp_path)).free() > 0
