"""Curves become stretches with a size; what cannot be told is never called anything."""

from __future__ import annotations

import numpy as np
import pytest

from voxmend.damage import NAMES, WORDS
from voxmend.diagnosis.findings import (
    BRIDGE,
    HOP_S,
    LIMITS,
    SHORTEST,
    Curve,
    Finding,
    find,
    regions,
)

SECONDS = 20 * HOP_S


def curve(**over: float) -> Curve:
    """Twenty values of 0, and others where named: ``at_3=1.0``."""
    made = np.zeros(20, dtype=np.float32)
    for name, value in over.items():
        made[int(name.removeprefix("at_"))] = value
    return made


def steps(first: int, count: int, value: float) -> Curve:
    made = np.zeros(20, dtype=np.float32)
    made[first : first + count] = value
    return made


def found(damage: str, line: Curve, with_mixture: bool = True, **unknown: str) -> Finding:
    curves = {name: np.zeros(20, dtype=np.float32) for name in NAMES} | {damage: line}
    told = find(curves, dict.fromkeys(NAMES, 0.1), unknown, SECONDS, with_mixture)  # type: ignore[arg-type]
    return told.found[NAMES.index(damage)]


@pytest.mark.parametrize("damage", NAMES)
@pytest.mark.parametrize("known", [True, False])
def test_a_stretch_over_the_limit_is_named_where_it_lies(damage: str, known: bool) -> None:
    some, strong = LIMITS[known].some[damage], LIMITS[known].strong[damage]
    (region,) = regions(steps(5, 4, (some + strong) / 2), damage, SECONDS, known)
    assert (region.start_s, region.end_s) == pytest.approx((5 * HOP_S, 9 * HOP_S))
    assert (region.damage, region.size) == (damage, "some")
    assert regions(steps(5, 4, strong), damage, SECONDS, known)[0].size == "strong"
    assert regions(steps(5, 4, some * 0.99), damage, SECONDS, known) == ()


def test_lone_values_are_chance() -> None:
    assert regions(steps(5, SHORTEST - 1, 9.0), "phase", SECONDS, True) == ()
    assert len(regions(steps(5, SHORTEST, 9.0), "phase", SECONDS, True)) == 1


def test_a_short_gap_parts_no_stretch_and_a_long_one_does() -> None:
    whole = steps(2, 12, 1.0)
    whole[6 : 6 + BRIDGE] = np.nan
    assert len(regions(whole, "phase", SECONDS, True)) == 1
    whole[6 : 6 + BRIDGE + 1] = 0
    assert len(regions(whole, "phase", SECONDS, True)) == 2


def test_a_stretch_ends_with_the_clip() -> None:
    (region,) = regions(steps(15, 5, 1.0), "phase", SECONDS - 0.3, True)
    assert region.end_s == pytest.approx(SECONDS - 0.3)


def test_a_clip_shorter_than_a_stretch_can_still_be_damaged() -> None:
    assert len(regions(np.array([1.0], dtype=np.float32), "phase", 0.3, True)) == 1


def test_a_finding_has_the_size_of_its_worst_stretch() -> None:
    line = steps(1, 4, 1.0) + steps(10, 4, 2.0)
    finding = found("phase", line)
    assert [region.size for region in finding.regions] == ["some", "strong"]
    assert (finding.size, finding.worst, finding.value) == ("strong", 2.0, 0.1)
    assert found("phase", curve()).size == "none"


def test_what_is_unknown_is_neither_clean_nor_damaged_and_says_why() -> None:
    finding = found("phase", steps(1, 9, 3.0), with_mixture=False, phase="no_mixture")
    assert (finding.size, finding.regions, finding.why) == ("unknown", (), "no_mixture")


def test_job_json_holds_all_of_it() -> None:
    curves = {name: np.zeros(20, dtype=np.float32) for name in NAMES}
    curves["bleed"] = steps(1, 4, 1.0)
    told = find(
        curves, dict.fromkeys(NAMES, 0.12345), {"bandwidth": "no_mixture"}, SECONDS, False, 7200.0
    )
    plain = told.plain()
    assert plain["with_mixture"] is False
    assert plain["found"]["bandwidth"] == {
        "value": 0.123, "worst": 0.0, "size": "unknown", "regions": [], "why": "no_mixture",
        "edge_hz": 7200.0,
    }  # fmt: skip
    assert plain["found"]["bleed"]["regions"] == [
        {"start_s": 0.4, "end_s": 2.0, "value": 1.0, "size": "strong"}
    ]
    assert [region.damage for region in told.regions] == ["bleed"]


def test_every_damage_has_a_word_and_limits() -> None:
    for known in (True, False):
        assert set(LIMITS[known].some) == set(LIMITS[known].strong) == set(NAMES) == set(WORDS)
        assert all(LIMITS[known].some[name] < LIMITS[known].strong[name] for name in NAMES)
