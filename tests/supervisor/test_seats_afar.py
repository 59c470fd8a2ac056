"""Jobs that a worker elsewhere does have seats of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lifecycle_stage import Stage, done, failed, kinds
from supervisor_jobs import job

from voxmend.engine import orders
from voxmend.supervisor import events as e
from voxmend.supervisor.events import Job
from voxmend.supervisor.lifecycle import CANCEL_GRACE_S, NOT_THERE
from voxmend.supervisor.seat import DEATHS
from voxmend.supervisor.seats import AFAR, EACH


def far(number: int, name: str = "studio-box", fallback: bool = False) -> Job:
    """A job for a worker elsewhere."""
    made = job(number)
    submit = replace(made.spec.submit, device=name)
    return replace(made, spec=replace(made.spec, submit=submit, remote=name, fallback=fallback))


def begun(stage: Stage) -> list[tuple[str, int]]:
    """Which jobs began, and on which seats."""
    return [(x.job.id[7], x.seat) for x in stage.effects if isinstance(x, e.Start)]


def test_it_keeps_no_engine_of_this_machine_from_its_work() -> None:
    stage = Stage()
    for each in (far(1), job(2), far(3), job(4), far(5), far(6, "attic")):
        stage.feed(e.Submitted(each))
    assert begun(stage) == [("1", AFAR), ("2", 0), ("3", AFAR + 1), ("6", AFAR + EACH)]
    stage.feed(done(1))
    assert begun(stage)[-1] == ("5", AFAR)
    stage.feed(done(2))
    assert begun(stage)[-1] == ("4", 0)


def test_it_is_never_sent_to_rest() -> None:
    stage = Stage(rest_s=1.0)
    stage.feed(e.Submitted(far(1)))
    stage.feed(done(1))
    stage.now += 1e6
    assert stage.feed(e.Tick()) == []


def test_engines_here_that_do_not_stay_alive_are_nothing_to_it() -> None:
    stage = Stage()
    for number in range(1, DEATHS + 2):
        stage.feed(e.Submitted(job(number)))
    for _ in range(DEATHS + 2):
        stage.feed(e.EngineDied("exit code 70"))
    assert stage.life.seats[0].engine == "broken"
    stage.feed(e.Submitted(far(50)))
    stage.feed(done(50))
    assert stage.state(50) == "succeeded"


def test_a_cancel_that_is_not_heeded_ends_its_seat_s_job() -> None:
    stage = Stage()
    stage.feed(e.Submitted(far(1)))
    assert kinds(stage.feed(e.CancelAsked(job(1).id))) == ["Save", "Tell", "Interrupt"]
    stage.now += CANCEL_GRACE_S
    assert stage.feed(e.Tick()) == [e.Kill(AFAR)]
    stage.feed(failed(1, "cancelled"))
    assert stage.state(1) == "cancelled"


@pytest.mark.parametrize("code", NOT_THERE)
def test_where_the_user_has_set_it_this_machine_does_it_after_all(code: str) -> None:
    stage = Stage()
    stage.feed(e.Submitted(far(1, fallback=True)))
    stage.feed(failed(1, code))
    assert begun(stage) == [("1", AFAR), ("1", 0)]
    started = [x for x in stage.effects if isinstance(x, e.Start)]
    assert started[-1].job.spec.submit.device == "auto"
    assert started[-1].job.record.attempt == 1
    stage.feed(failed(1, code))  # whatever it is called: not twice
    assert stage.state(1) == "failed"
    (warned,) = stage.record(1).warnings
    assert (warned.code, warned.message) == (
        "remote_fallback", "So it was. So this machine did the work.",
    )  # fmt: skip


def test_a_song_that_cannot_be_read_is_not_tried_here_too() -> None:
    stage = Stage()
    stage.feed(e.Submitted(far(1, fallback=True)))
    stage.feed(failed(1, "input_unreadable"))
    assert begun(stage) == [("1", AFAR)]
    assert stage.state(1) == "failed"


def test_a_job_that_is_being_cancelled_does_not_come_home() -> None:
    stage = Stage()
    stage.feed(e.Submitted(far(1, fallback=True)))
    stage.feed(e.CancelAsked(job(1).id))
    stage.feed(failed(1, "remote_unreachable"))
    assert stage.state(1) == "failed"
    assert begun(stage) == [("1", AFAR)]


def test_without_that_setting_it_fails() -> None:
    stage = Stage()
    stage.feed(e.Submitted(far(1)))
    stage.feed(failed(1, "remote_unreachable"))
    assert stage.state(1) == "failed"


def test_what_an_engine_counts_changes_nothing_of_it() -> None:
    stage = Stage(engines=0)
    stage.feed(e.Submitted(far(1)))
    stage.feed(e.Submitted(job(2)))
    stage.feed(orders.Places("cuda:0", ("cuda:0", "cuda:1")))
    stage.feed(e.Submitted(job(3)))
    assert begun(stage) == [("1", AFAR), ("2", 0), ("3", 1)]
    stage.feed(done(1))
    assert stage.state(1) == "succeeded"
