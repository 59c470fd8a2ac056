from __future__ import annotations

import errno
import importlib
import os
import signal
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from voxmend.audio import Form, StemWriter, TruePeak, db, load, open_stem, probe, write_stem
from voxmend.audio.containers import head
from voxmend.audio.encoder import Encoder
from voxmend_protocol.errors import DiskFull, OutputUnwritable, VoxmendError

Samples = npt.NDArray[np.float32]
Tone = Callable[[int, int, float], Samples]
ErrorDb = Callable[[Samples, Samples], float]


FORMS = [
    Form(),
    Form("wav", "pcm24"),
    Form("flac", "pcm24"),
    Form("aiff"),
    Form("aiff", "auto-int"),
]


def stored(path: Path) -> Samples:
    """What the file holds. Shape: (channels, frames)."""
    signal = load(path, None, None, path.parent, 1 << 30).signal
    return signal.read(0, signal.frames)


def refusal(path: Path, samples: Samples) -> VoxmendError:
    with pytest.raises(VoxmendError) as caught:
        write_stem(path, samples, 48_000)
    message = caught.value.message
    assert message.endswith(".")
    assert "\n" not in message
    return caught.value


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6, 64])
def test_a_stem_is_read_back_as_it_was(
    tmp_path: Path, tone: Tone, error_db: ErrorDb, rate: int, channels: int
) -> None:
    samples = 3 * tone(rate, channels, 0.1)  # over full scale
    path = tmp_path / "vocals.wav"
    written = write_stem(path, samples, rate)
    assert error_db(stored(path), samples) < -290.0
    seen = probe(path)
    assert (seen.rate, seen.container, seen.subtype) == (rate, "WAV", "FLOAT")
    assert (written.path, written.frames, written.rate) == (path, samples.shape[1], rate)
    assert (written.channels, written.subtype) == (channels, "FLOAT")
    assert written.peak == np.abs(samples).max() > 1.0


def test_libsndfile_reads_the_header_as_ours_says(tmp_path: Path, tone: Tone) -> None:
    path = tmp_path / "vocals.wav"
    write_stem(path, tone(44_100, 2, 0.5), 44_100, time_reference=158_760_000)
    info = soundfile.info(path)
    assert (info.frames, info.samplerate, info.channels) == (22_050, 44_100, 2)
    assert (info.format, info.subtype) == ("WAV", "FLOAT")
    assert "bext : 602" in info.extra_info  # a Broadcast-WAV chunk of the right length
    assert probe(path).time_reference == 158_760_000


def test_a_stem_may_be_a_view_of_a_file_on_disk(
    tmp_path: Path, tone: Tone, error_db: ErrorDb
) -> None:
    samples = tone(48_000, 2, 12.0)  # more than one block
    np.save(tmp_path / "scratch.npy", samples.T)
    view = np.load(tmp_path / "scratch.npy", mmap_mode="r").T
    write_stem(tmp_path / "vocals.wav", view, 48_000)
    assert error_db(stored(tmp_path / "vocals.wav"), samples) < -290.0


