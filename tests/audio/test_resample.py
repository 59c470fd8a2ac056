from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from voxmend.audio import Signal, resample, resample_signal, resampled_frames
from voxmend_protocol.errors import Cancelled

Samples = npt.NDArray[np.float32]
ErrorDb = Callable[[Samples, Samples], float]

RATES = [8_000, 22_050, 44_100, 48_000, 96_000, 192_000]
PAIRS = [(a, b) for a in RATES for b in RATES if a != b]


def sweep(rate: int, seconds: float, top: float) -> Samples:
    """Two channels gliding up to ``top`` Hz, faded in and out so that no edge rings."""
    time = np.arange(round(rate * seconds)) / rate
    phase = 2 * np.pi * (50 * time + (top - 50) * time**2 / (2 * seconds))
    window = np.sin(np.pi * time / seconds) ** 2
    return np.stack([np.sin(phase) * window, np.cos(phase) * window]).astype(np.float32)


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_another_rate_holds_the_same_sound_at_the_same_time(
    error_db: ErrorDb, from_rate: int, to_rate: int
) -> None:
    top = 0.4 * min(from_rate, to_rate)
    made = resample(sweep(from_rate, 0.5, top), from_rate, to_rate)
    assert made.dtype == np.float32
    assert made.flags.c_contiguous
    assert error_db(made, sweep(to_rate, 0.5, top)) < -100.0  # one sample late is above -60 dB


@pytest.mark.parametrize(("from_rate", "to_rate"), [*PAIRS, (44_100, 44_099)])
@pytest.mark.parametrize("frames", [0, 1, 2, 3, 1001, 4410])
def test_the_length_is_the_rounded_ratio(from_rate: int, to_rate: int, frames: int) -> None:
    made = resample(np.ones((2, frames), dtype=np.float32), from_rate, to_rate)
    assert made.shape == (2, int(frames * to_rate / from_rate + 0.5))
    assert np.isfinite(made).all()


def test_the_length_has_no_rounding_error_at_any_size() -> None:
    assert resampled_frames(10**15 + 1, 44_100, 48_000) == (10**15 + 1) * 160 // 147 + 1
    assert resampled_frames(3, 2, 1) == 2  # halves go up


@pytest.mark.parametrize("low", [8_000, 44_100])
def test_up_and_back_gives_the_same_frames(error_db: ErrorDb, low: int) -> None:
    sound = sweep(low, 0.7, 0.4 * low)[:, :5001]
    back = resample(resample(sound, low, 48_000), 48_000, low)
    edge = 200  # the sweep is cut off in the middle: its last frames ring
    assert back.shape == sound.shape
    assert error_db(back[:, edge:-edge], sound[:, edge:-edge]) < -110.0


def test_the_same_rate_is_the_same_array() -> None:
    sound = np.ones((2, 10), dtype=np.float32)
    assert resample(sound, 48_000, 48_000) is sound


def test_a_view_that_is_not_contiguous_is_taken(error_db: ErrorDb) -> None:
    sound = sweep(44_100, 0.3, 10_000)
    view = np.asfortranarray(sound)
    assert error_db(resample(view, 44_100, 48_000), resample(sound, 44_100, 48_000)) < -290.0


def test_channels_do_not_leak_into_each_other() -> None:
    sound = sweep(44_100, 0.3, 10_000)
    sound[1] = 0.0
    assert not resample(sound, 44_100, 48_000)[1].any()


def test_gain_passes_through(error_db: ErrorDb) -> None:
    sound = sweep(44_100, 0.3, 10_000)
    loud = resample(np.float32(64.0) * sound, 44_100, 48_000)
    assert error_db(loud / np.float32(64.0), resample(sound, 44_100, 48_000)) < -150.0


@pytest.mark.parametrize(
    ("sound", "from_rate", "to_rate"),
    [
        (np.zeros(10, dtype=np.float32), 1, 2),
        (np.zeros((1, 10), dtype=np.float64), 1, 2),
        (np.zeros((1, 10), dtype=np.float32), 0, 2),
        (np.zeros((1, 10), dtype=np.float32), 1, -2),
    ],
)
def test_what_is_no_sound_is_a_defect_of_the_caller(
    sound: Samples, from_rate: int, to_rate: int
) -> None:
    with pytest.raises(ValueError, match=r"resample|rates"):
        resample(sound, from_rate, to_rate)


@pytest.mark.parametrize(("from_rate", "to_rate"), [*PAIRS, (44_100, 44_099)])
@pytest.mark.parametrize("block_values", [2 * 997, 1 << 19])
def test_blocks_give_what_the_whole_gives(
    tmp_path: Path,
    error_db: ErrorDb,
    monkeypatch: pytest.MonkeyPatch,
    from_rate: int,
    to_rate: int,
    block_values: int,
) -> None:
    monkeypatch.setattr(
        importlib.import_module("voxmend.audio.resample"), "_BLOCK_VALUES", block_values
    )
    sound = sweep(from_rate, 0.3, 0.45 * from_rate)
    sound[:, -1] = 0.5  # a click at the very end: its ringing must not be lost
    whole = resample(sound, from_rate, to_rate)
    with resample_signal(Signal.of(sound, from_rate), to_rate, tmp_path, in_memory_bytes=0) as made:
        assert (made.rate, made.channels) == (to_rate, 2)
        assert error_db(made.read(0, made.frames), whole) < -140.0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 1001, 4410])
def test_blocks_have_the_length_of_the_whole_or_the_one_asked_for(
    tmp_path: Path, frames: int
) -> None:
    source = Signal.of(np.ones((3, frames), dtype=np.float32), 44_100)
    for to_rate in (8_000, 48_000):
        made = resample_signal(source, to_rate, tmp_path)
        assert made.frames == resampled_frames(frames, 44_100, to_rate)
        whole = made.read(0, made.frames)
        for wanted in (max(0, made.frames - 1), made.frames + 2):
            other = resample_signal(source, to_rate, tmp_path, frames=wanted)
            shared = min(wanted, made.frames)
            assert other.frames == wanted
            assert np.array_equal(other.read(0, shared), whole[:, :shared])
            assert not other.read(shared, wanted - shared).any()


def test_the_same_rate_and_length_is_the_same_signal(tmp_path: Path) -> None:
    source = Signal.of(np.ones((2, 10), dtype=np.float32), 48_000)
    assert resample_signal(source, 48_000, tmp_path) is source
    longer = resample_signal(source, 48_000, tmp_path, frames=12)
    assert longer.read(0, 12).tolist() == [[1.0] * 10 + [0.0] * 2] * 2


def test_a_cancelled_resampling_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("voxmend.audio.resample"), "_BLOCK_VALUES", 2_000)
    source = Signal.of(np.ones((1, 10_000), dtype=np.float32), 44_100)
    told: list[float] = []
    with pytest.raises(Cancelled) as caught:
        resample_signal(
            source,
            48_000,
            tmp_path,
            cancelled=lambda: len(told) == 3,
            progress=told.append,
            in_memory_bytes=0,
        )
    assert told == [0.1, 0.2, 0.3]
    assert list(tmp_path.iterdir()) == []  # while the traceback still holds what was made
    del caught
    with pytest.raises(ValueError, match="rates"):
        resample_signal(source, 0, tmp_path)
