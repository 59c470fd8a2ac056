"""One look inside a real file: whole, or not, and how that is known."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import odd_sounds
import pytest
import soundfile
import sounds

from voxmend.audio import converter
from voxmend.watch import look as looking
from voxmend.watch.look import look
from voxmend_protocol.errors import InputMissing, InputUnreadable


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return sounds.write(tmp_path / "a.wav", sounds.tone(3.0), subtype="PCM_16")


def test_a_whole_file_is_complete_and_has_its_hash_and_its_need_of_room(song: Path) -> None:
    seen = look(song)
    assert seen.verdict == "complete"
    assert seen.digest == hashlib.sha256(song.read_bytes()).hexdigest()
    assert seen.before == seen.after
    assert seen.stem_bytes == 3 * 44_100 * 2 * 4


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "AIFF", "W64", "RF64", "CAF", "MP3"])
def test_whole_files_of_other_kinds_are_complete(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{kind.lower()}"
    soundfile.write(file, sounds.tone(1.0).T, 44_100, format=kind)
    assert look(file).verdict == "complete"


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:300_000])


def header_only(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:44])


def header_last(file: Path) -> None:
    file.write_bytes(bytes(44) + file.read_bytes()[44:])


def never_closed(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4:8] = data[40:44] = bytes(4)
    file.write_bytes(data)


def set_aside(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[:44] + bytes(len(data) - 44))


def all_zeros(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize(
    "harm", [cut, header_only, header_last, never_closed, set_aside, all_zeros, empty]
)
def test_what_is_still_being_written_is_unfinished(
    harm: Callable[[Path], None], song: Path
) -> None:
    harm(song)
    assert look(song).verdict == "unfinished"


@pytest.mark.parametrize("kind", ["FLAC", "OGG"])
def test_a_cut_compressed_file_is_unfinished(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{kind.lower()}"
    soundfile.write(file, sounds.tone(3.0).T, 44_100, format=kind)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    assert look(file).verdict == "unfinished"


def test_an_mp3_that_is_being_written_is_not_taken_for_whole(tmp_path: Path) -> None:
    """With its encoder's count it is unfinished; without one it must stand still for longer."""
    data = odd_sounds.encoded("MP3")
    file = tmp_path / "a.mp3"
    file.write_bytes(data[: len(data) // 2])
    seen = look(file)
    assert seen.verdict == "unfinished"
    assert seen.error is not None
    assert "is cut short" in seen.error.message
    plain = odd_sounds.uncounted(data)
    whole = b"".join(odd_sounds.frames_of(plain)[:40])
    for part, verdict in ((whole, "doubtful"), (whole[:-9], "unfinished"), (data, "complete")):
        file.write_bytes(part)
        assert look(file).verdict == verdict
    file.write_bytes(data[:300])
    assert look(file).verdict == "unfinished"


def test_what_only_ffmpeg_reads_is_unfinished_until_it_is_whole(tmp_path: Path) -> None:
    program = converter.find()
    if program is None:
        pytest.skip("no ffmpeg on this machine")
    file = tmp_path / "a.m4a"
    line = [program, "-v", "error", "-f", "lavfi", "-i", "sine=duration=2", "-c:a", "alac"]
    subprocess.run([*line, str(file)], check=True)
    data = file.read_bytes()
    assert look(file).verdict == "complete"
    for size in (40, len(data) // 2, len(data) - 1):
        file.write_bytes(data[:size])
        assert look(file).verdict == "unfinished", size


def test_what_only_ffmpeg_reads_is_named_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converter, "find", lambda: None)
    file = tmp_path / "a.m4a"
    file.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(range(200)))
    seen = look(file)
    assert seen.verdict == "wrong"
    assert seen.error is not None
    assert seen.error.code == "unsupported_audio"


def test_a_file_filled_half_way_is_doubtful(song: Path) -> None:
    data = song.read_bytes()
    song.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    assert look(song).verdict == "doubtful"


def test_a_song_that_ends_in_silence_is_doubtful_and_no_worse(tmp_path: Path) -> None:
    sound = sounds.tone(3.0)
    sound[:, 44_100:] = 0
    assert look(sounds.write(tmp_path / "a.wav", sound)).verdict == "doubtful"


def test_nothing_but_silence_is_said_so(tmp_path: Path) -> None:
    file = sounds.write(tmp_path / "a.wav", np.zeros((2, 44_100), "float32"))
    seen = look(file)
    assert seen.verdict == "unfinished"
    assert seen.error is not None
    assert "nothing but silence" in seen.error.message


def test_what_is_no_sound_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_text("Dear diary. " * 100)
    assert look(file).verdict == "wrong"
    file.write_bytes(sounds.header(rate=4_000_000) + bytes(range(1, 200)) * 3)
    assert look(file).verdict == "wrong"


_HOLD_OPEN = "import sys; f = open(sys.argv[1], 'r+b'); print(flush=True); input()"


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
def test_a_file_that_a_program_has_open_for_writing_is_doubtful(song: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD_OPEN, str(song)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    holder.stdout.readline()
    assert look(song).verdict == "doubtful"
    holder.communicate(b"\n")
    assert look(song).verdict == "complete"


def test_a_file_that_changes_under_the_look_shows_two_stamps(
    song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = looking._read

    def read(path: Path) -> tuple[str, bool, int]:
        found = real(path)
        with open(path, "ab") as file:
            file.write(b"more")
        return found

    monkeypatch.setattr(looking, "_read", read)
    seen = look(song)
    assert seen.before != seen.after


def test_a_file_that_went_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputMissing):
        look(tmp_path / "a.wav")


def test_a_file_that_may_not_be_read_says_so(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, _: object) -> None:
        raise InputUnreadable(f"{path.name} may not be read")

    monkeypatch.setattr(looking, "probe", refuse)
    seen = look(song)
    assert seen.error is not None
    assert "may not be read" in seen.error.message
