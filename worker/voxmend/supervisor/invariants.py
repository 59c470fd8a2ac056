"""What always holds of the lifecycle. For tests, after each event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .seat import Seat

if TYPE_CHECKING:
    from .lifecycle import Lifecycle


def insist(life: Lifecycle, attempts: int) -> None:
    """Refuse a state that must never be.

    Args:
        attempts: that a job may have.

    Raises:
        AssertionError: what does not hold.
    """
    waiting, running = list(life.queue), life.seats.running
    assert len(set(waiting)) == len(waiting), f"twice in the queue: {waiting}"
    assert len(set(running)) == len(running), f"on two seats: {running}"
    assert not set(running) & set(waiting), f"runs and waits: {set(running) & set(waiting)}"
    known = {*waiting, *running}
    assert set(life.jobs) == known, f"neither waiting nor running: {set(life.jobs) ^ known}"
    for name, job in life.jobs.items():
        record = job.record
        due = "running" if name in running else "queued"
        assert (record.job, record.state) == (name, due), f"{name} is {record.state}, not {due}"
        assert record.epoch == life.epoch, f"{name} is of epoch {record.epoch}"
        assert 1 <= record.attempt <= attempts, f"{name}: attempt {record.attempt}"
        assert name in running or record.fraction is None, f"{name} waits, and has got so far"
        assert name in running or not record.cancelling, f"{name} waits, and is being stopped"
        assert record.paused == life.paused, f"{name} does not say whether the worker works"
    for name in waiting:
        device = life.jobs[name].device
        assert life.paused or not life.seats.place(device), f"{name} waits beside a free seat"
        assert not life.seats.broken_for(device), f"{name} waits, and no engine will ever do it"
    for seat in life.seats:
        _insist_on(seat, seat.job is not None and life.jobs[seat.job].record.cancelling)


def _insist_on(seat: Seat, stopping: bool) -> None:
    """The same of one seat.

    Args:
        stopping: its job is being cancelled.
    """
    name = f"engine {seat.number}"
    assert seat.engine != "busy" or seat.job, f"{name} is busy with nothing"
    assert seat.engine != "broken" or not seat.job, f"{name} is broken, and works"
    assert seat.done is None or seat.done.job == seat.job, "a result of a job that does not run"
    assert seat.kill_at is None or stopping, f"{name} is to be killed for nothing"
    assert not seat.resting or not seat.job, f"{name} was sent away, and works"
