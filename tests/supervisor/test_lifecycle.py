"""The life of jobs, event in, effects out: no socket, disk, thread or clock."""

from __future__ import annotations

import random
from typing import Any

import pytest
from lifecycle_stage import (
    DECIDED,
    REFUSED,
    STEM,
    TODAY,
    Stage,
    done,
    failed,
    kinds,
    progressed,
)
from supervisor_jobs import job

from voxmend.engine import orders
from voxmend.supervisor import events as e
from voxmend.supervisor.lifecycle import ATTEMPTS, CANCEL_GRACE_S, STIMULI
from voxmend.supervisor.seat import DEATHS
from voxmend_protocol.values import ErrorBody, JobRecord, LoadedModel


def test_a_job_is_saved_claimed_started_kept_and_succeeds_in_that_order() -> None:
    stage = Stage()
    assert kinds(stage.feed(e.Submitted(job()))) == [
        "Save", "Tell", "Claim", "Save", "Tell", "Start",
    ]  # fmt: skip
    assert kinds(stage.feed(done(1))) == ["Keep", "Save", "Tell"]
    record = stage.record(1)
    assert (record.state, record.folder, record.stems) == ("succeeded", "/out/x", (STEM,))
    assert (record.fraction, record.finished, record.decisions) == (1.0, TODAY, DECIDED)
    assert not stage.life.jobs


def test_jobs_run_one_at_a_time_in_the_order_of_submission() -> None:
    stage = Stage()
    for number in (1, 2, 3):
        stage.feed(e.Submitted(job(number)))
    assert stage.life.position(job(3).id) == 1
    order = []
    for _ in range(3):
        (running,) = stage.life.seats.running
        order.append(running)
        stage.feed(orders.Done(running, (STEM,)))
    assert order == [job(n).id for n in (1, 2, 3)]
    assert stage.life.seats.running == ()


def test_a_job_that_is_to_be_next_passes_all_that_wait_and_each_says_its_new_place() -> None:
    stage = Stage()
    for number in (1, 2, 3, 4):
        stage.feed(e.Submitted(job(number)))
    before = {name: live.record.rev for name, live in stage.life.jobs.items()}
    effects = stage.feed(e.NextAsked(job(4).id))
    told = [effect.job.id for effect in effects if isinstance(effect, e.Tell)]
    assert told == [job(n).id for n in (4, 2, 3)]
    assert len(effects) == 3
    assert [stage.life.position(job(n).id) for n in (4, 2, 3)] == [0, 1, 2]
    risen = {name for name, live in stage.life.jobs.items() if live.record.rev > before[name]}
    assert risen == set(told)
    stage.feed(done(1))
    assert stage.life.seats.running == (job(4).id,)


def test_next_changes_nothing_of_a_job_that_is_first_runs_or_has_ended() -> None:
    stage = Stage()
    for number in (1, 2, 3):
        stage.feed(e.Submitted(job(number)))
    for number in (1, 2, 5):
        assert stage.feed(e.NextAsked(job(number).id)) == []
    assert list(stage.life.queue) == [job(2).id, job(3).id]
    assert stage.life.seats.running == (job(1).id,)


def test_a_queued_job_is_cancelled_at_once_and_touches_no_folder() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1)))
    stage.feed(e.Submitted(job(2)))
    assert kinds(stage.feed(e.CancelAsked(job(2).id))) == ["Save", "Tell"]
    assert stage.state(2) == "cancelled"


def test_a_running_job_is_interrupted_then_its_folder_goes_then_it_is_saved() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    assert kinds(stage.feed(e.CancelAsked(job().id))) == ["Save", "Tell", "Interrupt"]
    assert stage.record(1).cancelling
    assert kinds(stage.feed(failed(1, "cancelled"))) == ["Drop", "Save", "Tell"]
    assert stage.state(1) == "cancelled"
    assert stage.record(1).error is None


def test_cancelling_twice_is_cancelling_once() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    stage.feed(e.CancelAsked(job().id))
    assert stage.feed(e.CancelAsked(job().id)) == []


def test_an_engine_that_does_not_heed_a_cancel_is_killed_after_ten_seconds() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    stage.feed(e.CancelAsked(job().id))
    stage.now += CANCEL_GRACE_S - 0.1
    assert stage.feed(e.Tick()) == []
    stage.now += 0.2
    assert kinds(stage.feed(e.Tick())) == ["Kill"]
    stage.feed(e.EngineDied("signal SIGKILL"))
    assert stage.state(1) == "cancelled"


