from __future__ import annotations

import errno
import hashlib
import importlib
import random
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO, FileIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from voxmend.audio import INPUT_TRUNCATED, INPUT_UNCLOSED, SPAN_CUT, Loaded, Probe, load
from voxmend.audio.source import Opener, Source
from voxmend_protocol.errors import (
    BadRequest,
    EnvironmentProblem,
    InputUnreadable,
    UnsupportedAudio,
    VoxmendError,
)
from voxmend_protocol.values import Warned

Samples = npt.NDArray[np.float32]
Tone = Callable[[int, int, float], Samples]
ErrorDb = Callable[[Samples, Samples], float]


@dataclass(frozen=True)
class Clip:
    """What was loaded, with its samples. Shape: (channels, frames)."""

    samples: Samples
    rate: int
    start_frame: int
    probe: Probe
    warnings: tuple[Warned, ...]


def read(path: Path, start_s: float | None = None, end_s: float | None = None) -> Clip:
    with TemporaryDirectory() as folder:
        loaded = load(path, start_s, end_s, Path(folder))
        with loaded.signal as signal:
            samples = signal.read(0, signal.frames)
            rate = signal.rate
    return Clip(samples, rate, loaded.start_frame, loaded.probe, loaded.warnings)


SEEKABLE = [
    ("WAV", "PCM_24"),
    ("WAV", "IMA_ADPCM"),
    ("AIFF", "PCM_16"),
    ("FLAC", "PCM_24"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("CAF", "ALAC_24"),
]


def rounded(samples: Samples, subtype: str) -> Samples:
    """The samples as an integer format can hold them, full scale 1.0."""
    if not subtype.startswith("PCM"):
        return samples
    steps = 2.0 ** (int(subtype[4:]) - 1)
    return (np.round(samples.astype(np.float64) * steps) / steps).astype(np.float32)


def encode(samples: Samples, rate: int, container: str = "WAV", subtype: str = "FLOAT") -> bytes:
    """A file of the samples. Integers are made here: libsndfile's own conversion of floats scales
    by 2^(n-1) - 1, which is not what it divides by when it reads them back."""
    file = BytesIO()
    frames: npt.NDArray[np.float32] | npt.NDArray[np.int32] = samples.T
    if subtype.startswith("PCM"):
        frames = (rounded(samples, subtype).T.astype(np.float64) * 2.0**31).astype(np.int32)
    soundfile.write(file, frames, rate, format=container, subtype=subtype)
    return file.getvalue()


def refusal(path: Path, start_s: float | None = None, end_s: float | None = None) -> VoxmendError:
    with pytest.raises(VoxmendError) as caught:
        read(path, start_s, end_s)
    message = caught.value.message
    assert message.endswith(".")
    assert "\n" not in message
    assert ";" in message
    return caught.value


def codes(clip: Clip) -> list[str]:
    for warned in clip.warnings:
        assert warned.message.endswith(".")
        assert "\n" not in warned.message
    return [warned.code for warned in clip.warnings]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    """Bytes to a file that holds them."""

    def make(data: bytes) -> Path:
        path = tmp_path / "voice.wav"
        path.write_bytes(data)
        return path

    return make


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        ("WAV", "PCM_16"),
        ("WAV", "PCM_24"),
        ("WAV", "PCM_32"),
        ("WAV", "FLOAT"),
        ("WAVEX", "PCM_24"),
        ("RF64", "FLOAT"),
        ("AIFF", "PCM_16"),
        ("AIFF", "PCM_24"),
        ("AIFF", "PCM_32"),
        ("AIFF", "FLOAT"),
        ("FLAC", "PCM_16"),
        ("FLAC", "PCM_24"),
    ],
)
def test_a_lossless_format_gives_back_the_samples(
    file: Callable[[bytes], Path],
    tone: Tone,
    error_db: ErrorDb,
    rate: int,
    channels: int,
    container: str,
    subtype: str,
) -> None:
    samples = rounded(tone(rate, channels, 0.05), subtype)
    clip = read(file(encode(samples, rate, container, subtype)))
    assert clip.samples.dtype == np.float32
    assert clip.samples.flags.c_contiguous
    assert (clip.rate, clip.start_frame, clip.warnings) == (rate, 0, ())
    assert error_db(clip.samples, samples) < -290.0


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_vorbis_file_keeps_length_and_time(
    file: Callable[[bytes], Path], tone: Tone, error_db: ErrorDb, rate: int, channels: int
) -> None:
    samples = tone(rate, channels, 0.5)
    clip = read(file(encode(samples, rate, "OGG", "VORBIS")))
    assert clip.warnings == ()
    # The sixth channel is the LFE, which the encoder low-passes. One frame late is above -25 dB.
    assert error_db(clip.samples[:5], samples[:5]) < -35.0


