"""A verdict on the screen: each of its sentences once, within the terminal's width."""

from __future__ import annotations

import pytest

from voxmend.batch.summary import Row
from voxmend.cli.overall import end_of
from voxmend.cli.verdict import lines
from voxmend.damage import NAMES
from voxmend.verdict import Evidence, Found, judge

CLEAN = dict.fromkeys(NAMES, Found("none"))
BETTER = judge(
    Evidence(
        "quick",
        before={**CLEAN, "bleed": Found("strong", 2.0)},
        after={**CLEAN, "bleed": Found("some", 0.9)},
        decided={"denoise.gaps": {"kept": 3}},
    )
)


def test_what_was_wrong_is_done_stays_and_is_next_stand_in_this_order() -> None:
    told = list(lines("song.wav", BETTER))
    assert told[0] == f"song.wav: {BETTER.headline}"
    assert [line.split()[0] for line in told[1:]] == ["found", "done", "left", "next", "counts"]
    assert BETTER.next in told[4]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    told = list(lines("a.wav", BETTER, width))[1:]
    assert max(len(line) for line in told) < width
    words = " ".join(line.strip() for line in told)
    assert BETTER.left in " ".join(words.split()) or width < 60


def test_a_sentence_that_the_headline_says_is_not_said_again() -> None:
    clean = judge(Evidence("quick", before=CLEAN, after=CLEAN, decided={"denoise.gaps": {}}))
    told = "\n".join(lines("a.wav", clean))
    assert told.count("No damage was found in the voice.") == 1


def test_what_could_steer_a_terminal_is_shown_as_an_escape() -> None:
    from dataclasses import replace

    odd = replace(BETTER, headline="\x1b[2Jgone")
    assert "\x1b" not in end_of(Row("a.wav", "succeeded", verdict=odd.headline)).plain
    assert "\x1b" not in "".join(lines("a.wav", odd))


def test_one_of_many_has_the_headline_behind_where_its_stems_are() -> None:
    row = Row("a.wav", "succeeded", folder="/out/a_quick", took_s=3.0, verdict=BETTER.headline)
    assert end_of(row).plain == f"a.wav: done in 3 s, /out/a_quick. {BETTER.headline}"
