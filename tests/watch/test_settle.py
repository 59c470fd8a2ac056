"""When a file is at rest, by observations and a clock that may lie."""

from __future__ import annotations

import pytest

from voxmend.watch.settle import LOCAL, POLLED, Pace, Stamp, Verdict, Waiting, due, judge, observe

REST = Stamp(1000, 5, 5)


def watched(stamps: list[Stamp | None], step_s: float = 1.0, pace: Pace = LOCAL) -> list[bool]:
    """Whether the file was due after each observation."""
    known: dict[str, Waiting] = {}
    found = []
    for number, stamp in enumerate(stamps):
        known = observe(known, {"a": stamp} if stamp else {}, number * step_s, pace)
        found.append("a" in known and due(known["a"], pace))
    return found


def test_a_file_is_due_after_three_still_seconds() -> None:
    assert watched([REST] * 5) == [False, False, False, True, True]


def test_over_a_network_it_takes_ten() -> None:
    assert watched([REST] * 4, 5.0, POLLED) == [False, False, True, True]


@pytest.mark.parametrize("changed", [Stamp(1001, 5, 5), Stamp(1000, 6, 5), Stamp(1000, 5, 6)])
def test_any_change_begins_the_wait_anew(changed: Stamp) -> None:
    assert watched([REST, REST, REST, changed, changed, changed, changed]) == [False] * 6 + [True]


def test_a_file_that_goes_and_comes_back_waits_anew() -> None:
    assert watched([REST, REST, REST, None, REST, REST, REST]) == [False] * 7


def test_a_clock_that_jumps_forward_makes_no_file_older_than_a_step() -> None:
    known = observe({}, {"a": REST}, 0.0, LOCAL)
    known = observe(known, {"a": REST}, 36_000.0, LOCAL)
    assert known["a"].quiet_s == LOCAL.step_s
    assert not due(known["a"], LOCAL)


def test_a_clock_that_jumps_back_takes_nothing_and_gives_nothing() -> None:
    known = {"a": Waiting(REST, seen_at=1000.0, quiet_s=2.0)}
    known = observe(known, {"a": REST}, -5000.0, LOCAL)
    assert known["a"] == Waiting(REST, -5000.0, 2.0)
    assert due(observe(known, {"a": REST}, -4999.0, LOCAL)["a"], LOCAL)


def test_files_keep_the_order_in_which_they_came() -> None:
    known = observe({}, {"b": REST}, 0.0, LOCAL)
    known = observe(known, {"a": REST, "b": REST, "c": REST}, 1.0, LOCAL)
    assert list(known) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("verdict", "quiet_s", "step"),
    [
        ("complete", 3.0, "take"),
        ("doubtful", 29.0, "wait"),
        ("doubtful", 30.0, "take"),
        ("wrong", 14.0, "wait"),
        ("wrong", 15.0, "complain"),
        ("unfinished", 119.0, "wait"),
        ("unfinished", 120.0, "complain"),
    ],
)
def test_a_look_is_judged_by_how_long_the_file_stood_still(
    verdict: Verdict, quiet_s: float, step: str
) -> None:
    assert judge(Waiting(REST, 0.0, quiet_s), verdict, LOCAL) == step


@pytest.mark.parametrize("verdict", ["doubtful", "wrong", "unfinished"])
def test_after_a_look_that_was_no_yes_the_next_one_waits_its_time(verdict: Verdict) -> None:
    patience = LOCAL.patience(verdict)
    assert not due(Waiting(REST, 0.0, patience - 1, verdict), LOCAL)
    assert due(Waiting(REST, 0.0, patience, verdict), LOCAL)
