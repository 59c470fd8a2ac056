"""A sound moved in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxmend.audio.shift import REACH, shifted
from voxmend.audio.signal import Signal
from voxmend_protocol.errors import Cancelled

RATE = 44_100


def signal(array: np.ndarray) -> Signal:
    return Signal.of(np.ascontiguousarray(array, dtype=np.float32), RATE)


def all_of(made: Signal) -> np.ndarray:
    return made.read(0, made.frames)


@pytest.mark.parametrize("delay", [0.5, -0.27, 1000.3, -1105.02])
@pytest.mark.parametrize("hertz", [60.0, 5_000.0, 18_000.0])
def test_a_tone_comes_later_by_any_part_of_a_frame(
    delay: float, hertz: float, tmp_path: Path
) -> None:
    frames = RATE
    at = np.arange(frames) / RATE
    made = all_of(shifted(signal(np.sin(2 * np.pi * hertz * at)[None]), delay, frames, tmp_path))
    right = np.sin(2 * np.pi * hertz * (at - delay / RATE))
    inside = slice(1200 + REACH, frames - 1200 - REACH)
    error = made[0, inside] - right[inside]
    assert 20 * np.log10(np.abs(error).max()) < -90


@pytest.mark.parametrize("delay", [0, 7, -7])
def test_whole_frames_are_copied_bit_for_bit(delay: int, tmp_path: Path) -> None:
    sound = np.random.default_rng(3).standard_normal((2, 900_000)).astype(np.float32)
    made = all_of(shifted(signal(sound), delay, 900_000, tmp_path))
    right = np.zeros_like(sound)
    if delay >= 0:
        right[:, delay:] = sound[:, : 900_000 - delay]
    else:
        right[:, :delay] = sound[:, -delay:]
    assert np.array_equal(made, right)


def test_blocks_leave_no_seam_and_the_length_is_what_was_asked_for(tmp_path: Path) -> None:
    at = np.arange(700_000) / RATE  # two blocks of a mono signal
    sound = np.sin(2 * np.pi * 997 * at)[None]
    made = all_of(shifted(signal(sound), 0.4, 650_000, tmp_path))
    right = np.sin(2 * np.pi * 997 * (at[:650_000] - 0.4 / RATE))
    assert made.shape == (1, 650_000)
    assert np.abs(made[0, REACH:] - right[REACH:]).max() < 1e-4


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        shifted(signal(np.zeros((1, 10))), 0.5, 10, tmp_path, lambda: True)
