"""A batch on a worker: in order, two at a time, and every file at its end."""

from __future__ import annotations

import pytest
from batch.batches import Worker, numbers, queue

from voxmend.batch.drive import cancel, drive, finish
from voxmend.batch.queue import MOST_WAITING, Queue
from voxmend_protocol.errors import (
    DiskFull,
    InputMissing,
    InputUnreadable,
    ModelMissing,
    UnknownJob,
    WorkerUnreachable,
)


def run(batch: Queue, worker: Worker) -> list[float]:
    """Do all of it; the pauses that were made."""
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        worker.room = 1000

    for item in drive(worker.client, batch, pause):
        assert item in batch.items
    return pauses


def states(batch: Queue) -> list[str]:
    return [item.state for item in batch.items]


def test_each_file_is_done_once_in_its_order() -> None:
    batch, worker = queue(300), Worker()
    run(batch, worker)
    assert numbers(worker.submitted) == list(range(1, 301))
    assert set(states(batch)) == {"succeeded"}
    assert batch.ended


def test_at_most_two_jobs_wait_in_the_worker_and_one_while_one_runs() -> None:
    batch, worker = queue(50), Worker()
    run(batch, worker)
    assert worker.most == (MOST_WAITING, 2)


def test_a_file_that_fails_or_is_refused_holds_up_no_other() -> None:
    batch = queue(6)
    worker = Worker(refuses={2: InputMissing("Gone.")}, fails={4: InputUnreadable("No sound.")})
    run(batch, worker)
    assert states(batch) == ["succeeded", "failed", "succeeded", "failed", "succeeded", "succeeded"]
    codes = [item.error.code for item in batch.items if item.error is not None]
    assert codes == ["input_missing", "input_unreadable"]
    assert batch.items[1].job is None


@pytest.mark.parametrize("error", [ModelMissing("None."), DiskFull("No room.")])
def test_what_would_meet_every_file_ends_the_batch(error: ModelMissing | DiskFull) -> None:
    refused, worker = queue(5), Worker(refuses={3: error})
    run(refused, worker)
    assert states(refused) == ["succeeded", "succeeded", "failed", "waiting", "waiting"]
    assert refused.halted is error
    failed, worker = queue(5), Worker(fails={1: error})
    run(failed, worker)
    assert states(failed)[0] == "failed"
    assert states(failed)[3:] == ["waiting", "waiting"]
    assert failed.ended
    assert len(worker.submitted) <= 3


def test_a_full_queue_is_waited_for_and_loses_no_file() -> None:
    batch, worker = queue(4), Worker(room=0)
    assert run(batch, worker) == [2.0]
    assert set(states(batch)) == {"succeeded"}
    assert numbers(worker.submitted) == [1, 2, 3, 4]


def test_a_job_that_somebody_cleared_is_told_of_and_the_rest_goes_on() -> None:
    batch, worker = queue(4), Worker(forgets={2})
    run(batch, worker)
    assert states(batch) == ["succeeded", "failed", "succeeded", "succeeded"]
    assert isinstance(batch.items[1].error, UnknownJob)


def test_files_that_are_at_their_end_before_are_left_alone() -> None:
    batch, worker = queue(4), Worker()
    batch.skip(batch.items[1], "/out/2_quick")
    batch.refused(batch.items[3], InputMissing("Gone."))
    run(batch, worker)
    assert states(batch) == ["succeeded", "skipped", "succeeded", "failed"]
    assert numbers(worker.submitted) == [1, 3]


def test_a_batch_that_is_stopped_leaves_the_worker_with_nothing_of_it() -> None:
    batch, worker = queue(10), Worker()
    for item in drive(worker.client, batch):
        if item is batch.items[3] and item.state == "running":
            break
    assert batch.open_jobs
    last = batch.items[9]
    assert last.submit is not None
    batch.submitted(last, last.submit)  # and it never arrives
    cancel(worker.client, batch)
    ended = [item for item in finish(worker.client, batch) if item.ended]
    assert {item.state for item in ended} == {"cancelled"}
    assert states(batch)[:3] == ["succeeded"] * 3
    assert states(batch)[5:] == ["waiting"] * 5
    assert not batch.open_jobs
    assert not worker.waiting


def test_a_worker_that_is_gone_is_no_fault_of_a_file() -> None:
    batch, worker = queue(3), Worker(refuses={2: WorkerUnreachable("Nobody answers.")})
    with pytest.raises(WorkerUnreachable):
        run(batch, worker)
    assert batch.items[1].job in batch.open_jobs  # it may have arrived: its id says so later
    assert "failed" not in states(batch)