def test_integers_end_at_full_scale_and_floats_go_beyond(file: Callable[[bytes], Path]) -> None:
    loudest = np.array([[-32768, 32767, 0, 1]], dtype=np.int16)
    data = BytesIO()
    soundfile.write(data, loudest.T, 48_000, format="WAV", subtype="PCM_16")
    clip = read(file(data.getvalue()))
    assert clip.samples.tolist() == [[-1.0, 32767 / 32768, 0.0, 1 / 32768]]
    over = np.array([[3.5, -7.25]], dtype=np.float32)
    assert read(file(encode(over, 48_000))).samples.tolist() == [[3.5, -7.25]]
    assert read(file(encode(over, 48_000, "WAV", "DOUBLE"))).samples.tolist() == [[3.5, -7.25]]


def test_sixty_four_channels_stay_in_order(file: Callable[[bytes], Path]) -> None:
    samples = np.tile(np.linspace(-1, 1, 64, dtype=np.float32)[:, None], 100)
    clip = read(file(encode(samples, 48_000)))
    assert np.array_equal(clip.samples, samples)


@pytest.mark.parametrize(("container", "subtype"), SEEKABLE)
@pytest.mark.parametrize("block_values", [2 * 777, 1 << 19])
def test_a_span_is_that_part_of_the_whole(
    file: Callable[[bytes], Path],
    tone: Tone,
    error_db: ErrorDb,
    monkeypatch: pytest.MonkeyPatch,
    container: str,
    subtype: str,
    block_values: int,
) -> None:
    path = file(encode(tone(48_000, 2, 1.5), 48_000, container, subtype))
    whole = read(path).samples
    monkeypatch.setattr(
        importlib.import_module("voxmend.audio.decoder"), "BLOCK_VALUES", block_values
    )
    for start_s, end_s in [(0.0, 0.01), (0.25, 1.0), (0.000_03, 0.7), (1.2, None), (None, 0.5)]:
        clip = read(path, start_s, end_s)
        start = round((start_s or 0) * 48_000)
        end = whole.shape[1] if end_s is None else round(end_s * 48_000)
        assert clip.start_frame == start
        assert clip.warnings == ()
        assert error_db(clip.samples, whole[:, start:end]) < -150.0


def test_a_coding_that_cannot_seek_gives_its_span_too(
    file: Callable[[bytes], Path], tone: Tone, error_db: ErrorDb
) -> None:
    path = file(encode(tone(8_000, 1, 1.0), 8_000, "WAV", "GSM610"))
    whole = read(path).samples
    assert error_db(read(path, 0.3, 0.6).samples, whole[:, 2400:4800]) < -150.0


@pytest.mark.skipif("MP3" not in soundfile.available_formats(), reason="this libsndfile has no MP3")
def test_an_mp3_keeps_length_and_time(
    file: Callable[[bytes], Path], tone: Tone, error_db: ErrorDb
) -> None:
    samples = tone(44_100, 2, 1.0)
    path = file(encode(samples, 44_100, "MP3", "MPEG_LAYER_III"))
    clip = read(path)
    assert error_db(clip.samples, samples) < -35.0
    part = read(path, 0.5, 0.75).samples
    assert error_db(part, clip.samples[:, 22_050:33_075]) < -150.0


