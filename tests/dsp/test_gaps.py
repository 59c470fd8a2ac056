"""Gaps: joined, long, and within the budget of risk."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from voxmend.dsp.gaps import BUDGET, MARGIN_S, Gap, expected_db, gaps

STEP_S = 0.02
MARGIN = round(MARGIN_S / STEP_S)


def curve(*parts: tuple[float, float]) -> Tensor:
    """Seconds at a value, one after another."""
    return torch.cat([torch.full((round(s / STEP_S),), value) for s, value in parts])


def found(sings: Tensor, power: Tensor | None = None) -> list[Gap]:
    return gaps(sings, torch.ones_like(sings) if power is None else power, STEP_S)


def test_a_sure_gap_is_one_with_a_margin_beside_its_phrases() -> None:
    (gap,) = found(curve((10, 1.0), (4, 0.0), (10, 1.0)))
    assert (gap.first, gap.end) == (500 + MARGIN, 700 - MARGIN)


def test_at_the_ends_of_the_clip_there_is_no_margin() -> None:
    first, last = found(curve((3, 0.0), (20, 1.0), (3, 0.0)))
    assert first.first == 0
    assert last.end == 26 / STEP_S


@pytest.mark.parametrize("sings", [0.3, 0.6])
def test_what_may_be_voice_is_none(sings: float) -> None:
    assert found(curve((10, 1.0), (4, sings), (10, 1.0))) == []


def test_a_short_rest_is_none_and_a_short_doubt_does_not_part_one() -> None:
    assert found(curve((10, 1.0), (1.1, 0.0), (10, 1.0))) == []
    (whole,) = found(curve((10, 1.0), (3, 0.0), (0.02, 0.9), (3, 0.0), (10, 1.0)))
    assert whole.end - whole.first > 250


def test_the_safest_gaps_come_first_and_the_budget_ends_them() -> None:
    sings = curve((20, 1.0), (4, 0.001), (20, 1.0), (4, 0.04), (20, 1.0))
    safe = found(sings)
    assert [gap.first for gap in safe] == [1000 + MARGIN], "the second would hold too much"
    assert sum(gap.risk for gap in safe) <= BUDGET
    sings = curve((20, 1.0), (4, 0.001), (20, 1.0), (4, 0.01), (20, 1.0))
    loud = torch.ones_like(sings)
    loud[1000:1200] = 100.0
    assert len(found(sings)) == 2
    assert [gap.first for gap in found(sings, loud)] == [2200 + MARGIN], "loud is a risk as well"


def test_silence_has_no_risk_and_no_clip_is_too_short() -> None:
    assert found(torch.zeros(1)) == []
    (gap,) = found(torch.zeros(200), torch.zeros(200))
    assert gap.risk == 0


def test_what_is_expected_is_the_residual_by_the_word_of_the_network() -> None:
    sings = curve((1, 1.0), (1, 0.0), (1, 0.0))
    gain_db = curve((2, 0.0), (1, -6.0))
    power = torch.ones_like(sings)
    assert expected_db(sings, power, gain_db) == pytest.approx(-3)
    power[50:100] = 0
    assert expected_db(sings, power, gain_db) == pytest.approx(-6), "silence does not count"