def test_an_engine_that_dies_for_want_of_memory_says_so_and_is_no_crash() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    for _ in range(ATTEMPTS):
        stage.feed(orders.Progress(job().id, "separate", 0, 1, 0.5, "cpu"))
        effects = stage.feed(e.EngineDied("signal SIGABRT", short=True))
    ended = next(effect.job for effect in effects if isinstance(effect, e.Save))
    assert ended.record.error is not None
    assert ended.record.error.code == "out_of_memory"
    assert "raise the limit" in ended.record.error.message


def test_killing_an_engine_for_a_cancel_does_not_count_against_it() -> None:
    stage = Stage()
    for number in range(1, 2 * DEATHS):
        stage.feed(e.Submitted(job(number)))
        stage.feed(e.CancelAsked(job(number).id))
        stage.feed(e.EngineDied("signal SIGKILL"))
    assert stage.life.seats.engine == "absent"


def test_a_job_that_ends_as_it_is_cancelled_keeps_its_stems() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    stage.feed(e.CancelAsked(job().id))
    stage.feed(done(1))
    assert stage.state(1) == "succeeded"
    stage.now += 60
    assert stage.feed(e.Tick()) == []


def test_a_job_whose_engine_dies_runs_again_first_in_line() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1)))
    stage.feed(e.Submitted(job(2)))
    stage.feed(progressed(1, 0.7))
    effects = stage.feed(e.EngineDied("signal SIGSEGV"))
    assert kinds(effects) == ["Save", "Tell", "Claim", "Save", "Tell", "Start"]
    record = stage.record(1)
    assert (record.state, record.attempt, record.fraction) == ("running", 2, None)


def test_a_job_that_kills_its_engine_twice_fails_and_the_next_one_runs() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1)))
    stage.feed(e.Submitted(job(2)))
    for _ in range(ATTEMPTS):
        stage.feed(e.EngineDied("signal SIGSEGV"))
    error = stage.record(1).error
    assert error is not None
    assert error.code == "engine_crashed"
    assert "SIGSEGV" in error.message
    assert stage.state(2) == "running"


def test_an_idle_engines_death_heard_late_is_not_the_next_jobs() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1)))
    stage.feed(done(1))
    stage.feed(e.Submitted(job(2)))
    effects = stage.feed(e.EngineDied("signal SIGKILL"))
    assert kinds(effects) == ["Save", "Tell", "Claim", "Save", "Tell", "Start"]
    assert (stage.record(2).state, stage.record(2).attempt) == ("running", 1)
    stage.feed(e.EngineDied("signal SIGSEGV"))
    assert stage.record(2).attempt == 2, "the engine that was started for it counts"


@pytest.mark.parametrize("word", [progressed(2, 0.0), orders.Warning(job(2).id, "x", "Mind.")])
def test_a_death_counts_once_the_engine_has_said_a_word_of_the_job(word: e.Event) -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1)))
    stage.feed(done(1))
    stage.feed(e.Submitted(job(2)))
    stage.feed(word)
    stage.feed(e.EngineDied("signal SIGKILL"))
    assert stage.record(2).attempt == 2


def test_an_engine_that_dies_too_often_is_broken_and_nothing_waits_for_ever() -> None:
    stage = Stage()
    for number in range(1, 8):
        stage.feed(e.Submitted(job(number)))
    for _ in range(DEATHS + 1):
        stage.feed(e.EngineDied("exit code 1"))
    assert stage.life.seats.engine == "broken"
    codes = [record.error.code for record in stage.saved.values() if record.error]
    assert sorted(set(codes)) == ["engine_broken", "engine_crashed"]
    assert len(codes) == 7


def test_deaths_far_apart_do_not_break_the_engine() -> None:
    stage = Stage()
    for number in range(1, 3 * DEATHS):
        stage.feed(e.Submitted(job(number)))
        stage.feed(e.EngineDied("exit code 1"))
        stage.now += 60
        stage.feed(e.EngineDied("exit code 1"))
        stage.now += 60
    assert stage.life.seats.engine != "broken"


def test_progress_never_falls_and_an_estimate_comes_with_it() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    stage.now += 10
    stage.feed(progressed(1, 0.5))
    running = stage.life.jobs[job().id].record
    assert running.eta_s == pytest.approx(10)
    rev = running.rev
    stage.feed(progressed(1, 0.3))
    after = stage.life.jobs[job().id].record
    assert after.fraction == 0.5
    assert after.rev == rev + 1


def test_progress_is_told_and_not_saved() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    assert kinds(stage.feed(progressed(1, 0.5))) == ["Tell"]


