"""What a caller may give: songs, samples and options, and the sentence for each that is none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import voxmend
from voxmend.api import options, sound
from voxmend.api.source import source
from voxmend_protocol.errors import BadRequest, DiskFull, InputUnreadable, UnsupportedAudio

ONE = np.zeros((100, 1))


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No worker is asked, and none is started."""

    def connect(*_: object) -> Any:
        raise AssertionError("a worker was asked for")

    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("voxmend.launch.connect", connect)


def chosen(**more: Any) -> options.Options:
    first = {name: more.pop(name, None) for name in ("preset", "out", "set")}
    return options.options(first["preset"], first["out"], first["set"], more)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros((100, 2), "int16"), r"are int16\. Give floating-point"),
        (np.zeros(100, "uint8"), "are uint8"),
        ([0, 1, 0, -1], "are int64"),
        (np.zeros(100, complex), "are complex128"),
        (np.zeros(100, bool), "are bool"),
        (np.array(["a"]), "are <U1"),
        (np.array(0.5), r"the shape \(\)"),
        (np.zeros((10, 2, 2)), r"the shape \(10, 2, 2\)"),
        (np.zeros(0), "that is no sound"),
        (np.zeros((0, 2)), "that is no sound"),
        (np.zeros((100, 0)), "that is no sound"),
        (np.zeros((2, 44_100)), r"2 frames of 44100 channels.*samples\.T"),
        (np.zeros((1, 44_100)), r"samples\.T"),
        (np.zeros((3, 6)), r"samples\.T"),
        (np.zeros((1000, 65)), "at most 64 channels"),
        ([[0.1, 0.2], [0.3]], "are no array"),
        (None, "are object"),
    ],
)
def test_samples_that_are_no_sound_are_refused_by_name(samples: Any, said: str) -> None:
    with pytest.raises(UnsupportedAudio, match=said):
        sound.judged(samples, 44_100)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_samples_that_are_not_finite_are_refused_with_their_place(bad: float, kind: str) -> None:
    samples = np.zeros((100, 2))
    samples[7, 1] = bad
    with np.errstate(over="ignore"), pytest.raises(UnsupportedAudio, match=r"frame 7 .*channel 1"):
        sound.judged(samples.astype(kind), 44_100)


@pytest.mark.parametrize(
    "rate", [None, 0, -1, 7_999, 192_001, 44_100.5, "44100", True, np.nan, (1,)]
)
def test_a_rate_that_is_none_is_refused(rate: Any) -> None:
    with pytest.raises(BadRequest, match="rate"):
        sound.judged(ONE, rate)


@pytest.mark.parametrize("rate", [44_100, 44_100.0, np.int64(44_100), np.float64(44_100)])
def test_a_rate_may_be_any_whole_number(rate: Any) -> None:
    assert sound.judged(ONE, rate)[1] == 44_100


@pytest.mark.parametrize(
    "samples",
    [
        np.linspace(-1, 1, 99, dtype="float16"),
        np.linspace(-2, 2, 99),
        np.asfortranarray(np.linspace(-1, 1, 200).reshape(100, 2)),
        np.linspace(-1, 1, 200).reshape(100, 2)[::-2],
        [0.5, -0.5],
        np.zeros((1, 2)),
    ],
)
def test_samples_of_any_layout_reach_the_worker_as_they_are(samples: Any) -> None:
    with source((samples, 22_050)) as song:
        written, rate = soundfile.read(song.file, dtype="float32", always_2d=True)
    expected = np.asarray(samples, "float32")
    assert rate == 22_050
    np.testing.assert_array_equal(written, expected.reshape(len(expected), -1))
    assert not song.file.exists()


def test_only_this_user_can_read_samples_while_they_lie_on_disk() -> None:
    with source((ONE, 8000)) as song:
        assert song.folder is not None
        if os.name == "posix":
            assert song.folder.stat().st_mode & 0o077 == 0


def test_a_full_disk_for_temporary_files_is_named_and_nothing_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object) -> None:
        raise DiskFull("There is no room left.")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("voxmend.audio.write_stem", full)
    with pytest.raises(DiskFull):
        source((ONE, 8000))
    assert list(tmp_path.iterdir()) == []


