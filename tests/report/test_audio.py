"""What a page plays: before, after and their difference, in time with each other to the sample."""

from __future__ import annotations

import io
from pathlib import Path

import made_job
import numpy as np
import pytest
import soundfile
from made_job import RATE, SECONDS, Samples, facts

from voxmend.report import audio
from voxmend.report.facts import Facts, read


def decoded(track: audio.Track) -> Samples:
    sound, _ = soundfile.read(io.BytesIO(track.mp3), dtype="float32", always_2d=True)
    return np.ascontiguousarray(sound.T)


def db(one: Samples, other: Samples) -> float:
    """How far below one sound the difference to another lies."""
    return float(10 * np.log10(np.sum(one**2) / np.sum((one - other) ** 2)))


def lag(one: Samples, other: Samples) -> int:
    """Samples by which the other comes late."""
    a, b = one.sum(0), other.sum(0)
    size = 1 << (2 * len(a) - 1).bit_length()
    fit = np.fft.irfft(np.fft.rfft(b, size) * np.fft.rfft(a, size).conj(), size)
    best = int(fit.argmax())
    return best if best < size // 2 else best - size


def test_all_tracks_lie_under_the_stems_to_the_sample(tmp_path: Path) -> None:
    player = audio.player(read(made_job.make(tmp_path, facts())))
    before, after = made_job.voices()
    assert [track.key for track in player.tracks] == ["A", "B", "D"]
    for track, truth in zip(player.tracks, (before, after, after - before), strict=True):
        heard = decoded(track)
        assert heard.shape == truth.shape
        assert lag(truth, heard) == 0
        assert db(truth, heard) > 15


def test_the_difference_is_that_of_the_stems_and_not_of_what_encoders_made(tmp_path: Path) -> None:
    player = audio.player(read(made_job.make(tmp_path, facts(), same=True)))
    assert player.identical
    assert np.abs(decoded(player.tracks[2])).max() < 1e-4


def test_b_is_brought_to_the_level_of_a(tmp_path: Path) -> None:
    player = audio.player(read(made_job.make(tmp_path, facts())))
    before, after = (decoded(track) for track in player.tracks[:2])
    gain = player.tracks[1].gain
    assert np.sqrt(np.mean((gain * after) ** 2)) == pytest.approx(
        np.sqrt(np.mean(before**2)), rel=0.02
    )
    assert player.tracks[0].gain == player.tracks[2].gain == 1.0


def test_of_a_long_clip_the_part_is_heard_in_which_most_was_changed() -> None:
    decisions = [
        {"start_s": float(n), "end_s": n + 2.0, "kept": 900 <= n < 1100} for n in range(0, 3600, 2)
    ]
    told = Facts({"decisions": decisions}, Path())
    start, end = audio.excerpt(told, 3600.0)
    assert end - start == audio.LONGEST_S
    assert start <= 900
    assert end >= 1100
    assert audio.excerpt(told, 100.0) == (0.0, 100.0)


def test_any_rate_and_channels_become_what_a_browser_plays() -> None:
    rng = np.random.default_rng(0)
    for rate in (8000, 88_200, 96_000, 192_000):
        sound = rng.standard_normal((1, rate)).astype(np.float32) * 0.1
        heard, found = soundfile.read(io.BytesIO(audio.mp3(sound, rate, 0.3, False)))
        assert found in audio.MP3_RATES
        assert len(heard) / found == pytest.approx(1.0, abs=0.01)


def test_what_exceeds_the_budget_is_compressed_harder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = read(made_job.make(tmp_path, facts()))
    whole = sum(len(track.mp3) for track in audio.player(told).tracks)
    monkeypatch.setattr(audio, "BUDGET", whole // 2)
    tracks = audio.player(told).tracks
    assert sum(len(track.mp3) for track in tracks) < whole
    assert {decoded(track).shape[1] for track in tracks} == {round(SECONDS * RATE)}