def test_a_folder_that_cannot_be_made_fails_the_job_and_the_next_one_runs() -> None:
    stage = Stage()
    stage.claim_error = REFUSED
    stage.feed(e.Submitted(job(1)))
    stage.claim_error = None
    stage.feed(e.Submitted(job(2)))
    error = stage.record(1).error
    assert error is not None
    assert error.code == "output_unwritable"
    assert stage.state(2) == "running"


def test_a_failed_job_drops_its_folder_before_it_is_saved() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    assert kinds(stage.feed(failed(1, "unsupported_audio"))) == ["Drop", "Save", "Tell"]


def test_what_comes_late_changes_nothing() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    stage.feed(done(1))
    late: list[e.Event] = [done(1), progressed(1, 0.1), failed(1, "internal")]
    for event in [*late, e.CancelAsked(job().id)]:
        assert stage.feed(event) == []


def test_warnings_are_saved_once_each_and_bounded() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    for n in range(40):
        stage.feed(orders.Warning(job().id, f"w{n}", "y" * 1000))
        stage.feed(orders.Warning(job().id, f"w{n}", "y" * 1000))
    warnings = stage.record(1).warnings
    assert len(warnings) == len(set(warnings)) == 12
    assert all(len(w.message) <= 400 for w in warnings)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_an_unfinished_job_of_the_last_run_is_queued_again_in_the_new_epoch(state: Any) -> None:
    stage = Stage(epoch=7)
    old = job()
    old = e.Job(old.spec, JobRecord(old.id, state, 3, 9, old.record.clip, "quick", 1, TODAY))
    stage.feed(e.Recovered(old))
    record = stage.record(1)
    assert (record.state, record.epoch, record.attempt) == ("running", 7, 1)
    assert record.newer_than(old.record)


def test_a_job_whose_folder_was_renamed_before_the_crash_has_succeeded() -> None:
    stage = Stage(epoch=2)
    stage.feed(e.Recovered(job().with_folder("/out/x.partial", "/out/x"), done(1)))
    record = stage.record(1)
    assert (record.state, record.folder, record.stems) == ("succeeded", "/out/x", (STEM,))


def test_a_job_that_was_being_cancelled_at_the_crash_is_cancelled() -> None:
    stage = Stage(epoch=2)
    old = job(cancelling=True).with_folder("/out/x.partial", "/out/x")
    assert kinds(stage.feed(e.Recovered(old))) == ["Drop", "Save", "Tell"]
    assert stage.state(1) == "cancelled"


def test_loaded_networks_are_known_grow_idle_and_go_with_the_engine() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job()))
    rev = stage.life.jobs[job().id].record.rev
    used = LoadedModel("htdemucs", 84, "cpu", None, 600.0)
    idle = LoadedModel("mdx_voc_ft", 67, "cuda:0", 1.5, None)
    assert stage.feed(orders.Holding((used, idle))) == []
    assert stage.life.jobs[job().id].record.rev == rev
    later = LoadedModel("mdx_voc_ft", 67, "cuda:0", 4.0, None)
    assert stage.life.seats.loaded(stage.now + 2.5) == (used, later)
    assert stage.life.seats.loaded(stage.now + 2.5) == (used, later)
    stage.feed(e.EngineDied("exit code 1"))
    assert stage.life.seats.loaded(stage.now) == ()


def anything(stage: Stage, dice: random.Random) -> e.Event:
    """What may come next: of the job that runs, of another one, late, or of the engine."""
    number = dice.randrange(1, 6)
    fresh = job(number).id not in stage.life.jobs and job(number).id not in stage.saved
    if fresh and stage.life.seats.engine != "broken":
        old = job(number, cancelling=dice.random() < 0.2).with_folder("/out/x.partial", "/out/x")
        return e.Submitted(job(number)) if dice.random() < 0.8 else e.Recovered(old)
    events: list[e.Event] = [
        progressed(number, dice.random()),
        orders.Warning(job(number).id, "w", "Mind."),
        orders.Holding((LoadedModel("htdemucs", 84, "cpu", None, 600.0),)),
        done(number),
        failed(number, dice.choice(["cancelled", "internal"])),
        e.CancelAsked(job(number).id),
        e.NextAsked(job(number).id),
        e.EngineDied("signal SIGSEGV"),
        e.Paused(dice.random() < 0.5),
        e.Tick(),
    ]
    return dice.choice(events)