def test_silence_and_a_single_frame_are_stems(tmp_path: Path) -> None:
    written = write_stem(tmp_path / "one.wav", np.zeros((1, 1), dtype=np.float32), 48_000)
    assert (written.frames, written.peak, db(written.peak)) == (1, 0.0, -200.0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("frames", [1, 999, 4_800])
def test_every_form_is_read_back_by_libsndfile_as_it_was(
    tmp_path: Path, tone: Tone, form: Form, rate: int, channels: int, frames: int
) -> None:
    samples = tone(rate, channels, frames / rate)
    samples[:, 0] = -1.0
    samples[0, -1] = 1.0
    path = tmp_path / f"vocals{form.suffix}"
    with open_stem(path, rate, channels, frames, form) as stem:
        for start in range(0, frames, 1_700):
            stem.write(samples[:, start : start + 1_700])
    found, at = soundfile.read(path, dtype="float64", always_2d=True)
    assert at == rate
    error = np.abs(found.T - samples)
    error[0, -1] /= 2  # +1.0 is one step above what integers hold: a whole step off, not a half
    assert error.max() <= (0.5 * 2.0**-23 if form.integer else 0.0)
    meter = TruePeak(rate, channels)
    meter.add(samples)
    written = stem.written
    assert written is not None
    assert (written.frames, written.rate, written.channels) == (frames, rate, channels)
    assert (written.container, written.subtype) == (form.container.upper(), form.subtype)
    assert written.peak == 1.0
    assert written.true_peak == pytest.approx(meter.value)
    assert not load(path, None, None, tmp_path).warnings


@pytest.mark.parametrize("form", [Form("wav", "pcm24"), Form("aiff", "pcm24")])
@pytest.mark.parametrize("frames", [4, 5])
def test_sizes_in_the_header_cover_the_file_and_its_pad_byte(
    tmp_path: Path, form: Form, frames: int
) -> None:
    path = tmp_path / "vocals"
    with open_stem(path, 48_000, 1, frames, form) as stem:
        stem.write(np.zeros((1, frames), dtype=np.float32))
    data = path.read_bytes()
    order: Literal["little", "big"] = "little" if form.container == "wav" else "big"
    assert len(data) % 2 == 0
    assert int.from_bytes(data[4:8], order) + 8 == len(data)


def test_integers_are_rounded_to_the_nearest_and_silence_stays_silence(tmp_path: Path) -> None:
    step = 2.0**-23
    samples = np.array([[0.0, 0.4 * step, 0.6 * step, -0.6 * step, -1.0]], dtype=np.float32)
    for form in (form for form in FORMS if form.integer):
        path = tmp_path / f"vocals{form.suffix}"
        with open_stem(path, 48_000, 1, 5, form) as stem:
            stem.write(samples)
        assert stored(path).tolist() == [[0.0, 0.0, step, -step, -1.0]]


@pytest.mark.parametrize("form", FORMS)
def test_a_wav_alone_carries_the_time_stamp(tmp_path: Path, tone: Tone, form: Form) -> None:
    path = tmp_path / "vocals"
    with open_stem(path, 48_000, 2, 4_800, form, 158_760_000_001) as stem:
        stem.write(tone(48_000, 2, 0.1))
    expected = 158_760_000_001 if form.container == "wav" else None
    assert probe(path).time_reference == expected


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "fill",
    [
        lambda stem, sound: stem.write(sound[:, :-1]),
        lambda stem, sound: (stem.write(sound), stem.write(sound[:, :1])),
        lambda stem, sound: stem.write(sound[:1]),
        lambda stem, sound: stem.write(sound.astype(np.float64)),
        lambda stem, sound: stem.write(sound * np.float32(np.nan)),
        lambda stem, sound: None,
    ],
)
def test_a_stem_that_is_not_what_was_announced_leaves_nothing(
    tmp_path: Path, tone: Tone, form: Form, fill: Callable[[StemWriter, Samples], None]
) -> None:
    with (
        pytest.raises(ValueError, match="stem"),
        open_stem(tmp_path / "vocals", 48_000, 2, 480, form) as stem,
    ):
        fill(stem, tone(48_000, 2, 0.01))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", [form for form in FORMS if form.integer])
def test_integers_over_full_scale_are_refused_and_never_clipped(tmp_path: Path, form: Form) -> None:
    over = np.full((1, 100), -1.000_001, dtype=np.float32)
    with (
        pytest.raises(ValueError, match="full scale"),
        open_stem(tmp_path / "vocals", 48_000, 1, 100, form) as stem,
    ):
        stem.write(over)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("frames", [100, 300_000])
def test_a_full_disk_is_said_so_in_every_form(
    tmp_path: Path, form: Form, frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no device that is always full")
    noise = np.random.default_rng(1).uniform(-1, 1, (2, frames)).astype(np.float32)
    path = tmp_path / "vocals"

    def on_a_full_disk(name: Path, mode: str, buffering: int, opener: object) -> IO[Any]:
        name.touch()
        return open("/dev/full", "r+b", buffering=0)

    monkeypatch.setattr(
        importlib.import_module("voxmend.audio.write"), "open", on_a_full_disk, raising=False
    )
    with pytest.raises(DiskFull), open_stem(path, 48_000, 2, frames, form) as stem:
        stem.write(noise)
    assert list(tmp_path.iterdir()) == []


class NearlyFull(BytesIO):
    """A disk with room for the header of a FLAC and no frame."""

    def write(self, data: Any, /) -> int:
        if self.tell() + len(data) > 200:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


def test_a_disk_that_is_full_when_a_flac_is_closed_is_not_missed() -> None:
    encoder = Encoder(NearlyFull(), 48_000, 1, Form("flac", "auto-int"))
    encoder.write(np.random.default_rng(1).uniform(-1, 1, (1, 500)).astype(np.float32))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        encoder.close()


def test_what_goes_wrong_in_the_with_is_not_taken_for_the_disk(tmp_path: Path) -> None:
    with (
        pytest.raises(PermissionError),
        open_stem(tmp_path / "vocals.wav", 48_000, 1, 10),
    ):
        raise PermissionError(errno.EACCES, "of something else")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("frames", [(1 << 29) - 8, 1 << 29, 10**10])
def test_beyond_four_gibibytes_the_header_is_rf64(tmp_path: Path, frames: int) -> None:
    header = head(Form(), 2, frames, 96_000, 5)
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + frames * 8)  # a hole: takes no room
    info = soundfile.info(path)
    assert (info.frames, info.channels, info.samplerate) == (frames, 2, 96_000)
    seen = probe(path)
    assert seen.container == ("RF64" if len(header) + frames * 8 - 8 > 0xFFFFFFFE else "WAV")
    assert seen.frames == seen.promised_frames == frames
    assert seen.time_reference == 5


