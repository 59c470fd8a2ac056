"""A voice and the mixture it came out of: what does not belong together is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import sounds

from voxmend.audio import Signal
from voxmend.diagnosis.pair import beside, likeness
from voxmend_protocol.values import Clip

RATE = 44_100


def noise(seed: int, seconds: float) -> npt.NDArray[np.float32]:
    """Brown noise, as a band has most of its power below."""
    made = np.random.default_rng(seed).standard_normal((1, round(seconds * RATE))).cumsum(1)
    made -= np.linspace(made[:, 0], made[:, -1], made.shape[1], axis=1)
    return np.asarray(0.3 * made / np.abs(made).max(), np.float32)


def said(tmp_path: Path, voice: npt.NDArray[np.float32], mix: npt.NDArray[np.float32]) -> set[str]:
    file = sounds.write(tmp_path / "mix.wav", mix)
    codes: set[str] = set()

    def warn(code: str, message: str) -> None:
        assert message.endswith(".")
        codes.add(code)

    found, _ = beside(Clip(str(file)), Signal.of(voice, RATE), tmp_path, warn)
    assert found.frames == voice.shape[1]
    return codes


@pytest.mark.parametrize("under_db", [0, 20])
def test_the_song_of_a_voice_is_taken_without_a_word(tmp_path: Path, under_db: int) -> None:
    voice = noise(1, 6.0) * np.float32(10 ** (-under_db / 20))
    assert said(tmp_path, voice, voice + noise(2, 6.0)) == set()


def test_another_song_is_doubted(tmp_path: Path) -> None:
    assert said(tmp_path, noise(1, 6.0), noise(2, 6.0)) == {"mixture_unlike"}


def test_a_mixture_that_comes_late_is_doubted(tmp_path: Path) -> None:
    voice = noise(1, 6.0)
    late = np.roll(voice, RATE // 4, axis=1)
    assert said(tmp_path, voice, late + noise(2, 6.0)) == {"mixture_unlike"}


@pytest.mark.parametrize("seconds", [1.0, 20.0])
def test_a_mixture_of_another_length_is_said(tmp_path: Path, seconds: float) -> None:
    voice = noise(1, 8.0)
    mix = np.zeros((1, round(seconds * RATE)), np.float32)
    both = min(mix.shape[1], voice.shape[1])
    mix[:, :both] = voice[:, :both]
    assert said(tmp_path, voice, mix) == {"mixture_length"}


def test_of_silence_and_of_a_blink_nothing_is_said(tmp_path: Path) -> None:
    silent = np.zeros((1, 6 * RATE), np.float32)
    assert said(tmp_path, silent, noise(2, 6.0)) == set()
    assert said(tmp_path, noise(1, 0.3), noise(2, 0.3)) == set()
    assert likeness(Signal.of(noise(1, 2.0), RATE), Signal.of(noise(1, 2.0), RATE)) == (
        pytest.approx(1.0)
    )
