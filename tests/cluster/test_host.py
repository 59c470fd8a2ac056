"""The command's side of a cluster: it drives a batch as it does on the worker, and a driver that
dies or falls silent is an error with a code, never a wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from cluster import scripted

from voxmend.batch.drive import cancel, drive, finish
from voxmend.batch.listing import Listed
from voxmend.batch.queue import Item, Queue
from voxmend.cluster.host import Cluster
from voxmend.cluster.messages import Begin, Need
from voxmend.engine import orders
from voxmend_protocol.errors import EnvironmentProblem, WorkerUnreachable
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Output

Target = Callable[[Connection, Begin], None]
BEGIN = Begin("local", "{}", (), orders.Configure("auto", "auto", -1.0), Need(1, 1))


def batch(folder: Path, *names: str) -> Queue:
    """A batch of files that are there; those called ``gone`` are not."""
    items = []
    for number, name in enumerate(names):
        if name != "gone":
            (folder / name).write_bytes(b"RIFF")
        job = f"00000000-0000-4000-8000-{number:012d}"
        submit = Submit(job, Clip(str(folder / name)), "fake", Output("/out"))
        items.append(Item(Listed(name), submit))
    return Queue(items, most_waiting=256)


def cluster(target: Target, said: list[str] | None = None, silence_s: float = 60.0) -> Cluster:
    return Cluster(BEGIN, target, ([] if said is None else said).append, silence_s)


def states(queue: Queue) -> list[str]:
    return [item.state for item in queue.items]


def test_a_batch_is_done_and_one_file_s_fault_is_that_file_s(tmp_path: Path) -> None:
    queue = batch(tmp_path, "a", "bad", "gone", "b", "c")
    with cluster(scripted.works) as doer:
        list(drive(doer, queue))
    assert states(queue) == ["succeeded", "failed", "failed", "succeeded", "succeeded"]
    codes = [item.error.code if item.error else None for item in queue.items]
    assert codes == [None, "input_unreadable", "input_missing", None, None]
    assert queue.items[0].folder == "/out/a"


def test_more_than_a_pipe_holds_goes_both_ways_at_once(tmp_path: Path) -> None:
    queue = batch(tmp_path, *(f"{'a long name ' * 8}{n}" for n in range(600)))
    with cluster(scripted.writes_much) as doer:
        list(drive(doer, queue))
    assert states(queue) == ["succeeded"] * 600


def test_a_driver_that_dies_is_a_worker_that_is_unreachable(tmp_path: Path) -> None:
    queue = batch(tmp_path, "a", "last")
    with cluster(scripted.dies) as doer, pytest.raises(WorkerUnreachable, match="same command"):
        list(drive(doer, queue))
    assert queue.items[0].state == "succeeded"


def test_a_driver_that_hangs_is_given_up_and_ended(tmp_path: Path) -> None:
    queue = batch(tmp_path, "a", "last")
    doer = cluster(scripted.falls_silent, silence_s=2.0)
    doer.END_S = 1.0
    with pytest.raises(WorkerUnreachable), doer:
        list(drive(doer, queue))
    assert not doer.running


def test_a_driver_that_cannot_begin_says_why_and_its_remarks_are_said(tmp_path: Path) -> None:
    said: list[str] = []
    with (
        pytest.raises(EnvironmentProblem, match="No node has room"),
        cluster(scripted.refuses, said),
    ):
        pass
    assert said == ["Mind the dog."]


def test_what_is_under_way_can_be_stopped(tmp_path: Path) -> None:
    queue = batch(tmp_path, "a", "b", "c", "d")
    with cluster(scripted.waits) as doer:
        for item in drive(doer, queue):
            if item is queue.items[1] and item.state == "running":
                break
        cancel(doer, queue)
        deadline = time.monotonic() + 120
        for _ in finish(doer, queue):
            assert time.monotonic() < deadline
    assert set(states(queue)) <= {"cancelled", "waiting"}
    assert states(queue)[:2] == ["cancelled", "cancelled"]
