"""One gain over a clip's gaps: slopes within, nothing outside, the same in pieces."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from voxmend.dsp.fades import IN_S, OUT_S, Fade, gain

RATE = 8000
FRAMES = 4 * RATE
FADE = Fade(1.0, 3.0, -12.0)


def curve(*fades: Fade) -> Tensor:
    found = gain(fades, 0, FRAMES, RATE, FRAMES)
    assert found is not None
    return found


def test_outside_of_a_fade_the_gain_is_one_to_the_bit() -> None:
    found = curve(FADE)
    assert bool((found[:RATE] == 1).all())
    assert bool((found[3 * RATE :] == 1).all())
    assert bool((found[RATE : 3 * RATE] < 1).all())


def test_it_is_down_between_its_slopes_and_moves_evenly_there() -> None:
    found = 20 * curve(FADE).double().log10()
    inner = found[round((1 + OUT_S) * RATE) : round((3 - IN_S) * RATE)]
    assert torch.allclose(inner, torch.full_like(inner, -12.0), atol=1e-4)
    steepest = 12 * math.pi / 2 / (IN_S * RATE)
    assert float(found.diff().abs().max()) <= 1.01 * steepest


def test_at_the_ends_of_the_clip_there_is_no_slope() -> None:
    found = curve(Fade(0.0, 1.0, -12.0), Fade(3.0, math.inf, -6.0))
    assert float(found[0]) == pytest.approx(10 ** (-12 / 20))
    assert float(found[-1]) == pytest.approx(10 ** (-6 / 20))


@pytest.mark.parametrize("start", [5000, 8001, 23_000])
def test_a_piece_has_the_gain_of_the_whole(start: int) -> None:
    found = gain([FADE], start, 7000, RATE, FRAMES)
    whole = curve(FADE)[start : start + 7000]
    assert found is not None
    assert torch.equal(found[: len(whole)], whole)


def test_where_nothing_is_lowered_there_is_no_curve() -> None:
    assert gain([FADE], 3 * RATE, RATE, RATE, FRAMES) is None
    assert gain([], 0, RATE, RATE, FRAMES) is None