def test_seconds_are_rounded_to_the_nearest_frame(file: Callable[[bytes], Path]) -> None:
    path = file(encode(np.linspace(0, 0.999, 1000, dtype=np.float32)[None], 48_000))
    clip = read(path, 10.49 / 48_000, 20.51 / 48_000)
    assert (clip.start_frame, clip.samples.shape) == (10, (1, 11))
    assert clip.samples[0, 0] == pytest.approx(0.010)
    almost = read(path, 0.0, 1000.4 / 48_000)
    assert (almost.samples.shape, almost.warnings) == ((1, 1000), ())


@pytest.mark.parametrize(
    ("start_s", "end_s"),
    [
        (-0.1, None),
        (1.0, None),
        (5.0, 6.0),
        (0.5, 0.5),
        (0.5, 0.25),
        (0.0, -1.0),
        (0.5, 0.500_001),
        (float("nan"), None),
        (0.0, float("nan")),
        (float("inf"), None),
        (0.0, float("inf")),
        (1e308, None),
        (0.0, 1e308),
    ],
)
def test_a_span_outside_the_file_or_without_sound_is_a_bad_request(
    file: Callable[[bytes], Path], tone: Tone, start_s: float | None, end_s: float | None
) -> None:
    refused = refusal(file(encode(tone(8_000, 1, 1.0), 8_000)), start_s, end_s)
    assert type(refused) is BadRequest


def test_a_span_that_ends_behind_the_file_is_cut_with_a_warning(
    file: Callable[[bytes], Path], tone: Tone
) -> None:
    clip = read(file(encode(tone(8_000, 1, 1.0), 8_000)), 0.5, 2.0)
    assert clip.samples.shape == (1, 4000)
    assert codes(clip) == [SPAN_CUT]


def test_a_wav_cut_short_gives_what_is_there_and_says_how_much(
    file: Callable[[bytes], Path], tone: Tone, error_db: ErrorDb
) -> None:
    samples = tone(48_000, 2, 2.0)
    data = encode(samples, 48_000)
    path = file(data[: len(data) - 48_000 * 8])
    clip = read(path)
    assert codes(clip) == [INPUT_TRUNCATED]
    assert "2.000 s" in clip.warnings[0].message
    assert "1.000 s" in clip.warnings[0].message
    assert error_db(clip.samples, samples[:, :48_000]) < -290.0
    assert codes(read(path, 0.2, 0.8)) == []
    assert codes(read(path, 0.2, 1.5)) == [INPUT_TRUNCATED]
    assert codes(read(path, 0.2, 2.5)) == [SPAN_CUT, INPUT_TRUNCATED]
    assert type(refusal(path, 1.5, 1.8)) is InputUnreadable
    assert type(refusal(path, 2.5, 2.8)) is BadRequest


def test_a_wav_that_was_never_closed_is_read_with_a_warning(
    file: Callable[[bytes], Path], tone: Tone, error_db: ErrorDb
) -> None:
    samples = rounded(tone(48_000, 2, 0.5), "PCM_24")
    data = bytearray(encode(samples, 48_000, "WAV", "PCM_24"))
    data[4:8] = bytes(4)
    at = data.index(b"data") + 4
    data[at : at + 4] = bytes(4)
    path = file(bytes(data))
    clip = read(path)
    assert codes(clip) == [INPUT_UNCLOSED]
    assert error_db(clip.samples, samples) < -290.0
    assert codes(read(path, 0.0, 0.2)) == []


