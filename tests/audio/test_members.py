"""Odd members of each kind: files joined by ``cat``, orphans in an Ogg, heads that were not filled.

Each was refused, or lost sound without a word, and is read or said now.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import odd_sounds as odd
import pytest
import soundfile
from sounds import Samples, tone

from voxmend.audio import converter, load, probe

Make = Callable[[bytes], Path]


def read(path: Path) -> tuple[Samples, list[str]]:
    clip = load(path, None, None, path.parent)
    with clip.signal as signal:
        return signal.read(0, signal.frames), [warned.code for warned in clip.warnings]


@pytest.mark.parametrize("container", ["WAV", "AIFF", "AU", "W64", "CAF"])
def test_a_second_file_behind_the_first_is_said_and_does_not_spoil_it(
    container: str, file: Make
) -> None:
    one = odd.encoded(container, "PCM_16", 0.5)
    got, said = read(file(one + one))
    assert np.array_equal(got, odd.decoded(one))
    assert said == ["input_gaps"]
    assert read(file(one))[1] == []


def test_an_au_whose_length_was_never_filled_in_is_read_whole(file: Make) -> None:
    whole = bytearray(odd.encoded("AU", "PCM_16", 0.5))
    wanted = odd.decoded(bytes(whole))
    order = ">" if whole[:1] == b"." else "<"
    whole[8:12] = struct.pack(f"{order}I", 0)
    got, said = read(file(bytes(whole)))
    assert np.array_equal(got, wanted)
    assert said == ["input_unclosed"]


def test_pages_of_a_stream_without_a_beginning_do_not_cost_the_stream_before_them(
    file: Make,
) -> None:
    one = odd.encoded("OGG", "VORBIS", 4.0)
    other = odd.encoded("OGG", "VORBIS", 4.0, seed=1)
    got, said = read(file(one[: len(one) // 2] + other[len(other) // 2 :]))
    assert got.shape[1] > 44_100
    assert np.array_equal(got, odd.decoded(one)[:, : got.shape[1]])
    assert said == ["input_unclosed"]


def test_a_link_without_sound_in_front_does_not_cost_the_links_behind_it(file: Make) -> None:
    short = odd.encoded("OGG", "OPUS", 0.02, 48_000)
    whole = odd.encoded("OGG", "OPUS", 1.0, 48_000)
    empty = short[: short.index(b"OggS", short.index(b"OpusTags"))]
    wrong = bytearray(empty)
    wrong[wrong.index(b"OpusTags")] = 0x58  # its checksum is wrong now, so the head stands alone
    got, said = read(file(bytes(wrong) + whole))
    assert got.shape[1] == 48_000
    assert "input_gaps" in said


@pytest.mark.parametrize("front", ["a picture in a tag of a wrong size", "zeros"])
def test_much_that_is_no_sound_may_stand_in_front_of_an_mp3(front: str, file: Make) -> None:
    mp3 = odd.uncounted(odd.encoded("MP3"))
    wanted = probe(file(mp3)).frames
    noise = np.random.default_rng(7).integers(0, 256, 300_000, np.uint8).tobytes()
    bytes_of = {"zeros": bytes(300_000)}.get(front, odd.id3(100)[:10] + b"\xff\xd8\xff" + noise)
    assert probe(file(bytes_of + mp3)).frames == wanted


def test_a_creative_voice_of_several_blocks_has_no_block_heads_among_its_samples(
    file: Make,
) -> None:
    if converter.find() is None:
        pytest.skip("no ffmpeg here")
    pcm = (tone(0.1, 8_000, 1)[0] * 20_000).astype("<i2").tobytes()
    half = len(pcm) // 2
    first = struct.pack("<IBBH4x", 8_000, 16, 1, 4) + pcm[:half]
    blocks = b"\x09" + len(first).to_bytes(3, "little") + first
    blocks += b"\x02" + half.to_bytes(3, "little") + pcm[half:]
    head = b"Creative Voice File\x1a" + struct.pack("<HHH", 26, 0x114, 0x111F)
    got, said = read(file(head + blocks + b"\0"))
    assert np.array_equal(got[0], np.frombuffer(pcm, "<i2").astype(np.float32) / 32768)
    assert said == []


def test_a_coding_that_libsndfile_lacks_in_one_file_only_is_not_called_damaged(
    file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apple Lossless in a CAF that another program wrote is one."""

    def lacking(*_: object) -> object:
        raise soundfile.LibsndfileError(4)

    path = file(odd.encoded("CAF", "PCM_16", 0.5))
    monkeypatch.setattr("voxmend.audio.decoder._Steady", lacking)
    if converter.find() is not None:
        assert probe(path).frames == 22_050
    monkeypatch.setattr(converter, "find", lambda: None)
    with pytest.raises(Exception, match="only where ffmpeg is installed") as raised:
        probe(path)
    assert getattr(raised.value, "code", "") == "unsupported_audio"
