from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from voxmend.audio import probe
from voxmend_protocol.errors import (
    InputMissing,
    InputUnreadable,
    UnsupportedAudio,
    VoxmendError,
)

Tone = Callable[[int, int, float], npt.NDArray[np.float32]]


@pytest.fixture
def encoded(tone: Tone) -> Callable[[str, str], bytes]:
    """Container and coding to a file of one second of stereo at 48 kHz."""

    def make(container: str, subtype: str) -> bytes:
        file = BytesIO()
        soundfile.write(file, tone(48_000, 2, 1.0).T, 48_000, format=container, subtype=subtype)
        return file.getvalue()

    return make


def wav(
    *,
    tag: int = 1,
    channels: int = 2,
    rate: int = 48_000,
    align: int = 4,
    bits: int = 16,
    data: bytes = bytes(4000),
    data_size: int | None = None,
    riff_size: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A WAV, written by hand so that each field can be wrong."""
    size = len(data) if data_size is None else data_size
    fmt = struct.pack("<IHHIIHH", 16, tag, channels, rate, 0, align, bits)
    body = b"WAVE" + before + b"fmt " + fmt + b"data" + struct.pack("<I", size) + data + after
    return b"RIFF" + struct.pack("<I", len(body) if riff_size is None else riff_size) + body


def put(data: bytes, offset: int, value: bytes) -> bytes:
    return data[:offset] + value + data[offset + len(value) :]


def refusal(path: Path) -> VoxmendError:
    """The error for a file; whatever it says must be one sentence that helps."""
    with pytest.raises(VoxmendError) as caught:
        probe(path)
    message = caught.value.message
    assert message.endswith(".")
    assert "\n" not in message
    assert ";" in message  # what is wrong; what to do
    assert "System error" not in message
    return caught.value


@pytest.mark.parametrize(
    ("container", "subtype", "named"),
    [
        ("WAV", "PCM_16", "WAV"),
        ("WAV", "PCM_24", "WAV"),
        ("WAV", "DOUBLE", "WAV"),
        ("WAVEX", "FLOAT", "WAV"),
        ("RF64", "FLOAT", "RF64"),
        ("W64", "PCM_24", "W64"),
        ("AIFF", "PCM_24", "AIFF"),
        ("AIFF", "FLOAT", "AIFF"),
        ("CAF", "PCM_24", "CAF"),
        ("AU", "PCM_16", "AU"),
        ("FLAC", "PCM_24", "FLAC"),
        ("OGG", "VORBIS", "OGG"),
        ("OGG", "OPUS", "OGG"),
    ],
)
def test_a_whole_file_is_what_it_says(
    encoded: Callable[[str, str], bytes], tmp_path: Path, container: str, subtype: str, named: str
) -> None:
    path = tmp_path / "voice.any"
    path.write_bytes(encoded(container, subtype))
    seen = probe(path)
    assert (seen.rate, seen.channels, seen.frames) == (48_000, 2, 48_000)
    assert (seen.container, seen.subtype) == (named, subtype)
    assert seen.promised_frames == seen.frames
    assert not seen.unclosed
    assert seen.seconds == 1.0


@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        ("WAV", "PCM_16"),
        ("WAV", "FLOAT"),
        ("WAVEX", "PCM_24"),
        ("RF64", "FLOAT"),
        ("W64", "PCM_24"),
        ("AIFF", "PCM_24"),
        ("AIFF", "FLOAT"),
        ("CAF", "PCM_24"),
    ],
)
def test_a_header_that_promises_more_than_there_is_shows(
    encoded: Callable[[str, str], bytes], tmp_path: Path, container: str, subtype: str
) -> None:
    data = encoded(container, subtype)
    path = tmp_path / "half.wav"
    path.write_bytes(data[: len(data) // 2])
    seen = probe(path)
    assert seen.promised_frames == 48_000
    assert 23_000 < seen.frames <= 24_000
    assert not seen.unclosed


def test_a_compressed_wav_that_is_cut_short_promises_about_what_it_held(
    encoded: Callable[[str, str], bytes], tmp_path: Path
) -> None:
    data = encoded("WAV", "IMA_ADPCM")
    path = tmp_path / "half.wav"
    path.write_bytes(data[: len(data) // 2])
    seen = probe(path)
    assert seen.promised_frames == pytest.approx(48_984, rel=0.02)
    assert seen.frames < 25_000


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0xFFFFFFDB, 0x7FFFF000, 0x80000000])
def test_a_wav_that_was_never_closed_gives_what_is_there(tmp_path: Path, size: int) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(wav(data_size=size, riff_size=min(size + 36, 0xFFFFFFFF)))
    seen = probe(path)
    assert seen.unclosed
    assert seen.frames == seen.promised_frames == 1000


@pytest.mark.parametrize("filler", [b"\x00", b"\xff"])
def test_an_rf64_whose_ds64_was_never_filled_gives_what_is_there(
    encoded: Callable[[str, str], bytes], tmp_path: Path, filler: bytes
) -> None:
    data = encoded("RF64", "FLOAT")
    path = tmp_path / "take.wav"
    path.write_bytes(put(data, data.index(b"ds64") + 8, filler * 24))
    seen = probe(path)
    assert seen.unclosed
    assert seen.frames == seen.promised_frames == 48_000


@pytest.mark.parametrize("size", [0, 8, 0xFFFFFFFF])
def test_an_aiff_that_was_never_closed_gives_what_is_there(
    encoded: Callable[[str, str], bytes], tmp_path: Path, size: int
) -> None:
    data = put(encoded("AIFF", "PCM_24"), 4, b"\0\0\0\0")
    data = put(data, data.index(b"COMM") + 10, b"\0\0\0\0")
    path = tmp_path / "take.aif"
    path.write_bytes(put(data, data.index(b"SSND") + 4, struct.pack(">I", size)))
    seen = probe(path)
    assert seen.unclosed
    assert seen.frames == seen.promised_frames == 48_000


def test_a_wave64_that_was_never_closed_gives_what_is_there(
    encoded: Callable[[str, str], bytes], tmp_path: Path
) -> None:
    data = put(encoded("W64", "PCM_24"), 16, bytes(8))
    path = tmp_path / "take.w64"
    path.write_bytes(put(data, data.index(b"data\xf3\xac") + 16, bytes(8)))
    seen = probe(path)
    assert seen.unclosed
    assert seen.frames == 48_000


def test_a_flac_of_unknown_length_is_counted(
    encoded: Callable[[str, str], bytes], tmp_path: Path
) -> None:
    data = encoded("FLAC", "PCM_16")
    path = tmp_path / "piped.flac"
    path.write_bytes(put(data, 21, bytes([data[21] & 0xF0]) + bytes(4)))  # 36 bits of STREAMINFO
    seen = probe(path)
    assert seen.unclosed
    assert seen.frames == 48_000


def test_an_ogg_without_its_last_page_is_unclosed(
    encoded: Callable[[str, str], bytes], tmp_path: Path
) -> None:
    data = encoded("OGG", "VORBIS")
    path = tmp_path / "half.ogg"
    path.write_bytes(data[: data.rindex(b"OggS") + 40])
    seen = probe(path)
    assert seen.unclosed
    assert 0 < seen.frames < 48_000


def test_a_bw64_is_read_like_the_rf64_it_extends(
    encoded: Callable[[str, str], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "adm.wav"
    path.write_bytes(put(encoded("RF64", "PCM_24"), 0, b"BW64"))
    seen = probe(path)
    assert (seen.container, seen.frames) == ("BW64", 48_000)


def test_the_broadcast_time_stamp_is_found(tmp_path: Path) -> None:
    bext = bytes(338) + struct.pack("<Q", 172_800_001_234) + bytes(256)
    path = tmp_path / "scene.wav"
    path.write_bytes(wav(before=b"bext" + struct.pack("<I", len(bext)) + bext))
    assert probe(path).time_reference == 172_800_001_234
    path.write_bytes(wav())
    assert probe(path).time_reference is None


def test_more_than_four_gibibytes_are_probed_at_once(
    encoded: Callable[[str, str], bytes], tmp_path: Path
) -> None:
    head = encoded("RF64", "FLOAT")
    start = head.index(b"data") + 8
    frames = (5 << 30) // 8
    head = put(
        head, head.index(b"ds64") + 8, struct.pack("<QQQ", start - 8 + (5 << 30), 5 << 30, frames)
    )
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(head[:start])
        file.truncate(start + (5 << 30))  # a hole: takes no room
    with most_read(1_000_000):
        seen = probe(path)
    assert seen.frames == seen.promised_frames == frames


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", InputUnreadable),
        (b"RIFF", InputUnreadable),
        (b"This is only a text that somebody named like a sound.\n" * 40, InputUnreadable),
        (bytes(5000), InputUnreadable),
        (wav()[:30], InputUnreadable),
        (wav()[:44], InputUnreadable),
        (wav(data=b""), InputUnreadable),
        (wav(data=b"", after=b"LIST\x64\0\0\0INFO" + b"a" * 96), InputUnreadable),
        (wav(channels=0), InputUnreadable),
        (wav(rate=0), InputUnreadable),
        (wav(align=0, bits=0), InputUnreadable),
        (wav(bits=0), InputUnreadable),
        (wav(channels=65, align=130), UnsupportedAudio),
        (wav(channels=65_535, align=65_534), UnsupportedAudio),
        (wav(rate=4_000_000_000), UnsupportedAudio),
        (wav(rate=7_999), UnsupportedAudio),
        (wav(rate=192_001), UnsupportedAudio),
    ],
)
def test_what_is_no_usable_sound_is_refused_in_one_sentence(
    tmp_path: Path, data: bytes, error: type[VoxmendError]
) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(data)
    refused = refusal(path)
    assert type(refused) is error
    assert "voice.wav" in refused.message


def test_an_aiff_with_an_impossible_rate_is_refused(
    encoded: Callable[[str, str], bytes], tmp_path: Path
) -> None:
    data = encoded("AIFF", "PCM_16")
    path = tmp_path / "voice.aif"
    for rate in (b"\x7f\xff" + bytes(8), b"\x7f\xfe" + b"\xff" * 8, bytes(10), b"\xff" * 10):
        path.write_bytes(put(data, data.index(b"COMM") + 16, rate))
        assert isinstance(refusal(path), (InputUnreadable, UnsupportedAudio))


def test_a_sound_of_64_channels_at_the_ends_of_the_range_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "many.wav"
    for rate in (8_000, 192_000):
        path.write_bytes(wav(channels=64, align=128, rate=rate, data=bytes(1280)))
        assert (probe(path).channels, probe(path).rate, probe(path).frames) == (64, rate, 10)


@contextmanager
def most_read(size: int) -> Iterator[None]:
    """No more than so many bytes are read meanwhile, where the system counts them."""
    before = _bytes_read()
    yield
    assert _bytes_read() - before <= size


def _bytes_read() -> int:
    counted = Path("/proc/self/io")
    return int(counted.read_text().split()[1]) if counted.exists() else 0


def test_a_maze_of_tiny_chunks_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "maze.wav"
    for data in (wav(), wav()[:36]):  # the maze behind the sound, and in its place
        with path.open("wb") as file:
            file.write(data)
            file.truncate(1 << 30)  # a hole reads as 134 million chunks of no name and no size
        with most_read(1_000_000):
            if len(data) > 36:
                assert probe(path).frames == 1000
            else:
                assert isinstance(refusal(path), InputUnreadable)


def test_an_odd_chunk_is_followed_by_a_pad_byte(tmp_path: Path) -> None:
    bext = bytes(338) + struct.pack("<Q", 77) + bytes(256)
    odd = b"note\x03\0\0\0abc\0"
    path = tmp_path / "scene.wav"
    path.write_bytes(wav(before=odd + b"bext" + struct.pack("<I", len(bext)) + bext))
    assert probe(path).time_reference == 77


def test_an_aiff_may_hold_its_sound_before_its_format(
    encoded: Callable[[str, str], bytes], tmp_path: Path
) -> None:
    data = encoded("AIFF", "PCM_16")
    sound = data.index(b"SSND")
    path = tmp_path / "voice.aif"
    path.write_bytes(data[:12] + data[sound:] + data[12:sound])
    assert (probe(path).frames, probe(path).promised_frames) == (48_000, 48_000)
    size = struct.pack(">I", 8 + 4 * 96_000)
    path.write_bytes(put(path.read_bytes(), 16, size))  # now the format is behind the end
    assert isinstance(refusal(path), InputUnreadable)


def test_a_caf_that_goes_to_the_end_of_the_file_is_whole(
    encoded: Callable[[str, str], bytes], tmp_path: Path
) -> None:
    data = encoded("CAF", "PCM_16")
    path = tmp_path / "voice.caf"
    path.write_bytes(put(data, data.index(b"data") + 4, b"\xff" * 8))
    seen = probe(path)
    assert (seen.frames, seen.promised_frames, seen.unclosed) == (48_000, 48_000, False)


def test_a_missing_file_and_a_path_that_cannot_be_are_missing(tmp_path: Path) -> None:
    paths = [
        tmp_path / "none.wav",
        tmp_path / "no" / "such" / "folder.wav",
        tmp_path / ("long" * 2000),
        tmp_path / "nul\0.wav",
        tmp_path / "half\ud800.wav",
    ]
    for path in paths:
        refused = refusal(path)
        assert type(refused) is InputMissing
        refused.message.encode("utf-8")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_and_a_device_are_refused_without_waiting(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe.wav"
    os.mkfifo(fifo)
    for path in (fifo, Path("/dev/zero")):
        assert "not a file" in refusal(path).message


@pytest.fixture
def somebody_else() -> Iterator[None]:
    """Root may read everything: become nobody for the length of a test."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no user ids")
    was = os.geteuid()
    if was == 0:
        os.seteuid(65_534)
    yield
    os.seteuid(was)


def test_a_file_that_may_not_be_read_is_refused(somebody_else: None) -> None:
    # Not in tmp_path, which nobody may enter: the file itself must be what is forbidden.
    mine = Path(os.path.realpath("/tmp")) / f"voxmend-forbidden-{os.getpid()}.wav"
    mine.write_bytes(wav())
    try:
        mine.chmod(0)
        refused = refusal(mine)
    finally:
        mine.unlink()
    assert type(refused) is InputUnreadable
    assert "right to read" in refused.message


@pytest.mark.parametrize(
    "name", ["Stimme ä 声.wav", "two\nlines.wav", "tab\t'\"$%.wav", "\u202egpj.wav"]
)
def test_a_path_with_odd_characters_is_read_and_shown_on_one_line(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(wav())
    assert probe(path).frames == 1000
    path.write_bytes(b"text")
    message = refusal(path).message
    assert "\u202e" not in message
    assert "\t" not in message


@pytest.mark.skipif(os.name == "nt", reason="file names are text on Windows")
def test_a_name_that_is_no_text_is_read_and_shown_as_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.wav"))
    path.write_bytes(wav())
    assert probe(path).frames == 1000
    path.write_bytes(b"text")
    refusal(path).message.encode("utf-8")
