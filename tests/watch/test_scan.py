"""One walk through a folder of a real disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voxmend.watch.scan import scan, stamp_of


def put(file: Path, data: bytes = b"x") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def test_sounds_are_found_at_any_depth_with_their_stamps(tmp_path: Path) -> None:
    for name in ("a.wav", "quick/b.flac", "quick/Album/Söng 1.wav", "notes.txt"):
        put(tmp_path / name)
    sight = scan(str(tmp_path))
    assert set(sight.files) == {"a.wav", "quick/b.flac", "quick/Album/Söng 1.wav"}
    assert sight.files["a.wav"] == stamp_of((tmp_path / "a.wav").stat())
    assert not sight.remarks


@pytest.mark.parametrize("folder", ["Restored", "restored", "Errors", "ERRORS", "Done", ".hidden"])
def test_our_own_folders_and_hidden_ones_are_not_entered(folder: str, tmp_path: Path) -> None:
    put(tmp_path / folder / "x_quick" / "vocals.wav")
    assert not scan(str(tmp_path)).files


def test_a_folder_of_that_name_deeper_down_is_the_users(tmp_path: Path) -> None:
    put(tmp_path / "quick" / "Restored" / "a.wav")
    assert set(scan(str(tmp_path)).files) == {"quick/Restored/a.wav"}


def test_a_loop_of_links_holds_nobody_and_is_told(tmp_path: Path) -> None:
    put(tmp_path / "quick" / "a.wav")
    (tmp_path / "quick" / "round").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.wav").symlink_to(tmp_path / "self.wav")
    sight = scan(str(tmp_path))
    assert set(sight.files) == {"quick/a.wav"}
    assert "voxmend watch add" in sight.remarks["quick/round"]
    assert "leads nowhere" in sight.remarks["self.wav"]


def test_a_link_to_a_file_counts_as_that_file(tmp_path: Path) -> None:
    target = put(tmp_path / "elsewhere" / "a.wav", b"abc")
    watched = tmp_path / "watched"
    watched.mkdir()
    (watched / "b.wav").symlink_to(target)
    assert scan(str(watched)).files == {"b.wav": stamp_of(target.stat())}


def test_pipes_and_devices_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    assert not scan(str(tmp_path)).files


def test_a_sub_folder_that_may_not_be_read_is_told_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "a.wav")
    put(tmp_path / "locked" / "b.wav")
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    sight = scan(str(tmp_path))
    assert set(sight.files) == {"a.wav"}
    assert "Give your account the right" in sight.remarks["locked"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan(str(tmp_path / "gone"))


def test_a_folder_with_nothing_but_our_lock_is_bare(tmp_path: Path) -> None:
    put(tmp_path / ".voxmend-watch.lock")
    assert scan(str(tmp_path)).bare
    (tmp_path / "Restored").mkdir()
    assert not scan(str(tmp_path)).bare


def test_a_name_that_is_not_unicode_is_found(tmp_path: Path) -> None:
    put(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.wav")))
    assert list(scan(str(tmp_path)).files) == ["\udcff.wav"]


def test_two_spellings_on_a_disk_that_tells_them_apart_are_two_files(tmp_path: Path) -> None:
    put(tmp_path / "Song.wav")
    put(tmp_path / "song.wav")
    assert len(scan(str(tmp_path)).files) == 2