def test_whatever_comes_in_whatever_order_its_state_is_one_that_may_be() -> None:
    for seed in range(100):
        dice, stage = random.Random(seed), Stage()
        for _ in range(60):
            stage.now += dice.choice([0.1, 5.0, 100.0])
            stage.claim_error = REFUSED if dice.random() < 0.1 else None
            stage.keep_error = REFUSED if dice.random() < 0.2 else None
            stage.feed(anything(stage, dice))
        assert len(stage.saved) == 5, f"seed {seed} came to nothing"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda life: life.queue.append("nobody"),
        lambda life: life.queue.append(life.seats.running[0]),
        lambda life: life.queue.extend(list(life.queue)),
        lambda life: life.jobs.pop(life.seats.running[0]),
        lambda life: setattr(life.seats[0], "job", None),
        lambda life: setattr(life.seats[0], "engine", "broken"),
        lambda life: setattr(life.seats[0], "resting", True),
        lambda life: life.seats.grow(("cpu", "cpu")),
        lambda life: setattr(life, "epoch", 2),
        lambda life: setattr(life.seats[0], "done", done(2)),
        lambda life: setattr(life.seats[0], "kill_at", 1.0),
    ],
)
def test_a_state_that_may_not_be_is_refused(spoil: Any) -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1)))
    stage.feed(e.Submitted(job(2)))
    spoil(stage.life)
    with pytest.raises(AssertionError):
        stage.life.validate()


def test_what_came_last_is_remembered_without_what_is_private_and_bounded() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1, "/secret/song.wav")))
    stage.now += 1
    for fraction in (0.1, 0.2, 0.3):
        stage.feed(progressed(1, fraction))
        stage.feed(e.Tick())
    stage.feed(failed(1, "internal"))
    stage.feed(e.EngineDied("signal SIGKILL"))
    name = job(1).id
    assert [(seen.at, seen.event) for seen in stage.life.stimuli] == [
        (100.0, f"Submitted {name}"),
        (100.0, f"Claimed {name}"),
        (101.0, f"Progress {name}"),
        (101.0, f"Failed {name} internal"),
        (101.0, "EngineDied signal SIGKILL"),
    ]
    for number in range(2, STIMULI):
        stage.feed(e.Submitted(job(number)))
        stage.feed(failed(number, "internal"))
    assert len(stage.life.stimuli) == STIMULI


A, B = job(1).id, job(2).id


def test_while_all_stands_still_jobs_are_taken_and_none_begins() -> None:
    stage = Stage()
    stage.feed(e.Paused(True))
    effects = stage.feed(e.Submitted(job(1)))
    assert not any(isinstance(effect, e.Claim | e.Start) for effect in effects)
    assert stage.life.jobs[A].record.state == "queued"
    assert any(isinstance(effect, e.Start) for effect in stage.feed(e.Paused(False)))


def test_the_job_at_work_is_told_to_stand_still_and_to_go_on_once_each() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1)))
    for on in (True, False):
        effects = stage.feed(e.Paused(on))
        assert effects[0] == e.Stand(on)
        assert stage.life.jobs[A].record.paused is on
        assert stage.feed(e.Paused(on)) == [], "it is so already"


def test_an_engine_that_dies_while_it_stands_is_not_started_before_it_may_go_on() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1)))
    stage.feed(e.Paused(True))
    effects = stage.feed(e.EngineDied("signal SIGKILL"))
    assert not any(isinstance(effect, e.Claim | e.Start) for effect in effects)
    assert stage.life.jobs[A].record.paused
    assert any(isinstance(effect, e.Start) for effect in stage.feed(e.Paused(False)))


def test_the_time_that_a_job_stood_still_does_not_count_in_its_estimate() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1)))
    stage.now += 10
    stage.feed(e.Paused(True))
    stage.feed(orders.Progress(A, "separate", 0, 1, 0.5, "cpu"))
    assert stage.life.jobs[A].record.eta_s is None, "nobody knows while it stands"
    stage.now += 1000
    stage.feed(e.Paused(False))
    stage.feed(orders.Progress(A, "separate", 0, 1, 0.5, "cpu"))
    assert stage.life.jobs[A].record.eta_s == 10.0


def test_a_job_that_is_cancelled_while_all_stands_still_ends() -> None:
    stage = Stage()
    stage.feed(e.Submitted(job(1)))
    stage.feed(e.Submitted(job(2)))
    stage.feed(e.Paused(True))
    for name in (B, A):
        stage.feed(e.CancelAsked(name))
    stage.feed(orders.Failed(A, ErrorBody("cancelled", "Stopped as asked.", False)))
    assert {stage.saved[name].state for name in (A, B)} == {"cancelled"}
    assert not any(stage.saved[name].paused for name in (A, B)), "an ended job waits for nothing"


def test_jobs_of_before_say_that_they_wait_for_the_pause_of_before() -> None:
    stage = Stage(epoch=2)
    stage.feed(e.Paused(True))
    stage.feed(e.Recovered(job(1)))
    assert stage.life.jobs[A].record.paused
