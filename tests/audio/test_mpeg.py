"""MPEG audio: every frame of it, whatever anybody says of their number."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import odd_sounds as odd
import pytest
from sounds import Samples

from voxmend.audio import Loaded, load, mpeg, mpeg_decoder, mpeg_scan, probe
from voxmend.audio.source import Source
from voxmend.audio.stretch import Stretch
from voxmend_protocol.errors import InputUnreadable

Make = Callable[[bytes], Path]


@pytest.fixture
def file(tmp_path: Path) -> Make:
    """Bytes to a file."""

    def make(data: bytes) -> Path:
        path = tmp_path / "song.mp3"
        path.write_bytes(data)
        return path

    return make


@pytest.fixture(scope="module")
def mp3() -> bytes:
    """Two seconds with LAME's count: 44.1 kHz stereo, of a varying bitrate."""
    return odd.encoded("MP3", bitrate_mode="VARIABLE")


def loaded(path: Path, start_s: float | None = None, end_s: float | None = None) -> Loaded:
    return load(path, start_s, end_s, path.parent)


def samples(path: Path, start_s: float | None = None, end_s: float | None = None) -> Samples:
    with loaded(path, start_s, end_s).signal as signal:
        return signal.read(0, signal.frames)


def codes(path: Path) -> list[str]:
    return [warned.code for warned in loaded(path).warnings]


def test_an_mp3_with_its_count_has_the_length_that_went_in(file: Make, mp3: bytes) -> None:
    path = file(mp3)
    seen = probe(path)
    assert (seen.frames, seen.promised_frames, seen.unpromised) == (88_200, 88_200, False)
    assert (seen.container, seen.subtype) == ("MP3", "MPEG_LAYER_III")
    assert np.array_equal(samples(path), odd.decoded(mp3))


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT", "AVERAGE"])
def test_an_mp3_without_its_count_is_read_whole_and_nothing_is_alarming(
    mode: str, file: Make
) -> None:
    data = odd.uncounted(odd.encoded("MP3", bitrate_mode=mode))
    path = file(data)
    wanted = len(odd.frames_of(data)) * 1152
    seen = probe(path)
    assert (seen.frames, seen.promised_frames, seen.unpromised) == (wanted, wanted, True)
    assert samples(path).shape == (2, wanted)
    assert codes(path) == []


@pytest.mark.parametrize(
    ("header", "each", "subtype"),
    [
        (0xFFFF4000, 384, "MPEG_LAYER_I"),
        (0xFFFD8000, 1152, "MPEG_LAYER_II"),
        (0xFFF58000, 1152, "MPEG_LAYER_II"),
        (0xFFFB9000, 1152, "MPEG_LAYER_III"),
        (0xFFF38000, 576, "MPEG_LAYER_III"),
        (0xFFE380C0, 576, "MPEG_LAYER_III"),
    ],
)
def test_every_layer_and_version_is_counted(
    header: int, each: int, subtype: str, file: Make
) -> None:
    path = file(odd.silent_frames(header, 40))
    seen = probe(path)
    assert (seen.frames, seen.subtype) == (40 * each, subtype)
    assert samples(path).shape[1] == 40 * each


def test_a_file_of_one_frame_is_that_frame(file: Make, mp3: bytes) -> None:
    path = file(odd.frames_of(odd.uncounted(mp3))[0])
    assert samples(path).shape == (2, 1152)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_span_is_the_whole_files_samples_to_the_bit(rate: int, channels: int, file: Make) -> None:
    """At a low bitrate a frame takes its bytes from the ten before it, or more."""
    path = file(
        odd.encoded("MP3", None, 5.0, rate, channels, bitrate_mode="AVERAGE",
                    compression_level=0.99)
    )  # fmt: skip
    whole = samples(path)
    for start in (1, *range(5_000, whole.shape[1] - 1_000, 9_007), whole.shape[1] - 700):
        part = samples(path, start / rate, (start + 900) / rate)
        assert np.array_equal(part, whole[:, start : start + 900]), start


