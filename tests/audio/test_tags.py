"""Tags in front of anything and behind it take nothing away from the sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import odd_sounds as odd
import pytest

from voxmend.audio import load, probe, tags
from voxmend.audio.source import Source

KINDS = {
    "wav": ("WAV", "PCM_16"), "float.wav": ("WAV", "FLOAT"), "rf64": ("RF64", "PCM_24"),
    "w64": ("W64", "PCM_16"), "aiff": ("AIFF", "PCM_16"), "caf": ("CAF", "PCM_24"),
    "au": ("AU", "PCM_16"), "flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"), "mp3": ("MP3", None),
}  # fmt: skip
FRONT = {
    "id3": odd.id3(50_001),
    "two": odd.id3(400) + odd.id3(7_000, footer=True),
    "ape": odd.ape(5_000),
    "room": odd.id3(100) + bytes(2_000),
    "none": b"",
}
BEHIND = {
    "id3v1": odd.ID3V1,
    "ape": odd.ape(999),
    "ape 1": odd.ape(999, header=False, version=1000),
    "lyrics 1": odd.LYRICS1 + odd.ID3V1,
    "all": odd.LYRICS2 + odd.ape(200) + odd.EXTENDED + odd.ID3V1,
    "footer": odd.id3(300, footer=True),
    "none": b"",
}


@pytest.fixture(scope="module")
def plain() -> dict[str, bytes]:
    """One file of each kind."""
    return {
        name: odd.encoded(container, subtype, 1.0, 48_000 if name == "opus" else 44_100)
        for name, (container, subtype) in KINDS.items()
    }


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("front", "behind"),
    [*((front, "all") for front in FRONT), *(("id3", behind) for behind in BEHIND)],
)
def test_a_tagged_file_is_what_it_is_without(
    name: str, front: str, behind: str, plain: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / f"song.{name}"
    path.write_bytes(FRONT[front] + plain[name] + BEHIND[behind])
    seen = probe(path)
    assert seen.frames == seen.promised_frames == seen.rate
    clip = load(path, None, None, tmp_path)
    with clip.signal as signal:
        assert clip.warnings == ()
        assert np.array_equal(signal.read(0, signal.frames), odd.decoded(plain[name]))


@pytest.mark.parametrize("name", ["wav", "rf64", "w64", "aiff", "caf", "au", "flac", "mp3"])
def test_a_tagged_file_that_is_cut_short_is_still_seen_to_be(
    name: str, plain: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / f"song.{name}"
    path.write_bytes(odd.id3(50_001) + plain[name][: len(plain[name]) // 2])
    clip = load(path, None, None, tmp_path)
    clip.signal.close()
    assert [warned.code for warned in clip.warnings] == ["input_truncated"]
    assert "of 1.000 s only the first 0." in clip.warnings[0].message


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_tagged_wav_that_was_never_closed_is_read(
    size: int, plain: dict[str, bytes], tmp_path: Path
) -> None:
    data = bytearray(plain["wav"])
    at = data.index(b"data") + 4
    data[4:8] = data[at : at + 4] = size.to_bytes(4, "little")
    path = tmp_path / "song.wav"
    path.write_bytes(odd.id3(400) + bytes(data))
    seen = probe(path)
    assert (seen.frames, seen.unclosed) == (44_100, True)


def test_a_tagged_wav_keeps_its_time_stamp(plain: dict[str, bytes], tmp_path: Path) -> None:
    wav = plain["wav"]
    bext = bytes(338) + (123_456).to_bytes(8, "little") + bytes(256)
    chunk = b"bext" + len(bext).to_bytes(4, "little") + bext
    body = wav[8:12] + chunk + wav[12:]
    path = tmp_path / "song.wav"
    path.write_bytes(odd.id3(777) + b"RIFF" + len(body).to_bytes(4, "little") + body)
    assert probe(path).time_reference == 123_456


def test_three_letters_in_the_sound_are_no_tag(tmp_path: Path) -> None:
    """A sample may spell TAG: what else stands there decides."""
    path = tmp_path / "song.bin"
    for tail in (b"TAG" + bytes(range(125)), b"TAG" + b"\xff\x00" * 62 + b"\xff", b"APETAGEX"):
        path.write_bytes(bytes(1_000) + tail.ljust(128, b"\x07"))
        with Source(path) as source:
            assert tags.bounds(source) == (0, 1_128)


def test_a_tag_that_reaches_beyond_the_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "song.bin"
    for data in (odd.id3(900)[:500], odd.ape(900)[:500], b"x" * 400 + odd.ape(900)[-200:]):
        path.write_bytes(data)
        with Source(path) as source:
            assert tags.bounds(source) == (0, len(data))


def test_tags_without_end_hold_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "song.bin"
    path.write_bytes(odd.id3(0) * 100_000)
    with Source(path) as source:
        start, end = tags.bounds(source)
    assert start == tags.MOST * 10
    assert end == 1_000_000
