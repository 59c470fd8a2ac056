"""Windows vote on where a voice lies."""

from __future__ import annotations

import pytest

from voxmend.align.correlate import RATE, Peak
from voxmend.align.vote import Heard, best, likeness, second

BAR = 2.0 * RATE


def window(n: int, *peaks: tuple[float, float]) -> Heard:
    return Heard(n * 5.0 * RATE, tuple(Peak(lag, score) for lag, score in peaks))


def test_one_window_that_is_wrong_is_outvoted_however_high_its_peak() -> None:
    heard = [window(0, (40_000.0, 90.0)), *(window(n, (-17.0, 12.0)) for n in (1, 2, 3))]
    line = best(heard)
    assert line is not None
    assert (line.delay, line.drift, line.windows) == (-17.0, 0.0, 3)


def test_a_clock_that_runs_off_is_a_line_with_a_slope() -> None:
    heard = [window(n, (100 + 3e-4 * n * 5 * RATE, 20.0), (9_000.0 * n, 22.0)) for n in range(6)]
    line = best(heard)
    assert line is not None
    assert line.drift == pytest.approx(3e-4, abs=1e-6)
    assert line.delay == pytest.approx(100, abs=0.5)


def test_of_two_places_that_fit_alike_the_one_nearer_to_the_same_time_is_taken() -> None:
    heard = [window(n, (BAR, 21.0), (0.0, 20.0)) for n in range(6)]
    line = best(heard)
    assert line is not None
    assert line.delay == 0
    other = second(heard, line)
    assert other is not None
    assert other.delay == BAR
    assert likeness(heard, line, other) == 1.0


def test_a_place_that_fits_better_is_taken_wherever_it_is() -> None:
    heard = [window(n, (BAR, 24.0), *([(0.0, 20.0)] if n < 3 else [])) for n in range(6)]
    line = best(heard)
    assert line is not None
    assert line.delay == BAR


def test_a_place_that_fits_all_windows_but_not_as_well_is_not_taken_for_being_nearer() -> None:
    heard = [window(n, (BAR, 80.0), (0.0, 40.0)) for n in range(6)]
    line = best(heard)
    assert line is not None
    assert line.delay == BAR


def test_windows_without_peaks_have_no_line() -> None:
    assert best([window(0), window(1)]) is None