def test_the_blocks_in_which_it_is_read_leave_no_seam(
    file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(odd.encoded("MP3", None, 3.0, bitrate_mode="CONSTANT", compression_level=0.99))
    whole = samples(path)
    monkeypatch.setattr(importlib.import_module("voxmend.audio.decoder"), "BLOCK_VALUES", 5_000)
    assert np.array_equal(samples(path), whole)


def test_a_frame_that_is_made_silent_keeps_its_checksum_true(file: Make) -> None:
    """Before a span; with a checksum the side information begins two bytes later."""
    for head, side in ((0xFFFA9000, 32), (0xFFFB9000, 32), (0xFFF290C0, 9), (0xFFF390C0, 9)):
        path = file(odd.silent_frames(head, 40))
        with Source(path) as source:
            patches = mpeg_decoder._silenced(Stretch(source, [(0, source.size)]))
        checked = not head >> 16 & 1
        for number, patch in enumerate(patches.values()):
            assert len(patch) == side + (2 if checked else 0)
            value = 0xFFFF
            covered = head.to_bytes(4, "big")[2:] + patch[2:]
            for bit in "".join(f"{byte:08b}" for byte in covered):
                carry = value >> 15 ^ int(bit)
                value = (value << 1 & 0xFFFF) ^ (0x8005 if carry else 0)
            assert not checked or value.to_bytes(2, "big") == patch[:2], number


def test_joined_files_are_all_read_each_without_its_encoders_delay(file: Make) -> None:
    one, other = odd.encoded("MP3", seed=1), odd.encoded("MP3", seed=2)
    path = file(one + odd.ID3V1 + odd.id3(3_000) + other + odd.ape(99) + odd.ID3V1)
    wanted = np.concatenate((odd.decoded(one), odd.decoded(other)), axis=1)
    assert np.array_equal(samples(path), wanted)
    assert codes(path) == []
    assert np.array_equal(samples(path, 1.9, 2.1), wanted[:, 83_790:92_610])


def test_a_tag_that_only_its_end_makes_known_is_no_damage(file: Make) -> None:
    one = odd.encoded("MP3", seed=1)
    path = file(one + odd.ape(3_000, header=False, version=1000) + one)
    assert probe(path).frames == 2 * 88_200
    assert codes(path) == []


def test_joined_files_of_other_kinds_are_brought_to_the_first_ones_and_it_is_said(
    file: Make,
) -> None:
    one, other = odd.encoded("MP3"), odd.encoded("MP3", None, 2.0, 22_050, 1)
    path = file(one + other + odd.encoded("MP3", None, 1.0, 48_000, 2))
    seen = probe(path)
    assert (seen.rate, seen.channels, seen.frames) == (44_100, 2, 88_200 + 88_200 + 44_100)
    (warned,) = loaded(path).warnings
    assert warned.code == "input_joined"
    assert "2 of them were brought to the 44100 Hz and two channels" in warned.message
    whole = samples(path)
    mono = odd.decoded(other)[0]
    there = whole[0, 88_200 + 1_000 : 176_400 - 1_000]
    close = np.interp(np.arange(len(there)) + 1_000, np.arange(len(mono)) * 2, mono)
    assert np.corrcoef(there, close)[0, 1] > 0.95
    assert np.array_equal(samples(path, 3.0, 3.5), whole[:, 132_300:154_350])
    assert np.array_equal(samples(path, 4.2, 4.4), whole[:, 185_220:194_040])


def test_a_cut_file_says_how_much_is_missing(file: Make, mp3: bytes) -> None:
    path = file(mp3[: len(mp3) // 2])
    seen = probe(path)
    assert seen.promised_frames == 88_200
    assert 30_000 < seen.frames < 60_000
    (warned,) = loaded(path).warnings
    assert warned.code == "input_truncated"
    assert "of 2.000 s" in warned.message


def test_a_piece_cut_out_of_a_file_is_all_there_is(file: Make, mp3: bytes) -> None:
    """As mp3splt and ffmpeg -c copy cut: the reservoir of the first frames is gone."""
    frames = odd.frames_of(odd.uncounted(mp3))
    path = file(b"".join(frames[20:60]))
    assert samples(path).shape == (2, 40 * 1152)
    assert codes(path) == []


@pytest.mark.parametrize("count", [0, 1, 10, 77, 79, 5_000, 0xFFFFFFFF])
def test_a_wrong_count_is_no_promise_where_all_bytes_are_there(
    count: int, file: Make, mp3: bytes
) -> None:
    path = file(odd.recounted(mp3, count, len(mp3)))
    frames = len(odd.frames_of(odd.uncounted(mp3))) * 1152
    seen = probe(path)
    assert seen.promised_frames == seen.frames
    assert frames - 2 * 1152 < seen.frames <= frames
    assert codes(path) == []


def test_a_count_without_a_size_is_a_promise_but_for_the_encoders_own_frame(
    file: Make, mp3: bytes
) -> None:
    true = len(odd.frames_of(odd.uncounted(mp3)))
    assert codes(file(odd.recounted(mp3, true + 1))) == []
    assert codes(file(odd.recounted(mp3, true + 20))) == ["input_truncated"]


def test_a_frame_that_began_is_a_promise(file: Make, mp3: bytes) -> None:
    path = file(odd.uncounted(mp3)[:-40])
    seen = probe(path)
    assert seen.promised_frames == seen.frames + 1152
    assert codes(path) == ["input_truncated"]


@pytest.mark.parametrize("junk", [b"\0" * 5_000, b"\xff" * 5_000, b"RIFFjunk" * 900])
def test_junk_in_front_and_behind_is_left_out(junk: bytes, file: Make, mp3: bytes) -> None:
    path = file(junk + mp3 + junk)
    assert np.array_equal(samples(path), odd.decoded(mp3))
    assert codes(path) == []


def test_a_hole_in_the_middle_is_read_over_and_said_once(file: Make, mp3: bytes) -> None:
    path = file(mp3[:20_000] + mp3[22_500:])
    seen = probe(path)
    assert 88_200 - 20 * 1152 < seen.frames < 88_200
    (warned,) = loaded(path).warnings
    assert warned.code == "input_gaps"
    assert "is damaged at" in warned.message


def test_a_cut_file_in_front_of_another_is_said_and_the_other_is_whole(
    file: Make, mp3: bytes
) -> None:
    path = file(mp3[: len(mp3) // 2] + odd.id3(50) + mp3)
    whole = samples(path)
    assert np.array_equal(whole[:, -88_200:], odd.decoded(mp3))
    assert "input_gaps" in codes(path)
    assert "input_truncated" not in codes(path)


def test_mpeg_inside_a_wav_is_counted_too(file: Make, mp3: bytes) -> None:
    data = odd.uncounted(mp3)
    fmt = b"\x55\0\2\0\x44\xac\0\0\0\0\0\0\1\0\0\0\x0c\0" + bytes(12)
    body = b"WAVEfmt " + len(fmt).to_bytes(4, "little") + fmt
    body += b"data" + len(data).to_bytes(4, "little") + data
    path = file(b"RIFF" + len(body).to_bytes(4, "little") + body)
    seen = probe(path)
    assert (seen.container, seen.subtype) == ("WAV", "MPEG_LAYER_III")
    assert seen.frames == len(odd.frames_of(data)) * 1152
    assert codes(path) == []
    assert codes(file(path.read_bytes()[:-9_000])) == ["input_truncated"]


def test_free_format_is_measured_by_the_distance_of_its_headers(file: Make) -> None:
    frame = bytes.fromhex("fffb0000").ljust(700, b"\0")
    padded = bytes.fromhex("fffb0200").ljust(701, b"\0")
    path = file((frame + frame + padded) * 12)
    assert probe(path).frames == 36 * 1152


def test_a_file_that_is_made_to_hold_us_up_does_not(tmp_path: Path) -> None:
    """Headers everywhere and no frame behind any: given up after so many, and said."""
    frame = odd.silent_frames(0xFFFB9000, 1)
    path = tmp_path / "trap.mp3"
    path.write_bytes(frame * 20 + b"\xff\xfb\x90\x00" * 2_000_000 + frame * 20)
    (warned,) = [each for each in loaded(path).warnings if each.code == "input_gaps"]
    assert "bytes that make no sense" in warned.message


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfb\x90\x00" + bytes(50),
        odd.id3(3_000)[:500],
        odd.id3(3_000),
        b"\xff\xfb" * 3_000,
    ],
)
def test_what_only_begins_like_mpeg_is_refused(data: bytes, file: Make) -> None:
    with pytest.raises(InputUnreadable, match="export it again"):
        probe(file(data))


def test_nothing_is_printed_while_a_file_is_looked_at(
    file: Make, mp3: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    frames = odd.frames_of(odd.uncounted(mp3))
    for data in (mp3[:20_000] + mp3[22_500:], frames[0], b"".join(frames[9:40]), mp3[:-50]):
        path = file(data)
        probe(path)
        samples(path)
    assert capfd.readouterr().err == ""


def test_the_walk_is_the_same_through_a_window_of_any_size(
    file: Make, mp3: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = mp3[:20_000] + odd.id3(70) + mp3[22_500:] + odd.ID3V1 + mp3
    path = file(data)

    def found() -> list[tuple[int, list[tuple[int, int]]]]:
        with Source(path) as source:
            scanned = mpeg_scan.scan(Stretch(source, [(0, len(data))]))
        assert scanned is not None
        return [(part.count, part.pieces) for part in scanned.parts]

    whole = found()
    monkeypatch.setattr(mpeg_scan, "_CHUNK", 300)
    assert found() == whole


def test_a_header_that_cannot_be_is_none() -> None:
    for head in ("ffea9000", "fff99000", "fffbf000", "fffb9c00", "00fb9000", "ffdb9000", "fffb90"):
        assert mpeg.frame(bytes.fromhex(head)) is None


def test_a_count_by_fraunhofer_is_read() -> None:
    first = mpeg.frame(bytes.fromhex("fffb9000"))
    assert first is not None
    data = bytes.fromhex("fffb9000") + bytes(32) + b"VBRI\0\1\0\0\0\x64"
    told = mpeg.count(first, data + (1234).to_bytes(4, "big") + (56).to_bytes(4, "big"))
    assert told == mpeg.Count(56, 1234)


def test_an_mp3_of_a_day_is_counted_with_a_few_bytes_a_minute(tmp_path: Path) -> None:
    """Not a day here: what a frame costs is what counts."""
    path = tmp_path / "long.mp3"
    with open(path, "wb") as out:
        for _ in range(10):
            out.write(odd.silent_frames(0xFFE310C0, 6_400))
    with Source(path) as source:
        scanned = mpeg_scan.scan(Stretch(source, [(0, source.size)]))
    assert scanned is not None
    (part,) = scanned.parts
    assert part.count == 64_000
    assert len(part.pieces) == 1
    assert len(part.index) == 1_000


def test_a_stream_of_pieces_reads_like_one_file(tmp_path: Path) -> None:
    data = bytes(range(256)) * 4
    path = tmp_path / "bytes"
    path.write_bytes(data)
    with Source(path) as source:
        stretch = Stretch(source, [(10, 20), (20, 20), (500, 700), (3, 5)], zeros=4)
        shown = data[10:20] + data[500:700] + data[3:5] + bytes(4)
        assert stretch.take(0, 10_000) == shown
        for start in range(0, len(shown), 7):
            assert stretch.take(start, 50) == shown[start : start + 50]
        inner = stretch.part(5, 211)
        assert inner.take(0, 10_000) == shown[5:211]
        stretch.patches = {8: b"abcd"}
        assert stretch.take(7, 6) == shown[7:8] + b"abcd" + shown[12:13]
        buffer = bytearray(4)
        assert stretch.seek(-3, io.SEEK_END) == len(shown) - 3
        assert stretch.readinto(buffer) == 3
