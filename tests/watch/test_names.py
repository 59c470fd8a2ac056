"""What a name says, and what it does not."""

from __future__ import annotations

import unicodedata

import pytest

from voxmend.watch import names


@pytest.mark.parametrize(
    "name", ["a.wav", "A.WAV", "a.b.flac", "Lied süß.aif", "x.w64", "a.mp3", "a.opus", "a~b.wav"]
)
def test_sounds_are_taken(name: str) -> None:
    assert names.kind(name) == "sound"


@pytest.mark.parametrize("name", ["a.m4a", "film.MOV", "a.wma"])
def test_what_only_ffmpeg_reads_is_sound_too(name: str) -> None:
    assert names.kind(name) == "sound"


@pytest.mark.parametrize("name", ["wav", "Mix", "No. 5 (live take)", "Song v1.2 final mix"])
def test_a_name_without_an_ending_leaves_it_to_the_contents(name: str) -> None:
    assert names.kind(name) == "unnamed"


@pytest.mark.parametrize("name", ["song.xyz", "song.wav.old", "take.1"])
def test_an_ending_of_nobodys_is_strange(name: str) -> None:
    assert names.kind(name) == "strange"


@pytest.mark.parametrize(
    "name",
    [
        "a.wav.part", "a.wav.crdownload", "a.wav.tmp", "a.wav.download", "a.wav~", "~a.wav",
        "~$a.wav", "._a.wav", ".a.wav", ".a.wav.X7d2", "a.wav.reapeaks", "a.reapeaks", "a.wav.asd",
        "a.sfk", "a.pkf", "a.mid", "a.txt", ".DS_Store", "Thumbs.db", "desktop.ini",
    ],
)  # fmt: skip
def test_what_daws_browsers_and_systems_leave_is_passed_over(name: str) -> None:
    assert names.kind(name) == "other"


@pytest.mark.parametrize("name", ["@eaDir", "$RECYCLE.BIN", "#recycle", ".stfolder", "__MACOSX"])
def test_folders_of_systems_are_hidden(name: str) -> None:
    assert names.hidden(name)


def test_a_sub_folder_is_the_first_part_of_a_name() -> None:
    assert names.top("a.wav") is None
    assert names.top("studio/Album/a.wav") == "studio"


def test_where_the_disk_takes_spellings_for_one_they_are_folded_to_one() -> None:
    decomposed = unicodedata.normalize("NFD", "Süß.wav")
    assert decomposed != "Süß.wav"
    assert names.folded("SÜSS.wav") == names.folded(decomposed)
