"""Loudness as ITU-R BS.1770 has it: its own reference tone, its weighting, no matter the rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from voxmend.report.loudness import SILENT_LUFS, loudness


def tone(
    hertz: float, rate: int, seconds: float = 4.0, channels: int = 1
) -> npt.NDArray[np.float32]:
    wave = np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.tile(wave, (channels, 1)).astype(np.float32)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_the_reference_tone_reads_what_the_recommendation_says(rate: int) -> None:
    assert loudness([tone(997, rate)], rate) == pytest.approx(-3.01, abs=0.02)
    assert loudness([tone(997, rate, channels=2)], rate) == pytest.approx(0.0, abs=0.02)


def test_it_follows_the_level_and_not_how_the_sound_is_cut() -> None:
    sound = tone(997, 48_000, 6.0)
    whole = loudness([sound], 48_000)
    assert loudness([np.float32(0.1) * sound], 48_000) == pytest.approx(whole - 20, abs=1e-3)
    cut = [sound[:, :100_001], sound[:, 100_001:100_001], sound[:, 100_001:]]
    assert loudness(cut, 48_000) == pytest.approx(whole, abs=0.01)


def test_lows_count_less_and_highs_more() -> None:
    levels = [loudness([tone(hertz, 48_000)], 48_000) for hertz in (30, 100, 1000, 4000)]
    assert levels == sorted(levels)
    assert levels[0] < levels[2] - 8
    assert levels[3] == pytest.approx(levels[2] + 3.3, abs=0.5)


def test_silence_is_below_everything() -> None:
    assert loudness([np.zeros((2, 1000), np.float32)], 48_000) < SILENT_LUFS
    assert loudness([], 48_000) < SILENT_LUFS
