"""A voice brought into place on real songs: true voices, separated ones, bands, strangers.

The thresholds were chosen on hydrogen, lithium and potassium; rubidium and sodium were kept aside
to judge them.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
import torch
from real_weights import RealWeights

from voxmend import presets
from voxmend.align.correlate import RATE as SLOW
from voxmend.align.correlate import exact
from voxmend.align.find import Placed, find
from voxmend.audio.signal import Signal
from voxmend.cascade import plan, runner
from voxmend.cascade.context import Context
from voxmend_protocol.errors import UnsupportedAudio

RATE = 44_100
SECONDS = 60
SINGS_S = {"hydrogen": 190, "lithium": 60, "potassium": 80, "rubidium": 70, "sodium": 230}
"""Where a minute begins in which somebody sings."""

ALL = tuple(SINGS_S)
DELAY, GAIN = 1105, -(10 ** (-3.2 / 20))

Samples = npt.NDArray[np.float32]


@functools.cache
def parts(folder: Path, name: str) -> tuple[Samples, Samples]:
    """Voice and band of a minute. Shape: (2, samples) each."""
    first = SINGS_S[name] * RATE

    def read(part: str) -> Samples:
        file = folder / "audio" / "songs" / f"{name}_{part}.ogg"
        span = {"start": first, "frames": SECONDS * RATE}
        sound, rate = soundfile.read(file, dtype="float32", always_2d=True, **span)
        assert rate == RATE
        return np.ascontiguousarray(np.broadcast_to(sound.T, (2, len(sound))))

    return read("lead") + read("backing_vocals"), read("band")


@functools.cache
def weights() -> RealWeights:
    return RealWeights(Path("/nonexistent"))


def separate(mix: Signal) -> Signal:
    """Spleeter's voice."""
    quick = presets.find("quick", Path("/nonexistent")).with_values({"separate.speeds": 1})
    folder = Path(tempfile.gettempdir())
    context = Context(torch.device("cpu"), folder, networks=weights())
    return runner.run(plan.make(quick), mix, context).vocals


@functools.cache
def spleeters(folder: Path, name: str) -> Samples:
    """The voice as Spleeter takes it out of the song."""
    voice, band = parts(folder, name)
    made = separate(signal(voice + band))
    return made.read(0, made.frames)


def signal(sound: Samples, rate: int = RATE) -> Signal:
    return Signal.of(np.ascontiguousarray(sound, dtype=np.float32), rate)


def mp3(stem: Samples, folder: Path) -> Signal:
    """A stem that was moved, inverted, attenuated, and encoded at 48 kHz with 128 kbit/s."""
    fast = soxr.resample(stem.T, RATE, 48_000, quality="VHQ")
    moved = GAIN * np.pad(fast, ((DELAY, 0), (0, 0)))
    file = folder / "stem.mp3"
    soundfile.write(
        file, moved, 48_000, format="MP3", subtype="MPEG_LAYER_III", bitrate_mode="CONSTANT",
        compression_level=(320 - 128) / (320 - 32),
    )  # fmt: skip
    assert file.stat().st_size * 8 / (len(moved) / 48_000) == pytest.approx(128_000, rel=0.02)
    return signal(soundfile.read(file, dtype="float32", always_2d=True)[0].T, 48_000)


def own_gain_db(decoded: Signal, stem: Samples) -> float:
    """What the encoder itself did to the level."""
    fast = soxr.resample(stem.T, RATE, 48_000, quality="VHQ").T.astype(np.float64)
    heard = decoded.read(DELAY, fast.shape[1]).astype(np.float64) / GAIN
    return float(20 * np.log10((heard * fast).sum() / np.square(fast).sum()))


