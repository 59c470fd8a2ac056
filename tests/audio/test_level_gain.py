"""One gain for a clip: to a stated level, the same at any level, undone without a trace."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from voxmend.audio.level_gain import LevelGain
from voxmend.audio.signal import Signal

RATE = 8000
ALL = (slice(0, 2),)
Samples = npt.NDArray[np.float32]


def noise(seconds: float, level_db: float, seed: int = 1) -> Samples:
    random = np.random.default_rng(seed).standard_normal((2, round(seconds * RATE)))
    return (random * 10 ** (level_db / 20)).astype(np.float32)


def gain_db(sound: Samples, target: float = -12.0) -> float:
    found = LevelGain.of(Signal.of(np.ascontiguousarray(sound), RATE), target, ALL)
    return float(20 * np.log10(found.gain(0, 5)[0, 0]))


@pytest.mark.parametrize("level", [-60.0, -20.0, 0.0])
def test_what_sounds_is_brought_to_the_level(level: float) -> None:
    assert gain_db(noise(5, level)) == pytest.approx(-12 - level, abs=0.1)


def test_pauses_do_not_count() -> None:
    pause = noise(20, -70, seed=2)
    sound = np.concatenate([pause, noise(5, -20), pause], 1, dtype=np.float32)
    assert gain_db(sound) == pytest.approx(8, abs=0.5)


def test_a_louder_clip_gets_so_much_less() -> None:
    sound = np.concatenate([noise(3, -20), noise(3, -33, seed=2)], 1, dtype=np.float32)
    assert gain_db(sound * 0.001) - gain_db(sound) == pytest.approx(60, abs=1e-4)


@pytest.mark.parametrize("frames", [1, 100, 3199, 3200, 3201])
def test_a_clip_of_any_length_has_a_gain(frames: int) -> None:
    assert np.isfinite(gain_db(noise(1, -20)[:, :frames]))


def test_silence_is_left_alone() -> None:
    assert gain_db(np.zeros((2, 9000), np.float32)) == 0


def test_channels_that_are_heard_together_get_one_gain() -> None:
    loud, quiet = noise(3, -10), noise(3, -50, seed=2)
    quiet[1] *= 0.1
    signal = Signal.of(np.concatenate([loud, quiet]), RATE)
    found = LevelGain.of(signal, -12.0, (slice(0, 2), slice(2, 4))).linear
    assert found.shape == (4, 1)
    assert found[0] == found[1]
    assert found[2] == found[3]
    assert 20 * np.log10(found[2, 0] / found[0, 0]) == pytest.approx(43, abs=0.5)
