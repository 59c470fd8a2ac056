"""What arguments name: files that exist, folders, patterns."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
import sounds

from voxmend.batch.listing import Listed, listing
from voxmend_protocol.errors import BadRequest, InputUnreadable

JOB = "00000001-0000-0000-0000-000000000000"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(here: Path, *names: str) -> None:
    """Make files of these names; the listing reads no sound that its name promises."""
    for name in names:
        file = here / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"RIFF")


def found(arguments: Iterable[str], recursive: bool = False) -> list[str]:
    return [file.path.replace(os.sep, "/") for file in listing(list(arguments), recursive).files]


def test_a_folder_gives_its_sounds_in_the_order_a_person_counts(here: Path) -> None:
    touch(here, "s/track 10.wav", "s/track 2.flac", "s/B.mp3", "s/a.WAV", "s/deep/x.wav")
    assert found(["s"]) == ["s/a.WAV", "s/B.mp3", "s/track 2.flac", "s/track 10.wav"]
    assert found(["s"], recursive=True)[4:] == ["s/deep/x.wav"]


def test_what_lies_beside_sounds_and_hidden_things_are_not_taken(here: Path) -> None:
    touch(here, "s/a.wav", "s/a.wav.reapeaks", "s/notes.txt", "s/b.wav.part", "s/.hidden.wav")
    touch(here, "s/~a.wav", "s/.git/x.wav", "s/@eaDir/x.wav", "s/._a.wav")
    assert found(["s"], recursive=True) == ["s/a.wav"]


def test_a_file_without_an_ending_is_taken_if_it_holds_sound(here: Path) -> None:
    sounds.write(here / "s.wav", sounds.tone(0.1)).rename(here / "take")
    (here / "LICENSE").write_text("Some text that is no sound.")
    os.rename(sounds.write(here / "t.wav", sounds.tone(0.1)), here / "song.bounce")
    (here / "song.words").write_text("la la la")
    seen = listing(["."])
    assert [file.path for file in seen.files] == [os.path.join(".", "take")]
    [remark] = seen.remarks
    assert "song.bounce" in remark
    assert "song.words" not in remark


def test_results_of_voxmend_are_never_taken(here: Path) -> None:
    touch(here, "s/a.wav", "s/a_quick/vocals.wav", "s/b_quick.partial/vocals.wav", "s/c/vocals.wav")
    (here / "s/a_quick/job.json").write_text(
        json.dumps({"job": JOB, "state": "succeeded"}, indent=1)
    )
    (here / "s/b_quick.partial/job.json").write_text(json.dumps({"job": JOB, "state": "running"}))
    (here / "s/c/job.json").write_text(json.dumps({"name": "of another program", "job": 5}))
    assert found(["s"], recursive=True) == ["s/a.wav", "s/c/vocals.wav"]
    assert found(["s/**/*.wav"]) == ["s/a.wav", "s/c/vocals.wav"]
    assert found(["s/*_quick*", "s/a.wav"][1:]) == ["s/a.wav"]
    with pytest.raises(BadRequest, match="holds the result of a job"):
        listing(["s/a_quick"])
    (here / "s/c/job.json").write_bytes(b"")  # of a job that was cut off, perhaps
    assert found(["s"], recursive=True) == ["s/a.wav"]


@pytest.mark.parametrize("name", ["Restored", "Done", "Errors", "restored"])
def test_folders_of_the_watch_folder_are_passed_over_and_said(here: Path, name: str) -> None:
    touch(here, "s/a.wav", f"s/{name}/b.wav", f"s/deep/{name}/c.wav")
    for arguments in (["s"], ["s/**/*.wav"], ["s/**"]):
        seen = listing(arguments, recursive=True)
        assert [file.path.replace(os.sep, "/") for file in seen.files] == ["s/a.wav"]
        assert name in seen.remarks[0]
    assert found([f"s/{name}"]) == [f"s/{name}/b.wav"]  # whoever names it means it


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_links_are_passed_over_and_said_but_one_that_is_named_is_taken(here: Path) -> None:
    touch(here, "elsewhere/x.wav", "s/a.wav")
    (here / "s/link.wav").symlink_to(here / "elsewhere/x.wav")
    (here / "s/folder").symlink_to(here / "elsewhere")
    (here / "s/loop").symlink_to(here / "s")
    (here / "s/nowhere.wav").symlink_to(here / "gone")
    for arguments in (["s"], ["s/**/*.wav"], ["s/*"]):
        seen = listing(arguments, recursive=True)
        assert [file.path for file in seen.files] == ["s/a.wav"]
        assert "4 links" in seen.remarks[0] or "2 links" in seen.remarks[0]
    assert found(["s/link.wav", "s/folder"]) == ["s/link.wav", "s/folder/x.wav"]


def test_a_name_that_exists_wins_over_the_pattern_it_looks_like(here: Path) -> None:
    touch(here, "song [live].wav", "song l.wav", "d[1]/a.wav", "d[1]/b.wav", "d1/c.wav")
    assert listing(["song [live].wav"]).files == [Listed("song [live].wav", named=True)]
    assert found(["song [l]*.wav", "song [!x].wav"]) == ["song l.wav"]
    assert found(["d[1]"]) == ["d[1]/a.wav", "d[1]/b.wav"]
    assert found(["d[1]/[b]*.wav"]) == ["d[1]/b.wav"]
    assert found(["./d[1]/*"]) == ["d[1]/a.wav", "d[1]/b.wav"]
    if os.name != "nt":
        touch(here, "a*.wav")
        assert listing(["a*.wav"]).files == [Listed("a*.wav", named=True)]


def test_a_pattern_gives_each_sound_once_with_its_place_below_the_fixed_part(here: Path) -> None:
    touch(here, "s/1/a.wav", "s/1/x/b.wav", "s/2/a.wav", "s/c.wav", "s/cover.jpg")
    assert {(f.path, f.below) for f in listing(["s/**/*.wav"]).files} == {
        ("s/1/a.wav", "1"), ("s/1/x/b.wav", "1/x"), ("s/2/a.wav", "2"), ("s/c.wav", ""),
    }  # fmt: skip
    assert found(["s/*/a.wav", "s/**/**/a.wav", "s/1"]) == ["s/1/a.wav", "s/2/a.wav"]
    assert found(["s/?"]) == ["s/1/a.wav", "s/2/a.wav"]  # folders stand for what is in them
    assert found(["s/?"], recursive=True) == ["s/1/a.wav", "s/1/x/b.wav", "s/2/a.wav"]
    assert found([f"{here}/s/*.wav"]) == [f"{here}/s/c.wav"]
    assert not any(file.named for file in listing(["s/*.wav"]).files)


def test_a_pattern_takes_a_strange_ending_that_it_names(here: Path) -> None:
    touch(here, "a.bounce", "b.wav")
    assert found(["*.bounce"]) == ["a.bounce"]
    assert found(["*"]) == ["b.wav"]


@pytest.mark.parametrize("argument", ["*.flac", "nowhere/*.wav", "s/[ab].wav", "**/*.ogg"])
def test_a_pattern_without_a_match_is_refused(here: Path, argument: str) -> None:
    touch(here, "s/c.wav")
    with pytest.raises(BadRequest, match="No sound file matches"):
        listing([argument])


def test_a_folder_without_sound_is_refused_and_says_what_would_help(here: Path) -> None:
    touch(here, "s/deep/a.wav", "t/notes.txt")
    with pytest.raises(BadRequest, match="add --recursive"):
        listing(["s"])
    with pytest.raises(BadRequest, match="Name another folder"):
        listing(["t"])
    with pytest.raises(BadRequest, match="empty"):
        listing([""])


def test_a_file_is_listed_once_but_for_one_that_is_named_itself(here: Path) -> None:
    touch(here, "s/a.wav", "s/b.wav")
    seen = listing(["s", "s/b.wav", "s/*.wav", f"{here}/s"]).files
    assert [(f.path.replace(os.sep, "/"), f.named) for f in seen] == [
        ("s/a.wav", False), ("s/b.wav", True),
    ]  # fmt: skip
    assert len(listing(["s/b.wav", "s/b.wav"]).files) == 2


def test_a_missing_name_stays_a_name(here: Path) -> None:
    for name in ("none.wav", "no/folder/none.wav", "half [of a name.wav"):
        assert listing([name]).files == [Listed(name, named=True)]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be read")
def test_a_folder_that_may_not_be_read_is_named(here: Path) -> None:
    touch(here, "s/a.wav", "s/closed/b.wav")
    (here / "s/closed").chmod(0)
    try:
        assert "closed" in listing(["s"], recursive=True).remarks[0]
        with pytest.raises(InputUnreadable, match="cannot be read"):
            listing(["s/closed"])
    finally:
        (here / "s/closed").chmod(0o700)
