"""Notifications: the first at once, then not too many."""

from __future__ import annotations

from voxmend.watch.announce import PAUSE_S, Announcer, words
from voxmend.watch.event import Event

DONE = Event("done", "a.wav: done, /out", file="quick/a.wav")
FAILED = Event("failed", "b.wav: It is empty. Export it again.", file="b.wav")


def test_a_hundred_files_in_a_minute_are_a_few_notifications() -> None:
    sent: list[str] = []
    announcer = Announcer(lambda title, text: sent.append(text))
    for second in range(100):
        announcer.take(DONE)
        announcer.turn(float(second))
    announcer.turn(1000.0)
    assert sent[0] == "Mended: a.wav"
    assert sent[1] == "10 files mended"
    assert len(sent) == 100 / PAUSE_S + 1


def test_nothing_is_said_of_what_only_passes_by() -> None:
    sent: list[str] = []
    announcer = Announcer(lambda title, text: sent.append(text))
    for kind in ("watching", "taken", "known", "remark", "away", "moved"):
        announcer.take(Event(kind, "words"))
    announcer.turn(0.0)
    assert sent == []


def test_one_failure_is_told_in_its_own_words_and_many_as_a_number() -> None:
    assert words([FAILED]) == "Not mended: b.wav: It is empty. Export it again."
    assert words([DONE, FAILED, DONE]) == "2 files mended, 1 not mended, see Errors"
    held = Event("held", "studio: No model.")
    assert words([held]) == "Waiting: studio: No model."
    assert words([DONE, held]) == "1 files mended, some wait, see Errors"


def test_a_clock_that_goes_back_silences_nobody_for_long() -> None:
    sent: list[str] = []
    announcer = Announcer(lambda title, text: sent.append(text))
    announcer.take(DONE)
    announcer.turn(1e6)
    announcer.take(DONE)
    announcer.turn(0.0)
    assert len(sent) == 2
