"""Presets that wait for what is not their files' fault."""

from __future__ import annotations

from voxmend.watch.holds import FIRST_S, MOST_S, Holds


def test_only_a_new_reason_is_news() -> None:
    holds = Holds()
    assert holds.hold("studio", "No model.", 0.0)
    assert not holds.hold("studio", "No model.", 60.0)
    assert holds.hold("studio", "No room.", 120.0)


def test_after_a_while_one_file_at_a_time_may_try() -> None:
    holds = Holds()
    holds.hold("studio", "No model.", 0.0)
    assert not holds.may_try("studio", (), FIRST_S - 1)
    assert holds.may_try("studio", (), FIRST_S)
    assert not holds.may_try("studio", ("studio",), FIRST_S)
    assert holds.may_try("quick", ("studio",), 0.0)


def test_the_pause_doubles_up_to_a_quarter_of_an_hour() -> None:
    holds = Holds()
    now = 0.0
    pauses = []
    for _ in range(6):
        holds.hold("studio", "No room.", now)
        pause = 0.0
        while not holds.may_try("studio", (), now + pause):
            pause += FIRST_S
        pauses.append(pause)
        now += pause
    assert pauses == [60.0, 120.0, 240.0, 480.0, 900.0, 900.0]
    assert MOST_S == 900.0


def test_a_clock_that_goes_back_holds_nobody_for_ever() -> None:
    holds = Holds()
    holds.hold("studio", "No room.", 1e6)
    assert holds.may_try("studio", (), 0.0)


def test_a_lifted_hold_begins_with_the_first_pause_again() -> None:
    holds = Holds()
    holds.hold("studio", "No room.", 0.0)
    holds.hold("studio", "No room.", 60.0)
    assert holds.lift("studio")
    assert not holds.lift("studio")
    holds.hold("studio", "No room.", 0.0)
    assert holds.may_try("studio", (), FIRST_S)


def test_a_hold_nobody_waits_for_is_idle() -> None:
    holds = Holds()
    holds.hold("studio", "No room.", 0.0)
    assert holds.idle({"studio"}) == []
    assert holds.idle({"quick"}) == ["studio"]
