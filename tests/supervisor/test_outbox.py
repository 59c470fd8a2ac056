"""What a client still has to be told: bounded, newest wins."""

from __future__ import annotations

import pytest

from voxmend.supervisor.outbox import MAX_ANSWERS, MAX_GROUPS, Outbox
from voxmend_protocol.errors import BadRequest
from voxmend_protocol.messages import Watch


def watching(*jobs: str, group: str | None = None) -> Outbox:
    outbox = Outbox()
    outbox.watch(jobs, group, "id")
    return outbox


def test_only_watched_jobs_and_groups_are_told() -> None:
    outbox = watching("a", group="g")
    for job, group in (("a", None), ("b", "g"), ("c", None), ("d", "h")):
        outbox.tell(job, group)
    assert outbox.due(0.0) == ["a", "b"]


def test_a_hundred_thousand_changes_of_one_job_cost_one_entry() -> None:
    outbox = watching("a")
    for _ in range(100_000):
        outbox.tell("a", None)
    assert outbox.due(0.0) == ["a"]


def test_news_of_one_job_goes_out_at_most_ten_times_a_second() -> None:
    outbox = watching("a")
    sent = 0
    for step in range(1000):  # a second, a change each millisecond
        now = 50 + step / 1000
        outbox.tell("a", None)
        for job in outbox.due(now):
            outbox.sent(job, now, terminal=False)
            sent += 1
    assert 9 <= sent <= 11


def test_news_that_could_not_be_sent_is_still_due() -> None:
    outbox = watching("a")
    outbox.tell("a", None)
    assert outbox.due(0.0) == outbox.due(5.0) == ["a"]
    outbox.sent("a", 5.0, terminal=True)
    assert not outbox.waiting


def test_an_ended_job_is_followed_no_longer() -> None:
    outbox = watching("a")
    outbox.tell("a", None)
    outbox.sent("a", 0.0, terminal=True)
    outbox.tell("a", None)
    assert outbox.due(9.0) == []
    assert outbox.watching == 0


def test_a_client_that_asks_and_never_reads_is_marked() -> None:
    outbox = Outbox()
    for _ in range(MAX_ANSWERS):
        outbox.answer([b"x"])
    assert not outbox.overrun
    outbox.answer([b"x"])
    assert outbox.overrun
    assert len(outbox.answers) == MAX_ANSWERS


def test_unwatch_forgets_everything_but_answers() -> None:
    outbox = watching("a", group="g")
    outbox.tell("a", None)
    outbox.answer([b"x"])
    outbox.unwatch()
    assert outbox.due(0.0) == []
    assert outbox.waiting


def test_groups_are_bounded_in_number_and_length() -> None:
    outbox = Outbox()
    for n in range(MAX_GROUPS):
        outbox.watch((), f"g{n}", "w")
    outbox.watch((), "g0", "w")
    with pytest.raises(BadRequest):
        outbox.watch((), "one more", "w")
    with pytest.raises(BadRequest):
        Watch(group="x" * 65)