def test_what_exists_is_never_overwritten(tmp_path: Path, tone: Tone) -> None:
    path = tmp_path / "vocals.wav"
    path.write_bytes(b"the user's own")
    assert type(refusal(path, tone(48_000, 1, 0.1))) is OutputUnwritable
    assert path.read_bytes() == b"the user's own"


def test_a_missing_folder_and_a_file_in_its_place_are_unwritable(
    tmp_path: Path, tone: Tone
) -> None:
    samples = tone(48_000, 1, 0.1)
    assert "no folder" in refusal(tmp_path / "none" / "vocals.wav", samples).message
    (tmp_path / "file").write_bytes(b"")
    assert type(refusal(tmp_path / "file" / "vocals.wav", samples)) is OutputUnwritable


@pytest.fixture
def forbidden(tmp_path: Path) -> Iterator[Path]:
    """A folder without the right to write; root may write anywhere and becomes nobody."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no user ids")
    was = os.geteuid()
    folder = tmp_path / "forbidden"
    folder.mkdir(0o555)
    if was == 0:
        os.seteuid(65_534)
    yield folder
    os.seteuid(was)


def test_a_folder_that_may_not_be_written_is_unwritable(forbidden: Path, tone: Tone) -> None:
    refused = refusal(forbidden / "vocals.wav", tone(48_000, 1, 0.1))
    assert type(refused) is OutputUnwritable
    assert "right to write" in refused.message


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EIO, OutputUnwritable),
        (errno.EROFS, OutputUnwritable),
    ],
)
def test_a_disk_that_fails_at_the_end_leaves_nothing(
    tmp_path: Path,
    tone: Tone,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    error: type[VoxmendError],
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    assert type(refusal(tmp_path / "vocals.wav", tone(48_000, 1, 0.1))) is error
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """A real limit of the system, in the middle of the samples: 100 kB a file."""
    resource = pytest.importorskip("resource", reason="this system has no such limits")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, heard)


def test_a_file_system_with_a_limit_leaves_no_half_file(
    tmp_path: Path, tone: Tone, small_files_only: None
) -> None:
    refused = refusal(tmp_path / "vocals.wav", tone(48_000, 2, 1.0))
    assert type(refused) is OutputUnwritable
    assert "as large" in refused.message
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_lost_its_end_on_the_way_is_noticed(
    tmp_path: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(descriptor: int) -> None:
        os.ftruncate(descriptor, 1000)

    monkeypatch.setattr(os, "fsync", lose)
    refused = refusal(tmp_path / "vocals.wav", tone(48_000, 2, 0.5))
    assert type(refused) is OutputUnwritable
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_stem_leaves_nothing(
    tmp_path: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(samples: Samples) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module("voxmend.audio.levels"), "peak", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_stem(tmp_path / "vocals.wav", tone(48_000, 2, 0.5), 48_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        (np.zeros(100, dtype=np.float32), 48_000),
        (np.zeros((2, 0), dtype=np.float32), 48_000),
        (np.zeros((0, 100), dtype=np.float32), 48_000),
        (np.zeros((65, 100), dtype=np.float32), 48_000),
        (np.zeros((2, 100), dtype=np.float64), 48_000),
        (np.zeros((2, 100), dtype=np.float32), 0),
        (np.full((2, 100), np.nan, dtype=np.float32), 48_000),
        (np.full((2, 100), -np.inf, dtype=np.float32), 48_000),
    ],
)
def test_what_is_no_stem_is_a_defect_of_the_caller(
    tmp_path: Path, samples: Samples, rate: int
) -> None:
    with pytest.raises(ValueError, match="stem"):
        write_stem(tmp_path / "vocals.wav", samples, rate)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [1, 1_151, 30_011])
def test_an_mp3_comes_back_at_its_length_and_without_lag(
    tmp_path: Path, rate: int, channels: int, frames: int
) -> None:
    luck = np.random.default_rng(frames)
    sound = luck.standard_normal((channels, frames)).cumsum(axis=1)  # lows, which every rate keeps
    sound = (0.5 * sound / np.abs(sound).max()).astype(np.float32)
    path = tmp_path / "vocals.mp3"
    with open_stem(path, rate, channels, frames, Form("mp3", "layer3")) as stem:
        for start in range(0, frames, 997):
            stem.write(sound[:, start : start + 997])
    assert stem.written is not None
    assert (stem.written.container, stem.written.subtype) == ("MP3", "MPEG_LAYER_III")
    seen = probe(path)
    assert (seen.frames, seen.promised_frames, seen.unpromised) == (frames, frames, False)
    theirs, their_rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert (theirs.shape, their_rate) == ((frames, channels), rate)
    loaded = load(path, None, None, tmp_path)
    back = loaded.signal.read(0, frames)
    loaded.signal.close()
    if frames > 2_000:
        middle = slice(500, frames - 500)
        for found in (back, theirs.T):
            errors = {
                lag: np.abs(np.roll(found, -lag, axis=1)[:, middle] - sound[:, middle]).mean()
                for lag in (-2, -1, 0, 1, 2)
            }
            assert min(errors, key=errors.__getitem__) == 0
