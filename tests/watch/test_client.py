"""The worker as the watcher sees it: left alone while it cannot answer, and told of once."""

from __future__ import annotations

import itertools
from typing import Any

from voxmend.watch.client import FIRST_S, MOST_S, WorkerClient
from voxmend.watch.event import Event
from voxmend_protocol.errors import EnvironmentProblem, QueueFull, WorkerUnreachable


class Client:
    closed = False

    def close(self) -> None:
        self.closed = True


def test_it_is_dialled_only_when_there_is_something_to_say() -> None:
    dialled: list[Client] = []

    def connect() -> Any:
        dialled.append(Client())
        return dialled[-1]

    worker = WorkerClient(connect, lambda _: None)
    assert dialled == []
    assert worker.ready(0.0)
    assert worker.ready(1.0)
    assert len(dialled) == 1
    worker.close()
    assert dialled[0].closed


def test_one_that_does_not_come_up_is_tried_again_ever_more_rarely_and_told_once() -> None:
    tries: list[float] = []
    events: list[Event] = []
    now = 0.0

    def connect() -> Any:
        tries.append(now)
        raise EnvironmentProblem("The home folder cannot be used. Set VOXMEND_HOME.")

    worker = WorkerClient(connect, events.append)
    while now < 300:
        worker.ready(now)
        now += 1
    pauses = [b - a for a, b in itertools.pairwise(tries)]
    assert pauses[0] == FIRST_S
    assert max(pauses) == MOST_S
    assert pauses == sorted(pauses)
    assert [event.code for event in events] == ["environment"]


def test_one_that_is_full_rests_and_is_well_again() -> None:
    events: list[Event] = []
    worker = WorkerClient(lambda: Client(), events.append)  # type: ignore[arg-type,return-value]
    assert worker.ready(0.0)
    worker.rest(QueueFull("1000 jobs are waiting."), 0.0)
    assert not worker.ready(1.0)
    assert worker.ready(FIRST_S)
    worker.well()
    assert [event.kind for event in events] == ["worker", "worker"]
    assert "answers again" in events[1].message


def test_a_clock_that_goes_back_keeps_nobody_from_asking() -> None:
    worker = WorkerClient(lambda: Client(), lambda _: None)  # type: ignore[arg-type,return-value]
    worker.rest(WorkerUnreachable("It is gone."), 1e6)
    assert worker.ready(0.0)
