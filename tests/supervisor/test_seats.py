"""Several engines: a seat for each, one queue for all."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from lifecycle_stage import DECIDED, REFUSED, STEM, Stage, done, failed, kinds, progressed
from supervisor_jobs import job

from voxmend.engine import orders
from voxmend.supervisor import events as e
from voxmend.supervisor.lifecycle import ATTEMPTS, CANCEL_GRACE_S
from voxmend.supervisor.seat import DEATHS
from voxmend.supervisor.seats import MOST
from voxmend_protocol.values import LoadedModel

CARDS = ("cuda:0", "cuda:1")


def on(number: int, device: str | None) -> e.Job:
    """A job that asks for a device."""
    made = job(number)
    submit = replace(made.spec.submit, device=device)
    return replace(made, spec=replace(made.spec, submit=submit))


def two_cards() -> Stage:
    """Two engines, each of which has said where it sits."""
    stage = Stage(engines=2)
    for seat, card in enumerate(CARDS):
        stage.feed(orders.Places(card, CARDS, seat))
    return stage


def seats(stage: Stage) -> list[int | None]:
    """The number of the job on each seat."""
    return [None if seat.job is None else int(seat.job[:8]) for seat in stage.life.seats]


def break_engine(stage: Stage, seat: int) -> None:
    """Let one die until it is given up."""
    for _ in range(DEATHS + 1):
        stage.feed(e.EngineDied("signal SIGSEGV", seat=seat))
    assert stage.life.seats[seat].engine == "broken"


def test_as_many_jobs_run_as_there_are_engines_and_the_next_one_takes_the_first_free_seat() -> None:
    stage = Stage(engines=2)
    for number in (1, 2, 3, 4):
        stage.feed(e.Submitted(job(number)))
    assert seats(stage) == [1, 2]
    assert list(stage.life.queue) == [job(3).id, job(4).id]
    stage.feed(done(2))
    assert seats(stage) == [1, 3]
    stage.feed(done(1))
    assert seats(stage) == [4, 3]


def test_each_start_and_each_interrupt_names_the_engine_that_it_is_for() -> None:
    stage = Stage(engines=2)
    started = [stage.feed(e.Submitted(job(number)))[-1] for number in (1, 2)]
    assert [(s.job.id, s.seat) for s in started if isinstance(s, e.Start)] == [
        (job(1).id, 0), (job(2).id, 1),
    ]  # fmt: skip
    assert stage.feed(e.CancelAsked(job(2).id))[-1] == e.Interrupt(job(2).id, 1)
    stage.now += CANCEL_GRACE_S
    assert stage.feed(e.Tick()) == [e.Kill(1)]


def test_a_single_job_goes_where_an_engine_is_there_already() -> None:
    stage = Stage(engines=2)
    stage.feed(e.Submitted(job(1)))
    stage.feed(e.Submitted(job(2)))
    stage.feed(done(1))
    stage.feed(e.EngineDied("signal SIGKILL", seat=0))
    stage.feed(done(2))
    stage.feed(e.Submitted(job(3)))
    assert seats(stage) == [None, 3]


def test_the_death_of_one_engine_is_its_own_jobs_alone() -> None:
    stage = Stage(engines=2)
    for number in (1, 2, 3):
        stage.feed(e.Submitted(job(number)))
        stage.feed(progressed(number, 0.5))
    before = stage.life.jobs[job(1).id]
    effects = stage.feed(e.EngineDied("signal SIGKILL", seat=1))
    assert stage.life.jobs[job(1).id] == before
    assert kinds(effects) == ["Save", "Tell", "Claim", "Save", "Tell", "Start"]
    assert seats(stage) == [1, 2], "it runs again before the job that waits"
    assert stage.record(2).attempt == 2
    assert stage.life.seats.engine == "busy"


def test_one_engine_that_does_not_stay_alive_is_named_and_the_others_go_on() -> None:
    stage = two_cards()
    for number in range(1, 8):
        stage.feed(e.Submitted(job(number)))
    break_engine(stage, 1)
    assert stage.life.seats.engine == "busy"
    assert stage.life.seats.reason is None
    assert "SIGSEGV" in (stage.life.seats[1].reason or "")
    assert stage.life.seats.broken_for(None) is None
    while stage.life.jobs:
        (running,) = stage.life.seats.running
        stage.feed(orders.Done(running, (STEM,), DECIDED))
    codes = [record.error.code for record in stage.saved.values() if record.error]
    assert set(codes) == {"engine_crashed"}, "only what died twice on it failed"
    assert len(codes) == (DEATHS + 1) // ATTEMPTS


def test_a_job_that_asks_for_the_card_whose_engine_is_broken_fails_and_says_which() -> None:
    stage = two_cards()
    stage.feed(e.Submitted(on(1, "cuda:0")))
    crash = (DEATHS + 1) // ATTEMPTS
    for number in range(5, 5 + crash):
        stage.feed(e.Submitted(on(number, "cuda:1")))
    stage.feed(e.Submitted(on(3, "cuda:1")))
    stage.feed(e.Submitted(on(4, "cuda")))
    break_engine(stage, 1)
    assert seats(stage) == [1, None]
    error = stage.record(3).error
    assert error is not None
    assert error.code == "engine_broken"
    assert "cuda:1" in error.message
    assert "SIGSEGV" in error.message
    assert list(stage.life.queue) == [job(4).id], "any card would do for it"
    assert "cuda:1" in (stage.life.seats.broken_for("cuda:1") or "")
    assert stage.life.seats.broken_for("cuda") is None


def test_the_worker_is_broken_when_no_engine_is_left() -> None:
    stage = Stage(engines=2)
    for number in range(1, 12):
        stage.feed(e.Submitted(job(number)))
    stands: list[str] = []
    for seat in (0, 1):
        break_engine(stage, seat)
        stands.append(stage.life.seats.engine)
    assert stands == ["busy", "broken"]
    assert not stage.life.jobs
    assert "engine_broken" in {r.error.code for r in stage.saved.values() if r.error}


@pytest.mark.parametrize(
    ("asked", "seat"),
    [("cuda:0", 0), ("cuda:1", 1), ("cuda", 0), ("auto", 0), ("cpu", 0), (None, 0), ("mps", 0),
     ("cuda:7", 0)],
)  # fmt: skip
def test_a_job_is_done_where_the_device_is_that_it_asks_for(asked: str | None, seat: int) -> None:
    stage = two_cards()
    stage.feed(e.Submitted(on(1, asked)))
    assert seats(stage)[seat] == 1


def test_a_job_waits_for_its_card_and_those_behind_it_pass() -> None:
    stage = two_cards()
    for number, device in ((1, "cuda:1"), (2, "cuda:1"), (3, None), (4, None)):
        stage.feed(e.Submitted(on(number, device)))
    assert seats(stage) == [3, 1]
    assert stage.life.position(job(2).id) == 0
    stage.feed(done(3))
    assert seats(stage) == [4, 1]
    stage.feed(done(1))
    assert seats(stage) == [4, 2]


def test_an_engine_that_has_counted_the_cards_makes_room_for_one_on_each() -> None:
    stage = Stage(engines=0)
    for number in (1, 2, 3):
        stage.feed(e.Submitted(job(number)))
    assert seats(stage) == [1]
    effects = stage.feed(orders.Places("cuda:0", CARDS))
    assert [effect.seat for effect in effects if isinstance(effect, e.Start)] == [1]
    assert seats(stage) == [1, 2]
    assert [seat.device for seat in stage.life.seats] == list(CARDS)
    assert stage.feed(orders.Places("cuda:1", CARDS, 1)) == []


def test_there_are_never_more_engines_than_the_settings_say_or_a_report_can_hold() -> None:
    stage = Stage(engines=1)
    stage.feed(orders.Places("cuda:0", CARDS))
    assert len(stage.life.seats) == 1
    stage = Stage(engines=0)
    stage.feed(orders.Places("cuda:0", tuple(f"cuda:{card}" for card in range(3 * MOST))))
    assert len(stage.life.seats) == MOST


def test_networks_of_all_engines_are_told_and_those_of_one_go_with_it() -> None:
    stage = two_cards()
    held = [LoadedModel("htdemucs", 84, card, None, 600.0) for card in CARDS]
    for seat, model in enumerate(held):
        stage.feed(orders.Holding((model,), seat))
    assert stage.life.seats.loaded(stage.now) == tuple(held)
    stage.feed(e.EngineDied("signal SIGKILL", seat=0))
    assert stage.life.seats.loaded(stage.now) == (held[1],)


def test_a_pause_and_its_end_are_for_all_and_no_estimate_counts_the_time_between() -> None:
    stage = Stage(engines=2)
    for number in (1, 2):
        stage.feed(e.Submitted(job(number)))
    stage.now += 10
    assert kinds(stage.feed(e.Paused(True))) == ["Stand", "Tell", "Tell"]
    stage.now += 1000
    stage.feed(e.Paused(False))
    for number in (1, 2):
        stage.feed(progressed(number, 0.5))
        assert stage.life.jobs[job(number).id].record.eta_s == 10.0


def test_an_engine_beside_the_first_goes_when_it_had_nothing_to_do_for_long() -> None:
    stage = Stage(engines=2, rest_s=60.0)
    for number in (1, 2):
        stage.feed(e.Submitted(job(number)))
        stage.feed(progressed(number, 0.5))
    for number in (1, 2):
        stage.feed(done(number))
    stage.now += 60
    assert stage.feed(e.Tick()) == []
    stage.now += 1
    assert stage.feed(e.Tick()) == [e.Rest(1)], "the first one stays"
    for number in (3, 4):
        stage.feed(e.Submitted(job(number)))
    assert seats(stage) == [3, None], "one that is just ending gets no job"
    stage.feed(e.EngineDied("signal SIGKILL", seat=1))
    assert seats(stage) == [3, 4]
    assert stage.record(4).attempt == 1


def test_an_engine_that_is_sent_away_again_and_again_has_no_defect() -> None:
    stage = Stage(engines=2, rest_s=1.0)
    for number in range(1, 4 * DEATHS, 2):
        for each in (number, number + 1):
            stage.feed(e.Submitted(job(each)))
        for each in (number, number + 1):
            stage.feed(done(each))
        stage.now += 2
        assert stage.feed(e.Tick()) == [e.Rest(1)]
        stage.feed(e.EngineDied("signal SIGKILL", seat=1))
    assert stage.life.seats[1].engine == "absent"


def test_an_engine_that_is_to_stay_stays() -> None:
    stage = Stage(engines=2)
    for number in (1, 2):
        stage.feed(e.Submitted(job(number)))
        stage.feed(done(number))
    stage.now += 1e6
    assert stage.feed(e.Tick()) == []


def anything(stage: Stage, dice: random.Random, jobs: int) -> e.Event:
    """What may come next, of any engine."""
    number, seat = dice.randrange(1, jobs + 1), dice.randrange(len(stage.life.seats))
    if job(number).id not in stage.life.jobs and job(number).id not in stage.saved:
        device = dice.choice([None, "auto", "cpu", "cuda", *CARDS, "cuda:9"])
        if stage.life.seats.broken_for(device) is None:
            return e.Submitted(on(number, device))
    events: list[e.Event] = [
        progressed(number, dice.random()),
        orders.Warning(job(number).id, "w", "Mind."),
        orders.Holding((LoadedModel("htdemucs", 84, "cpu", None, 600.0),), seat),
        orders.Places(CARDS[seat % 2], CARDS, seat),
        done(number),
        failed(number, dice.choice(["cancelled", "internal"])),
        e.CancelAsked(job(number).id),
        e.NextAsked(job(number).id),
        e.EngineDied("signal SIGSEGV", seat=seat),
        e.Paused(dice.random() < 0.3),
        e.Tick(),
    ]
    return dice.choice(events)


def finish(stage: Stage) -> None:
    """Let all that is left end as it should."""
    stage.feed(e.Paused(False))
    while stage.life.jobs:
        for seat in stage.life.seats:
            if seat.resting:
                stage.feed(e.EngineDied("signal SIGKILL", seat=seat.number))
        for running in stage.life.seats.running:
            stage.feed(orders.Done(running, (STEM,), DECIDED))


@pytest.mark.parametrize("engines", [0, 1, 2, 3])
def test_whatever_comes_each_job_ends_once_and_none_waits_beside_an_engine_that_may_do_it(
    engines: int,
) -> None:
    """The stage refuses a terminal state that changes; ``validate`` holds after each event."""
    together = 0
    for seed in range(40):
        dice, stage = random.Random(seed), Stage(engines=engines, rest_s=5.0)
        for _ in range(80):
            stage.now += dice.choice([0.1, 3.0, 50.0])
            stage.claim_error = REFUSED if dice.random() < 0.05 else None
            stage.keep_error = REFUSED if dice.random() < 0.05 else None
            stage.feed(anything(stage, dice, jobs=8))
            together = max(together, len(stage.life.seats.running))
        stage.claim_error = stage.keep_error = None
        finish(stage)
        assert all(record.terminal for record in stage.saved.values()), f"seed {seed}"
    assert together == (engines or 2), "so many ran at once"