def off(placed: Placed, truth: Samples) -> float:
    """By how many samples a voice misses the truth, over its loudest 15 s."""
    made, count, margin = placed.voice.read(0, placed.voice.frames), 15 * RATE, RATE // 10
    starts = range(RATE, truth.shape[1] - count - RATE, 5 * RATE)
    first = max(starts, key=lambda at: float(np.square(truth[:, at : at + count]).sum()))

    def slow(sound: Samples) -> torch.Tensor:
        return torch.from_numpy(soxr.resample(sound.mean(0), RATE, SLOW, quality="VHQ"))

    within = slow(truth[:, first - margin : first + count + margin])
    peak, sign = exact(slow(made[:, first : first + count]), within)
    assert sign == 1
    return (peak.lag - margin * SLOW / RATE) * RATE / SLOW


@pytest.mark.parametrize("name", ["lithium", pytest.param("sodium", marks=pytest.mark.slow)])
def test_a_true_voice_as_an_inverted_mp3_comes_back_in_time_and_as_loud(
    shared: Path, tmp_path: Path, name: str
) -> None:
    voice, band = parts(shared, name)
    stem = mp3(voice, tmp_path)
    placed = find(stem, signal(voice + band), tmp_path, None)
    assert abs(off(placed, voice)) < 0.05
    # The encoder is louder or quieter than what it was given: LAME by −0.45 dB.
    right = -3.2 + own_gain_db(stem, voice)
    assert placed.placement.level_db == pytest.approx(right, abs=0.1)
    assert placed.placement.inverted
    assert placed.placement.delay_samples == pytest.approx(-DELAY * RATE / 48_000, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_a_separated_voice_as_an_inverted_mp3_comes_back_in_time_and_as_loud(
    shared: Path, tmp_path: Path, name: str
) -> None:
    voice, band = parts(shared, name)
    stem = spleeters(shared, name)
    heard = mp3(stem, tmp_path)
    placed = find(heard, signal(voice + band), tmp_path, separate)
    assert abs(off(placed, stem)) < 0.05
    right = -3.2 + own_gain_db(heard, stem)
    assert placed.placement.level_db == pytest.approx(right, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_a_true_voice_is_taken_and_bands_and_the_song_are_refused(
    shared: Path, tmp_path: Path, name: str
) -> None:
    voice, band = parts(shared, name)
    song = signal(voice + band)
    placed = find(signal(voice), song, tmp_path, separate)
    kept, wrong = placed.placement.voice_kept, placed.placement.band_kept
    assert kept is not None
    assert wrong is not None
    assert kept > 1.5 * wrong
    for part in (band, voice + band - spleeters(shared, name)):
        with pytest.raises(UnsupportedAudio, match="instrumental"):
            find(signal(part), song, tmp_path, separate)
    with pytest.raises(UnsupportedAudio, match="the song itself"):
        find(signal(0.5 * (voice + band)), song, tmp_path, separate)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_the_voice_of_another_song_by_the_same_singer_is_refused(
    shared: Path, tmp_path: Path, name: str
) -> None:
    voice, band = parts(shared, name)
    other = ALL[(ALL.index(name) + 1) % len(ALL)]
    for stem in (parts(shared, other)[0], spleeters(shared, other)):
        with pytest.raises(UnsupportedAudio, match="nowhere in this song"):
            find(signal(stem), signal(voice + band), tmp_path, None)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_trims_edits_and_clocks_on_separated_voices(
    shared: Path, tmp_path: Path, name: str
) -> None:
    voice, band = parts(shared, name)
    song, stem = signal(voice + band), spleeters(shared, name)
    trimmed = find(signal(stem[:, 20 * RATE : 50 * RATE]), song, tmp_path, None)
    assert trimmed.placement.delay_samples == pytest.approx(20 * RATE, abs=0.1)
    late = np.asarray(soxr.resample(stem.T, 1.0, 1.0003, quality="VHQ").T)
    drifted = find(signal(late), song, tmp_path, None)
    assert drifted.placement.ppm == pytest.approx(-299.91, abs=0.2)
    cut = np.concatenate([stem[:, : 28 * RATE], stem[:, 30 * RATE :]], 1)
    with pytest.raises(UnsupportedAudio, match=r"cut out of it, 2\.000 s long"):
        find(signal(cut), song, tmp_path, None)
