"""The time left and the bar, on made machines: steady, noisy, slow to begin."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from voxmend.batch.forecast import Cost, Forecast, Past


@dataclass
class Run:
    """A batch on a machine of constant load.

    Attributes:
        rises: how much longer the time left ever became, as a factor of the least said before.
        after: what was said when the tenth file had ended, over what it was.
    """

    lengths: Sequence[float]
    past: Sequence[Past] = ()
    noise: float = 0.25
    warm_s: float = 0.0
    fixed_s: float = 0.2
    per_s: float = 0.1
    seed: int = 0
    rises: float = 1.0
    after: float = 0.0
    least: float = math.inf

    def go(self) -> Run:
        """Do all of it."""
        luck = random.Random(self.seed)
        forecast, now, shown = Forecast(self.lengths, self.past), 1000.0, 0.0
        took = [
            (self.fixed_s + self.per_s * s) * (1 + luck.uniform(-self.noise, self.noise))
            for s in self.lengths
        ]
        took[0] += self.warm_s
        for n, seconds in enumerate(took):
            for step in range(8):
                forecast.progress(n, (step / 8) ** 1.4, now)
                now += seconds / 8
                self._look(forecast.left(now))
                assert forecast.fraction >= shown
                shown = forecast.fraction
            forecast.end(n, now)
            left = forecast.left(now)
            self._look(left)
            if n == 9:
                assert left is not None
                self.after = left / sum(took[10:])
        assert shown <= forecast.fraction == 1.0
        return self

    def _look(self, left: float | None) -> None:
        if left is None:
            return
        if self.least > 1.0:
            self.rises = max(self.rises, left / self.least)
        self.least = min(self.least, left)


SHORT = [2.0] * 60
_LUCK = random.Random(1)
MIXED = [_LUCK.uniform(20, 400) for _ in range(30)]
BEFORE = [Past(s, 0.2 + 0.1 * s) for s in (2.0, 3.0, 30.0, 180.0, 240.0, 400.0)]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("lengths", [SHORT, MIXED], ids=["short", "mixed"])
@pytest.mark.parametrize("past", [(), BEFORE], ids=["first", "known"])
@pytest.mark.parametrize("warm_s", [0.0, 12.0])
def test_the_time_left_is_right_after_ten_files_and_rises_by_a_tenth_at_most(
    lengths: list[float], past: list[Past], warm_s: float, seed: int
) -> None:
    run = Run(lengths, past, warm_s=warm_s, seed=seed).go()
    assert 0.8 < run.after < 1.25
    assert run.rises <= 1.1


def test_past_jobs_give_a_time_at_once_and_without_them_three_files_must_end() -> None:
    known = Forecast([180.0] * 10, [Past(180.0, 20.0)])
    known.progress(0, 0.0, 0.0)
    assert known.left(0.0) == pytest.approx(200.0)
    assert known.left(5.0) == pytest.approx(195.0)
    unknown = Forecast([180.0] * 10)
    for n in range(3):
        unknown.progress(n, 0.0, 20.0 * n)
        assert unknown.left(20.0 * n) is None
        unknown.end(n, 20.0 * (n + 1))
    assert unknown.left(60.0) == pytest.approx(140.0)


def test_past_jobs_of_songs_say_nothing_of_two_seconds() -> None:
    assert Forecast([2.0] * 10, [Past(180.0, 20.0)]).left(0.0) is None


def test_past_jobs_from_when_the_machine_had_less_to_do_are_given_up() -> None:
    half = [Past(past.sound_s, past.took_s / 2) for past in BEFORE]
    for seed in range(5):
        assert 0.8 < Run(MIXED, half, seed=seed).go().after < 1.25


def test_a_file_that_hangs_holds_the_time_left_and_does_not_raise_it() -> None:
    forecast = Forecast([60.0] * 4, [Past(60.0, 10.0)])
    forecast.progress(0, 0.0, 0.0)
    said = []
    for second in range(100):
        forecast.progress(0, 0.5, float(second))
        said.append(forecast.left(float(second)) or 0.0)
    assert said == sorted(said, reverse=True)
    assert said[-1] >= 30.0  # three more wait


def test_one_file_that_waited_for_others_does_not_spoil_the_rest() -> None:
    forecast = Forecast([2.0] * 100, [Past(2.0, 1.0)])
    now = 0.0
    for n in range(20):
        forecast.progress(n, 0.0, now)
        now += 200.0 if n == 15 else 1.0
        forecast.end(n, now)
    assert forecast.left(now) == pytest.approx(80.0, rel=0.3)


def test_files_that_were_done_before_or_refused_are_no_work() -> None:
    forecast = Forecast([10.0] * 4, [Past(10.0, 1.0)])
    forecast.skip(1)
    forecast.skip(1)
    forecast.progress(2, 0.5, 0.0)
    forecast.skip(2)
    assert forecast.left(0.0) == pytest.approx(2.0)
    forecast.progress(0, 0.0, 0.0)
    forecast.end(0, 1.0)
    assert forecast.fraction == pytest.approx(0.5)
    forecast.skip(3)
    assert forecast.fraction == 1.0


def test_a_job_that_is_tried_again_does_not_take_the_bar_back() -> None:
    forecast = Forecast([10.0, 10.0], [Past(10.0, 1.0)])
    forecast.progress(0, 0.8, 0.0)
    before = forecast.fraction
    forecast.progress(0, 0.0, 1.0)
    assert forecast.fraction == before


def test_another_device_is_learned_before_the_first_file_has_ended() -> None:
    forecast = Forecast([60.0] * 10, [Past(60.0, 60.0)])
    assert forecast.left(0.0) == pytest.approx(600.0)
    forecast.progress(0, 0.0, 0.0)
    forecast.learn([Past(60.0, 6.0)])
    assert forecast.left(0.0) == pytest.approx(60.0)


def test_a_cost_is_the_line_through_past_jobs_and_no_part_of_it_is_negative() -> None:
    line = Cost.fitted([Past(s, 3.0 + 0.5 * s) for s in (10, 20, 40, 80)] + [Past(30, 500.0)])
    assert line is not None
    assert line.of(100.0) == pytest.approx(53.0, rel=0.1)
    assert Cost.fitted([]) is None
    assert Cost.fitted([Past(0.0, 5.0)]) is None
    falling = Cost.fitted([Past(10.0, 9.0), Past(100.0, 1.0)])
    assert falling is not None
    assert falling.fixed_s >= 0 <= falling.per_s
    below = Cost.fitted([Past(10.0, 1.0), Past(100.0, 30.0)])
    assert below is not None
    assert below.fixed_s >= 0
