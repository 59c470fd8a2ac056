from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from voxmend.audio import TruePeak, db, peak
from voxmend.audio.true_peak import PHASES

Samples = npt.NDArray[np.float32]


def true_peak_db(samples: Samples, rate: int = 48_000, step: int = 1 << 18) -> float:
    meter = TruePeak(rate, len(samples))
    for start in range(0, samples.shape[1], step):
        meter.add(samples[:, start : start + step])
    return db(meter.value)


def sine(part_of_rate: float, degrees: float, frames: int = 4_800, fade: int = 480) -> Samples:
    ramp = np.minimum(1.0, np.minimum(np.arange(frames), np.arange(frames)[::-1]) / fade)
    phase = 2 * np.pi * part_of_rate * np.arange(frames) + np.radians(degrees)
    sound: Samples = (ramp * np.sin(phase)).astype(np.float32)
    return sound[None]


def test_a_quarter_rate_sine_that_is_sampled_beside_its_crests_reads_full_scale() -> None:
    sound = sine(1 / 4, 45)
    assert db(peak(sound)) == pytest.approx(-3.01, abs=0.01)
    assert true_peak_db(sound) == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize(
    ("part_of_rate", "degrees", "level"),
    # EBU Tech 3341, cases 15 to 19: +0.2 / -0.4 dB are allowed.
    [(1 / 4, 0, 0.5), (1 / 4, 45, 0.5), (1 / 6, 60, 0.5), (1 / 8, 67.5, 0.5), (1 / 4, 45, 1.41)],
)
def test_the_cases_of_the_ebu_are_read_within_its_tolerance(
    part_of_rate: float, degrees: float, level: float
) -> None:
    found = true_peak_db(np.float32(level) * sine(part_of_rate, degrees))
    assert -0.4 <= found - db(level) <= 0.2


def test_it_is_never_below_the_sample_peak() -> None:
    lonely = np.zeros((2, 1_000), dtype=np.float32)
    lonely[1, 500] = -0.8
    assert true_peak_db(lonely) == pytest.approx(db(0.8), abs=1e-5)
    assert true_peak_db(np.zeros((2, 1_000), dtype=np.float32)) == db(0.0)
    assert true_peak_db(np.full((1, 1), 0.5, dtype=np.float32)) == pytest.approx(db(0.5), abs=1e-5)


def plain(samples: Samples) -> float:
    """Every phase at every sample."""
    padded = np.pad(samples, ((0, 0), (11, 11))).astype(np.float64)
    found = [np.convolve(row, taps, "valid") for row in padded for taps in PHASES]
    return max(peak(samples), float(np.abs(found).max()))


@pytest.mark.parametrize("step", [1, 7, 4_096, 4_097, 1 << 18])
@pytest.mark.parametrize("seed", range(5))
def test_blocks_and_skipped_stretches_change_nothing(step: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    frames = 600 if step < 10 else 30_000
    sound = random.normal(0, 0.1, (2, frames)).astype(np.float32)
    sound *= np.linspace(0.2, 1.0, frames, dtype=np.float32)[:: random.choice([-1, 1])]
    assert true_peak_db(sound, step=step) == pytest.approx(db(plain(sound)), abs=1e-4)


def test_a_crest_between_two_stretches_is_found() -> None:
    sound = np.zeros((1, 20_000), dtype=np.float32)
    for shift in range(-12, 13):
        sound[:] = 0
        sound[0, 4_096 + shift : 4_098 + shift] = 0.9  # two equal samples: the crest lies between
        assert true_peak_db(sound) == pytest.approx(db(plain(sound)), abs=1e-4)
        assert db(plain(sound)) > 0.5


def test_a_crest_before_the_last_sample_is_found_and_asking_changes_nothing() -> None:
    sound = np.zeros((1, 1_000), dtype=np.float32)
    sound[0, -2:] = 0.9
    meter = TruePeak(48_000, 1)
    meter.add(sound)
    assert db(meter.value) == db(meter.value) == pytest.approx(db(plain(sound)), abs=1e-4)
    assert db(meter.value) > 0.5
    meter.add(np.full((1, 100), 0.9, dtype=np.float32))  # it goes on: no crest after all
    assert db(meter.value) == pytest.approx(
        db(plain(np.pad(sound, ((0, 0), (0, 100)), constant_values=0.9))), abs=1e-4
    )


def test_the_filter_is_the_standards() -> None:
    assert PHASES.shape == (4, 12)
    assert np.array_equal(PHASES, PHASES[::-1, ::-1])
    assert PHASES.sum(axis=1) == pytest.approx([1.001, 0.995, 0.995, 1.001], abs=0.03)


def test_what_is_no_sound_is_a_defect_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no sound"):
        TruePeak(0, 1)