def test_where_no_temporary_folder_can_be_made_the_sentence_says_which_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(voxmend.VoxmendError, match="TMPDIR=FOLDER"):
        source((ONE, 8000))


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ("", BadRequest, "path is empty"),
        (7, BadRequest, "path is of type int. Give the path"),
        (None, BadRequest, "path is of type NoneType"),
        ([0.1, 0.2], BadRequest, "Samples need their rate"),
        (("song.wav", 44_100), BadRequest, "A file has its rate in it"),
        (ONE, BadRequest, "Samples need their rate"),
    ],
)
def test_what_is_no_song_is_refused(given: Any, kind: Any, said: str) -> None:
    with pytest.raises(kind, match=said):
        source(given)


@pytest.mark.skipif(os.name != "posix", reason="names are Unicode on Windows")
def test_a_name_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(InputUnreadable, match="not valid Unicode"):
        source(b"/songs/\xff.wav")


def test_a_path_becomes_whole_whatever_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    forms: list[Any] = ["a.wav", Path("a.wav"), b"a.wav", "./b/../a.wav"]
    if os.name == "posix":
        forms.append("~/a.wav")
    assert {source(form).file for form in forms} == {tmp_path / "a.wav"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"preset": 7}, r"preset is 7\. Give its name"),
        ({"start": -1}, "start is -1"),
        ({"start": "1"}, "start is '1'"),
        ({"end": float("nan")}, "end is nan"),
        ({"end": True}, "end is True"),
        ({"start": 2, "end": 2}, r"end is 2\. Give a second behind the start"),
        ({"stems": []}, "stems must name from 1 to 16 stems"),
        ({"stems": ["Drums"]}, "“Drums” is no name of a stem"),
        ({"stems": [3]}, "Give names, such as"),
        ({"stems": ["vocals", "vocals"]}, "each once"),
        ({"format": "ogg"}, "format is 'ogg'. Give one of wav, "),
        ({"device": "gpu"}, "device is 'gpu'. Give one of auto, "),
        ({"set": ["denoise.strength=1"]}, "set is no mapping"),
        ({"set": {"strength": 1}}, r"Write a name as 'denoise\.strength'"),
        ({"set": {"a.b": None}}, r"set\['a\.b'\] is None"),
        ({"set": {"a.b": float("inf")}}, r"set\['a\.b'\] is inf"),
        ({"set": {"a.b": [1]}}, r"set\['a\.b'\] is \[1\]"),
        ({"out": ""}, "out is empty"),
        ({"out": 7}, r"out is of type int\. Give the path"),
        ({"voice": ONE}, r"voice is of type ndarray\. Give the path"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_name(more: Any, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        chosen(**more)


@pytest.mark.parametrize(
    "call", [voxmend.restore, voxmend.restore_many], ids=["restore", "restore_many"]
)
def test_wrong_options_are_told_before_anything_is_started(call: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="'fromat'"):
        call(["song.wav"], fromat="wav")
    with pytest.raises(BadRequest, match="start is -1"):
        call(["song.wav"], start=-1)


@pytest.mark.parametrize("one", ["song.wav", Path("song.wav"), ONE, (ONE, 44_100)])
def test_one_song_is_not_taken_for_many(one: Any) -> None:
    with pytest.raises(BadRequest, match="Put one into a list, or call restore"):
        voxmend.restore_many(one)


def test_what_is_asked_for_is_what_the_worker_is_told(tmp_path: Path) -> None:
    made = chosen(
        preset="mend", out=tmp_path, set={"a.b": np.float32(0.5), "a.c": True, "a.d": "x"},
        start=1, end=2.5, voice=tmp_path / "v.wav", stems="vocals", format="flac", device="cpu",
    )  # fmt: skip
    job = "0f0e0d0c-0b0a-4908-8706-050403020100"
    order = made.order(job, tmp_path / "song.wav", "g")
    assert (order.clip.path, order.clip.start_s, order.clip.end_s) == (
        str(tmp_path / "song.wav"), 1.0, 2.5
    )  # fmt: skip
    assert (order.preset, order.output.folder, order.output.format) == (
        "mend", str(tmp_path), "flac"
    )  # fmt: skip
    assert order.set == {"a.b": 0.5, "a.c": True, "a.d": "x"}
    assert (order.stems, order.group, order.device) == (("vocals",), "g", "cpu")
    assert order.voice is not None
    assert order.voice.path == str(tmp_path / "v.wav")
    beside = chosen().order(job, tmp_path / "song.wav")
    assert beside.output.folder == str(tmp_path / "voxmend")
    assert (beside.preset, beside.stems) == ("quick", None)
