"""Sentences in ``Errors/``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voxmend.watch import complaint


def test_a_sentence_stands_under_the_files_name(tmp_path: Path) -> None:
    file = complaint.write(tmp_path, "quick/Söng.wav", "It is empty. Export it again.")
    assert file == tmp_path / "Errors" / "quick" / "Söng.wav.txt"
    text = file.read_text("utf-8")
    assert "quick/Söng.wav" in text
    assert "It is empty. Export it again." in text


def test_a_second_sentence_takes_the_place_of_the_first(tmp_path: Path) -> None:
    complaint.write(tmp_path, "a.wav", "One.")
    file = complaint.write(tmp_path, "a.wav", "Two.")
    assert "One." not in file.read_text("utf-8")
    assert os.listdir(tmp_path / "Errors") == ["a.wav.txt"]


def test_what_is_well_again_is_withdrawn_with_its_empty_folder(tmp_path: Path) -> None:
    complaint.write(tmp_path, "quick/a.wav", "One.")
    complaint.clear(tmp_path, "quick/a.wav")
    assert os.listdir(tmp_path / "Errors") == []
    complaint.clear(tmp_path, "never/there.wav")


def test_a_file_of_somebody_else_is_never_touched(tmp_path: Path) -> None:
    other = tmp_path / "Errors" / "a.wav.txt"
    other.parent.mkdir()
    other.write_text("my own notes")
    file = complaint.write(tmp_path, "a.wav", "One.")
    assert file.name == "a.wav_2.txt"
    complaint.clear(tmp_path, "a.wav")
    assert other.read_text() == "my own notes"
    assert not file.exists()


@pytest.mark.parametrize("name", ["x" * 251 + ".wav", "ü" * 125 + ".wav", "\udcff.wav"])
def test_names_too_long_or_not_unicode_get_one_that_can_be_written(
    name: str, tmp_path: Path
) -> None:
    file = complaint.write(tmp_path, name, "One.")
    assert len(os.fsencode(file.name)) <= 255
    assert file.name.endswith(".wav.txt")
    complaint.clear(tmp_path, name)
    assert not file.exists()


def test_a_sentence_with_marks_that_steer_a_terminal_is_written_without(tmp_path: Path) -> None:
    file = complaint.write(tmp_path, "a\x1b.wav", "No \x1b[2J\x07 here.\nNext \u202e step.")
    text = file.read_text("utf-8")
    assert "No \\x1b[2J\\x07 here." in text
    assert not set(text) & {"\x1b", "\x07", "\u202e"}
