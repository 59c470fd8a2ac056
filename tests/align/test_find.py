"""A voice found in its song, put right, or refused with a reason; on a song that is made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import sounds
import soxr
from sampled import sampled

from voxmend.align.find import MOST_PPM, Placed, find
from voxmend.align.judge import Separate
from voxmend.audio.signal import Signal
from voxmend_protocol.errors import Cancelled, UnsupportedAudio

RATE = 44_100
SECONDS = 24.0

Samples = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def voice() -> Samples:
    return sounds.song(SECONDS)[0].astype(np.float32)


@pytest.fixture(scope="module")
def band() -> Samples:
    return sounds.song(SECONDS)[1].astype(np.float32)


def signal(sound: Samples, rate: int = RATE) -> Signal:
    return Signal.of(np.ascontiguousarray(sound, dtype=np.float32), rate)


def at_rate(sound: Samples, rate: float) -> Samples:
    """The sound for a clock of so many samples per second."""
    return np.asarray(soxr.resample(sound.T, float(RATE), rate, quality="VHQ").T, np.float32)


def late(sound: Samples, frames: int) -> Samples:
    return np.pad(sound, ((0, 0), (frames, 0)))


def knows(voice: Samples, song: Samples) -> Separate:
    """A separator that takes out the true voice."""

    def separate(excerpt: Signal) -> Signal:
        part = excerpt.read(0, excerpt.frames)
        first = np.flatnonzero(song[0] == part[0, 0])
        begin = next(at for at in first if np.array_equal(song[:, at : at + 8], part[:, :8]))
        return signal(voice[:, begin : begin + excerpt.frames])

    return separate


def off_db(placed: Placed, truth: Samples, inside: slice = slice(RATE, -RATE)) -> float:
    """What is left of the difference, dB under the truth."""
    made = placed.voice.read(0, placed.voice.frames)[:, inside]
    error = made - truth[:, inside]
    return float(10 * np.log10(np.square(error).sum() / np.square(truth[:, inside]).sum()))


@pytest.mark.parametrize("rate", sampled([44_100, 48_000], [48_000]))
def test_delay_level_polarity_and_rate_are_undone(
    voice: Samples, band: Samples, rate: int, tmp_path: Path
) -> None:
    stem = -(10 ** (-3.2 / 20)) * late(at_rate(voice, rate), 1105)
    placed = find(signal(stem, rate), signal(voice + band), tmp_path, None)
    found = placed.placement
    assert found.delay_samples == pytest.approx(-1105 * RATE / rate, abs=0.05)
    assert found.level_db == pytest.approx(-3.2, abs=0.1)
    assert (found.inverted, found.swapped, found.ppm) == (True, False, 0.0)
    assert (placed.voice.rate, placed.voice.frames) == (RATE, voice.shape[1])
    assert off_db(placed, voice) < -35
    assert placed.warnings[0].code == "voice_placed"
    assert "polarity is inverted" in placed.warnings[0].message


def test_a_part_of_a_sample_is_undone_too(voice: Samples, band: Samples, tmp_path: Path) -> None:
    later = at_rate(late(at_rate(voice, 4 * RATE), 1)[:, :-1], RATE / 4)  # by a quarter
    placed = find(signal(later), signal(voice + band), tmp_path, None)
    assert placed.placement.delay_samples == pytest.approx(-0.25, abs=0.03)
    assert off_db(placed, voice) < -35


@pytest.mark.parametrize("ppm", sampled([-400.0, 35.0, 250.0], [250.0]))
def test_a_clock_that_runs_off_is_corrected(
    voice: Samples, band: Samples, ppm: float, tmp_path: Path
) -> None:
    stem = at_rate(voice, RATE * (1 + ppm * 1e-6))
    placed = find(signal(stem), signal(voice + band), tmp_path, None)
    assert placed.placement.ppm == pytest.approx(-ppm, abs=0.5)
    assert off_db(placed, voice) < -35


@pytest.mark.parametrize(
    ("labelled", "true"), sampled([(48_000, 44_100), (44_100, 48_000)], [(48_000, 44_100)])
)
def test_a_mislabelled_rate_is_recognised_said_and_corrected(
    voice: Samples, band: Samples, labelled: int, true: int, tmp_path: Path
) -> None:
    stem = at_rate(voice, true)
    placed = find(signal(stem, labelled), signal(voice + band), tmp_path, None)
    assert (placed.placement.rate, placed.placement.true_rate) == (labelled, true)
    assert off_db(placed, voice) < -35
    assert (
        f"runs as one of {true:,} Hz" in {w.code: w.message for w in placed.warnings}["voice_rate"]
    )


def test_a_trimmed_voice_is_placed_and_the_rest_is_silent(
    voice: Samples, band: Samples, tmp_path: Path
) -> None:
    first, last = 7 * RATE, 17 * RATE
    placed = find(signal(voice[:, first:last]), signal(voice + band), tmp_path, None)
    assert placed.placement.delay_samples == pytest.approx(first, abs=0.05)
    assert off_db(placed, voice, slice(first + RATE, last - RATE)) < -35
    made = placed.voice.read(0, placed.voice.frames)
    assert not made[:, : first - RATE].any()


def test_a_voice_that_is_longer_than_the_song_is_cut(
    voice: Samples, band: Samples, tmp_path: Path
) -> None:
    part = slice(6 * RATE, 18 * RATE)
    placed = find(signal(voice), signal((voice + band)[:, part]), tmp_path, None)
    assert placed.placement.delay_samples == pytest.approx(-6 * RATE, abs=0.05)
    assert off_db(placed, voice[:, part]) < -35


@pytest.mark.parametrize("put_in", sampled([False, True], [False]))
def test_an_edit_is_refused_with_where_and_how_much(
    voice: Samples, band: Samples, put_in: bool, tmp_path: Path
) -> None:
    at, gone = 12 * RATE, 2 * RATE
    parts = [voice[:, :at], voice[:, at - gone :] if put_in else voice[:, at + gone :]]
    with pytest.raises(UnsupportedAudio) as caught:
        find(signal(np.concatenate(parts, 1)), signal(voice + band), tmp_path, None)
    said = caught.value.message
    assert ("put into it" if put_in else "cut out of it") in said
    assert "2.000 s long" in said
    first, last = (float(place.partition(":")[2]) for place in said.split()[5:8:2])
    assert first <= 12 <= last
    assert last - first <= 11


def test_swapped_channels_are_put_right(voice: Samples, band: Samples, tmp_path: Path) -> None:
    wide = voice.copy()
    wide[1] = np.roll(voice[1], 300) * 0.7
    placed = find(signal(wide[::-1]), signal(wide + band), tmp_path, None)
    assert placed.placement.swapped
    assert off_db(placed, wide) < -35
    straight = find(signal(wide), signal(wide + band), tmp_path, None)
    assert not straight.placement.swapped


def test_a_mono_voice_of_a_wide_song_says_what_stays(
    voice: Samples, band: Samples, tmp_path: Path
) -> None:
    wide = voice.copy()
    wide[1] = np.roll(voice[1], 300) * 0.7
    mono = wide.mean(0, keepdims=True)
    placed = find(signal(mono), signal(wide + band), tmp_path, None)
    assert "voice_narrow" in {warned.code for warned in placed.warnings}
    assert off_db(placed, np.repeat(mono, 2, 0)) < -30


def test_a_stereo_voice_of_a_mono_song_becomes_mono(
    voice: Samples, band: Samples, tmp_path: Path
) -> None:
    song = (voice + band).mean(0, keepdims=True)
    placed = find(signal(voice), signal(song), tmp_path, None)
    assert placed.voice.channels == 1
    assert off_db(placed, voice.mean(0, keepdims=True)) < -30


def test_a_loop_is_placed_at_the_same_time_and_the_other_place_is_said(
    voice: Samples, band: Samples, tmp_path: Path
) -> None:
    bar = 8 * RATE
    loop, rest = np.tile(voice[:, :bar], 3), band[:, : 3 * bar]
    placed = find(signal(loop[:, :bar]), signal(loop + rest), tmp_path, None)
    assert placed.placement.delay_samples == pytest.approx(0, abs=0.05)
    assert abs(placed.placement.elsewhere_s or 0) in (8.0, 16.0)
    assert "voice_elsewhere" in {warned.code for warned in placed.warnings}


def refused(stem: Signal, song: Signal, folder: Path, separate: Separate | None = None) -> str:
    with pytest.raises(UnsupportedAudio) as caught:
        find(stem, song, folder, separate)
    return caught.value.message


def test_another_song_is_refused(voice: Samples, band: Samples, tmp_path: Path) -> None:
    hiss = np.random.default_rng(77).standard_normal(voice.shape)
    stranger = (hiss * np.abs(voice)).astype(np.float32)
    assert "nowhere in this song" in refused(signal(stranger), signal(voice + band), tmp_path)


def test_silence_a_moment_and_too_many_channels_are_refused(
    voice: Samples, band: Samples, tmp_path: Path
) -> None:
    song = signal(voice + band)
    assert "is silent" in refused(signal(0 * voice), song, tmp_path)
    assert "song is silent" in refused(signal(voice), signal(0 * voice), tmp_path)
    assert "too short" in refused(signal(voice[:, : RATE // 2]), song, tmp_path)
    assert "Render both in stereo" in refused(signal(np.tile(voice, (3, 1))), song, tmp_path)


def test_a_clock_beyond_the_limit_is_refused_with_the_factor(
    voice: Samples, band: Samples, tmp_path: Path
) -> None:
    stem = at_rate(voice, RATE * 1.001)
    said = refused(signal(stem), signal(voice + band), tmp_path)
    assert f"more than {MOST_PPM:.0f} ppm are not corrected" in said
    assert "by a factor of 0.99900" in said


def test_the_song_itself_and_its_band_are_refused_each_by_name_and_the_voice_is_taken(
    voice: Samples, band: Samples, tmp_path: Path
) -> None:
    song = voice + band
    judge = knows(voice, song)
    assert "is the song itself" in refused(signal(0.5 * song), signal(song), tmp_path, judge)
    assert "instrumental" in refused(signal(0.5 * band), signal(song), tmp_path, judge)
    placed = find(signal(0.5 * voice), signal(song), tmp_path, judge)
    kept, band_kept = placed.placement.voice_kept, placed.placement.band_kept
    assert kept is not None
    assert band_kept is not None
    assert kept > 0.8 > 0.2 > band_kept
    assert "voice_unjudged" not in {warned.code for warned in placed.warnings}


def test_where_nobody_judges_it_is_said(voice: Samples, band: Samples, tmp_path: Path) -> None:
    placed = find(signal(voice), signal(voice + band), tmp_path, None)
    assert "voice_unjudged" in {warned.code for warned in placed.warnings}


def test_it_can_be_cancelled(voice: Samples, band: Samples, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        find(signal(voice), signal(voice + band), tmp_path, None, lambda: True)
