"""Where windows lie: they cover the clip once, and their gains add up to one."""

from __future__ import annotations

import pytest
import torch

from voxmend.cascade.windows import gains, grid

CASES = [
    (total, window, context)
    for total in (1, 2, 99, 100, 101, 160, 161, 180, 1000, 12345)
    for window, context in ((None, 0), (100, 0), (100, 20), (100, 25), (8, 2))
]


@pytest.mark.parametrize(("total", "window", "context"), CASES)
def test_gains_add_up_to_one_at_every_sample(total: int, window: int | None, context: int) -> None:
    summed = torch.zeros(total)
    for w in grid(total, window, context):
        summed[w.start : w.start + w.length] += gains(w, summed.device)
    assert float((summed - 1).abs().max()) < 1e-6


@pytest.mark.parametrize(("total", "window", "context"), CASES)
def test_windows_lie_inside_the_clip_and_are_never_longer_than_asked(
    total: int, window: int | None, context: int
) -> None:
    for w in grid(total, window, context):
        assert 0 <= w.start < w.start + w.length <= total
        assert window is None or w.length <= max(window, 1)


def test_the_grid_does_not_depend_on_what_follows() -> None:
    short, long = grid(500, 100, 20), grid(5000, 100, 20)
    assert short[:-1] == long[: len(short) - 1]


@pytest.mark.parametrize("total", [101, 160, 161, 500, 501])
def test_the_last_window_is_as_long_as_the_others(total: int) -> None:
    windows = grid(total, 100, 20)
    assert {w.length for w in windows} == {100}
    assert [w.start + w.lead for w in windows] == [60 * n for n in range(len(windows))]
    assert windows[-1].start + windows[-1].length == total


def test_a_clip_of_one_window_is_not_faded() -> None:
    (only,) = grid(80, 100, 20)
    assert torch.equal(gains(only, torch.device("cpu")), torch.ones(80))


def test_a_window_that_is_all_context_is_refused() -> None:
    with pytest.raises(ValueError, match="context"):
        grid(1000, 100, 26)


@pytest.mark.parametrize("total", [101, 161, 165, 500, 1003])
def test_windows_may_all_start_on_a_grid_of_steps(total: int) -> None:
    windows = grid(total, 100, 20, step=6)
    assert [w.start % 6 for w in windows] == [0] * len(windows)
    assert {w.length for w in windows[:-1]} == {100}
    assert 100 - 6 < windows[-1].length <= 100
    assert windows[-1].start + windows[-1].length == total
    summed = torch.zeros(total)
    for w in windows:
        summed[w.start : w.start + w.length] += gains(w, summed.device)
    assert float((summed - 1).abs().max()) < 1e-6
    with pytest.raises(ValueError, match="steps"):
        grid(1000, 100, 20, step=7)