@pytest.mark.parametrize("damage", ["cut", "one bit", "zeros", "hole", "noise"])
@pytest.mark.parametrize("block_values", [2 * 1000, 1 << 19])
def test_a_flac_damaged_in_the_middle_keeps_what_came_before(
    file: Callable[[bytes], Path],
    tone: Tone,
    error_db: ErrorDb,
    monkeypatch: pytest.MonkeyPatch,
    damage: str,
    block_values: int,
) -> None:
    monkeypatch.setattr(
        importlib.import_module("voxmend.audio.decoder"), "BLOCK_VALUES", block_values
    )
    samples = rounded(tone(48_000, 2, 2.0), "PCM_16")
    data = encode(samples, 48_000, "FLAC", "PCM_16")
    middle = len(data) // 2
    head, tail = data[:middle], data[middle:]
    path = file(
        head
        + {
            "cut": b"",
            "one bit": bytes([tail[0] ^ 8]) + tail[1:],
            "zeros": bytes(500) + tail[500:],
            "hole": tail[20_000:],
            "noise": random.Random(5).randbytes(500) + tail[500:],
        }[damage]
    )
    clip = read(path)
    kept = clip.samples.shape[1]
    assert codes(clip) == [INPUT_TRUNCATED]
    assert abs(kept - 48_000) < 3 * 4096  # a FLAC frame holds 4096
    assert error_db(clip.samples, samples[:, :kept]) < -290.0
    part = read(path, 0.5, 1.8)
    assert error_db(part.samples, clip.samples[:, 24_000:]) < -290.0
    assert codes(part) == [INPUT_TRUNCATED]
    assert codes(read(path, 0.2, 0.6)) == []
    try:  # frames of FLAC know their place: a seek over the damage finds the right sound, or none
        behind = read(path, 1.5, 1.8)
    except InputUnreadable:
        return
    assert error_db(behind.samples, samples[:, 72_000:86_400]) < -290.0


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("damage", ["one bit", "hole"])
def test_an_ogg_is_not_read_beyond_a_page_that_is_lost(
    file: Callable[[bytes], Path], tone: Tone, error_db: ErrorDb, subtype: str, damage: str
) -> None:
    samples = tone(48_000, 2, 4.0)
    data = encode(samples, 48_000, "OGG", subtype)
    whole = read(file(data))
    assert whole.warnings == ()
    page = data.index(b"OggS", len(data) // 2)
    behind = data.index(b"OggS", page + 4)
    if damage == "one bit":
        data = data[: page + 500] + bytes([data[page + 500] ^ 1]) + data[page + 501 :]
    else:
        data = data[:page] + data[behind:]
    path = file(data)
    clip = read(path)
    kept = clip.samples.shape[1]
    assert codes(clip) == [INPUT_TRUNCATED]
    assert 48_000 < kept < 144_000
    assert error_db(clip.samples, whole.samples[:, :kept]) < -150.0
    assert codes(read(path, 0.0, kept / 48_000)) == []
    assert codes(read(path, 0.0, 3.5)) == [INPUT_TRUNCATED]
    assert type(refusal(path, 3.5)) is InputUnreadable


def test_an_ogg_cut_short_gives_what_is_there_with_a_warning(
    file: Callable[[bytes], Path], tone: Tone, error_db: ErrorDb
) -> None:
    samples = tone(48_000, 2, 4.0)
    data = encode(samples, 48_000, "OGG", "VORBIS")
    clip = read(file(data[: len(data) * 3 // 4]))
    assert codes(clip) == [INPUT_UNCLOSED]
    assert error_db(clip.samples, samples[:, : clip.samples.shape[1]]) < -35.0


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_sample_that_is_no_number_is_refused_where_it_stands(
    file: Callable[[bytes], Path], tone: Tone, bad: float
) -> None:
    samples = tone(8_000, 2, 2.0)
    samples[1, 10_000] = samples[0, 12_000] = bad
    path = file(encode(samples, 8_000))
    refused = refusal(path)
    assert type(refused) is UnsupportedAudio
    assert "1.250 s" in refused.message
    assert read(path, 0.0, 1.25).samples.shape == (2, 10_000)
    assert "1.500 s" in refusal(path, 1.3).message


def test_a_double_beyond_what_float32_holds_is_refused(file: Callable[[bytes], Path]) -> None:
    data = BytesIO()
    soundfile.write(data, np.array([[0.0], [1e300]]), 8_000, format="WAV", subtype="DOUBLE")
    assert type(refusal(file(data.getvalue()))) is UnsupportedAudio


def test_a_disk_that_fails_in_the_middle_is_an_error_not_a_short_clip(
    file: Callable[[bytes], Path], tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(encode(tone(48_000, 2, 1.0), 48_000))

    class Broken(FileIO):
        def readinto(self, buffer: bytearray | memoryview, /) -> int | None:  # type: ignore[override]
            if self.tell() > 100_000:
                raise OSError(errno.EIO, "Input/output error")
            return super().readinto(memoryview(buffer)[:8_192])

    class OnBrokenDisk(Source):
        def __init__(self, path: Path, opener: Opener | None = None) -> None:
            super().__init__(path, opener)
            self._file = Broken(path)

    monkeypatch.setattr(importlib.import_module("voxmend.audio.probe"), "Source", OnBrokenDisk)
    refused = refusal(path)
    assert type(refused) is InputUnreadable
    assert "Input/output error" in refused.message


def test_a_flac_that_promises_the_moon_takes_no_memory_for_it(
    file: Callable[[bytes], Path], tone: Tone
) -> None:
    data = bytearray(encode(tone(48_000, 2, 0.5), 48_000, "FLAC", "PCM_16"))
    data[21] |= 0x0F  # the four high bits of 36: sixty thousand million frames
    tracemalloc.start()
    clip = read(file(bytes(data)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert clip.samples.shape == (2, 24_000)
    assert codes(clip) == [INPUT_TRUNCATED]
    assert most < 20e6


def test_a_flac_of_silence_that_is_far_smaller_than_its_sound_is_read_whole(
    file: Callable[[bytes], Path],
) -> None:
    silence = np.zeros((1, 1_500_000), dtype=np.float32)
    data = encode(silence, 48_000, "FLAC", "PCM_16")
    assert len(data) < 30_000
    clip = read(file(data))
    assert clip.samples.shape == (1, 1_500_000)
    assert not clip.samples.any()


def test_mutated_files_give_a_clip_or_a_sentence_and_never_anything_else(
    file: Callable[[bytes], Path], tone: Tone
) -> None:
    samples = tone(8_000, 2, 0.1)
    wholes = [
        encode(samples, 8_000, container, subtype)
        for container, subtype in [
            ("WAV", "PCM_16"),
            ("WAVEX", "FLOAT"),
            ("RF64", "PCM_24"),
            ("W64", "PCM_16"),
            ("AIFF", "PCM_24"),
            ("AIFF", "FLOAT"),
            ("CAF", "PCM_16"),
            ("FLAC", "PCM_16"),
            ("OGG", "VORBIS"),
        ]
    ]
    rng = random.Random(11)
    numbers = (0, 1, 2, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
    turns, clips = 900, 0
    tracemalloc.start()
    for turn in range(turns):
        data = bytearray(wholes[turn % len(wholes)])
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(min(len(data), 160))
            kind = rng.randrange(5)
            if kind == 0:
                data[at] ^= 1 << rng.randrange(8)
            elif kind == 1:
                data[at] = rng.randrange(256)
            elif kind == 2:
                data[at : at + 4] = struct.pack(rng.choice("<>") + "I", rng.choice(numbers))
            elif kind == 3:
                del data[at : at + rng.randrange(1, 9)]
            else:
                del data[rng.randrange(len(data)) :]
                break
        path = file(bytes(data))
        with suppress(InputUnreadable, UnsupportedAudio):
            clip = read(path)
            clips += 1
            assert clip.samples.shape[1] >= 1, turn
            assert np.isfinite(clip.samples).all(), turn
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 200e6
    assert 100 < clips < turns - 100  # both ways are really gone


@pytest.fixture
def loading(tmp_path: Path) -> Iterator[Callable[..., Loaded]]:
    """``load`` with a scratch folder of its own, which must be empty at the end."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    made: list[Loaded] = []

    def run(path: Path, start_s: float | None = None, in_memory_bytes: int = 0) -> Loaded:
        made.append(load(path, start_s, None, folder, in_memory_bytes))
        return made[-1]

    yield run
    for loaded in made:
        loaded.signal.close()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("cut", [1.0, 0.6])
@pytest.mark.parametrize(("container", "subtype"), [("WAV", "FLOAT"), ("FLAC", "PCM_16")])
def test_a_clip_on_disk_is_the_clip_in_memory(
    file: Callable[[bytes], Path],
    tone: Tone,
    loading: Callable[..., Loaded],
    container: str,
    subtype: str,
    cut: float,
) -> None:
    data = encode(tone(48_000, 3, 6.0), 48_000, container, subtype)
    path = file(data[: int(cut * len(data))])
    long, short = loading(path, 0.25), loading(path, 0.25, 1 << 30)
    assert not long.signal.in_memory
    assert short.signal.in_memory
    count = long.signal.frames
    assert np.array_equal(long.signal.read(0, count), short.signal.read(0, short.signal.frames))
    assert long.signal.rate == 48_000
    assert long.digest == short.digest
    assert long.warnings == short.warnings
    assert len(long.warnings) == (cut < 1)
    assert long.start_frame == 12_000


def test_the_digest_knows_the_sound_and_not_the_file(
    file: Callable[[bytes], Path], tone: Tone, loading: Callable[..., Loaded]
) -> None:
    samples = rounded(tone(48_000, 2, 0.5), "PCM_16")
    digest = loading(file(encode(samples, 48_000, "WAV", "PCM_16"))).digest
    pcm = samples.T.astype("<f4").tobytes()
    assert digest == hashlib.sha256(b"48000 2 f4\n" + pcm).hexdigest()
    for container, subtype in [("FLAC", "PCM_16"), ("AIFF", "PCM_24"), ("WAV", "FLOAT")]:
        assert loading(file(encode(samples, 48_000, container, subtype))).digest == digest
    other = samples.copy()
    other[1, -1] += np.float32(2**-15)
    mono = samples.T.reshape(1, -1)
    for different, rate in [(other, 48_000), (samples, 44_100), (mono, 48_000), (-samples, 48_000)]:
        assert loading(file(encode(different, rate))).digest != digest


def test_a_refused_clip_leaves_no_scratch_file(
    file: Callable[[bytes], Path], tone: Tone, tmp_path: Path
) -> None:
    samples = tone(8_000, 2, 2.0)
    samples[0, 12_000] = np.nan
    (folder := tmp_path / "empty").mkdir()
    with pytest.raises(UnsupportedAudio) as caught:
        load(file(encode(samples, 8_000)), None, None, folder, 0)
    assert list(folder.iterdir()) == []  # while the traceback still holds what was made
    del caught
    with pytest.raises(EnvironmentProblem, match="scratch file"):
        load(file(encode(tone(8_000, 1, 1.0), 8_000)), None, None, Path("/no/folder"), 0)


def test_a_long_clip_takes_a_few_blocks_of_memory(
    file: Callable[[bytes], Path], loading: Callable[..., Loaded]
) -> None:
    path = file(encode(np.zeros((2, 6_000_000), dtype=np.float32), 48_000, "WAV", "PCM_16"))
    tracemalloc.start()
    loaded = loading(path)
    for _, block in loaded.signal.blocks():
        assert not block.any()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert loaded.signal.nbytes == 48_000_000
    assert most < 12e6
