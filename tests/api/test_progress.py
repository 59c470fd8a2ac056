"""What on_progress hears, from the worker's records: pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from voxmend.api.progress import Progress, Teller, progress
from voxmend_protocol import JobRecord
from voxmend_protocol.values import Clip


def record(**more: Any) -> JobRecord:
    told = {"state": "running", "epoch": 1, "rev": 1, "attempt": 1, "created": "now", **more}
    return JobRecord(job="j", clip=Clip("/songs/a.wav"), preset="quick", **told)


@pytest.mark.parametrize(
    ("state", "fraction", "before", "heard"),
    [
        ("queued", None, 0.0, 0.0),
        ("running", 0.3, 0.2, 0.3),
        ("running", 0.1, 0.6, 0.6),  # a second try after the engine died
        ("running", 1.0, 0.9, 0.999),
        ("succeeded", 1.0, 0.9, 1.0),
        ("failed", 0.5, 0.5, 0.5),
    ],
)
def test_the_fraction_never_falls_and_is_one_only_at_the_end(
    state: str, fraction: float | None, before: float, heard: float
) -> None:
    news = progress(record(state=state, fraction=fraction), 0, None, before)
    assert news.fraction == heard


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"state": "queued"}, "a.wav: 0 %, queued"),
        ({"stage": "separate.spleeter", "fraction": 0.999, "eta_s": 3.4},
         "a.wav: 99 %, separate.spleeter, 3 s left"),
        ({"state": "cancelled", "stage": "write"}, "a.wav: 0 %, cancelled"),
    ],
)  # fmt: skip
def test_it_reads_as_a_line(more: dict[str, Any], words: str) -> None:
    assert str(progress(record(**more), 0, Path("/songs/a.wav"), 0.0)) == words


def test_samples_have_a_number_in_place_of_a_name() -> None:
    assert str(progress(record(), 3, None, 0.0)) == "song 3: 0 %, running"


def test_what_is_not_new_is_told_again_only_after_a_while() -> None:
    heard: list[Progress] = []
    teller = Teller(heard.append)
    teller.again()
    assert heard == []
    news = progress(record(), 0, None, 0.0)
    teller.tell(news)
    teller._told = float("inf")
    teller.again()
    assert heard == [news]
    teller._told = float("-inf")
    teller.again()
    assert heard == [news, news]
