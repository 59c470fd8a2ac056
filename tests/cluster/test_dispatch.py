"""Which song goes to which engine, and what becomes of it when that engine dies."""

from __future__ import annotations

import random

import supervisor_jobs

from voxmend.cluster.dispatch import ATTEMPTS, DEATHS, NODES, Dispatch, Drop, Interrupt, Run, Tell
from voxmend.cluster.messages import Outcome, Task
from voxmend.engine import orders
from voxmend_protocol import JobRecord
from voxmend_protocol.values import ErrorBody


def task(number: int) -> Task:
    """The song of this number."""
    return Task(supervisor_jobs.job(number, f"/music/{number}.wav").spec.submit, 1, 1, 0o644, "now")


def dispatch(songs: int, engines: int = 1) -> Dispatch:
    """So many songs and engines, which have begun."""
    state = Dispatch(lambda: "today")
    for number in range(1, songs + 1):
        state.submit(task(number))
    for number in range(engines):
        state.came(f"e{number}")
    return state


def done(number: int) -> Outcome:
    return Outcome(orders.Done(task(number).job, ()), f"/out/{number}")


def records(effects: list[object]) -> list[JobRecord]:
    return [each.record for each in effects if isinstance(each, Tell)]


def test_each_engine_has_one_song_and_gets_the_next_when_it_is_done() -> None:
    state = dispatch(3, 2)
    assert state.running == {task(1).job: "e0", task(2).job: "e1"}
    effects = state.ended("e1", task(2).job, done(2))
    assert [r.state for r in records(list(effects))] == ["succeeded", "running"]
    assert Run("e1", task(3)) in effects
    assert state.ended("e0", task(1).job, done(1))[0].record.folder == "/out/1"  # type: ignore[union-attr]
    assert state.engines == {"e0": None, "e1": task(3).job}


def test_a_song_whose_engine_dies_twice_is_failed_and_the_others_are_done() -> None:
    state = dispatch(2)
    first = state.went("e0", "signal 9")
    assert [r.state for r in records(list(first))] == ["queued"]
    state.came("e1")
    assert state.running == {task(1).job: "e1"}  # it goes first, not last
    second = state.went("e1", "signal 9")
    assert [each.task.job for each in (*first, *second) if isinstance(each, Drop)] == [task(1).job]
    [told] = records(list(second))
    assert told.state == "failed"
    assert told.error is not None
    assert told.error.code == "engine_crashed"
    assert f"{ATTEMPTS} times" in told.error.message
    assert state.came("e2")[-1] == Run("e2", task(2))


def test_a_node_that_goes_is_not_held_against_its_song() -> None:
    state = dispatch(1)
    for number in range(NODES):
        [told] = records(list(state.went(f"e{number}", "its node died", node=True)))
        assert (told.state, told.attempt) == ("queued", 1)
        state.came(f"e{number + 1}")
    told = records(list(state.went(f"e{NODES}", "its node died", node=True)))[0]
    assert (told.state, told.attempt) == ("queued", ATTEMPTS)


def test_what_a_cancelled_song_had_begun_goes_with_its_engine() -> None:
    state = dispatch(1)
    state.stop(task(1).job)
    drop, told = state.went("e0", "signal 9")
    assert isinstance(drop, Drop)
    assert records([told])[0].state == "cancelled"


def test_an_answer_that_comes_late_changes_nothing() -> None:
    state = dispatch(1, 2)
    state.went("e0", "signal 9")
    assert state.running == {task(1).job: "e1"}
    assert state.ended("e0", task(1).job, done(1)) == []
    assert state.running == {task(1).job: "e1"}


def test_a_file_that_the_node_does_not_see_is_sent_once() -> None:
    state = dispatch(1)
    assert state.ended("e0", task(1).job, Outcome(None)) == [Run("e0", task(1), sent=True)]
    [told] = records(list(state.ended("e0", task(1).job, done(1))))
    assert told.state == "succeeded"


def test_a_file_that_was_sent_in_vain_is_that_song_s_failure() -> None:
    state = dispatch(1)
    state.ended("e0", task(1).job, Outcome(None))
    [told] = records(list(state.ended("e0", task(1).job, Outcome(None))))
    assert told.error is not None
    assert (told.state, told.error.code) == ("failed", "input_missing")


def test_another_engine_is_sent_the_file_anew() -> None:
    state = dispatch(1)
    state.ended("e0", task(1).job, Outcome(None))
    state.went("e0", "its node died", node=True)
    assert state.came("e1")[-1] == Run("e1", task(1))
    assert state.ended("e1", task(1).job, Outcome(None)) == [Run("e1", task(1), sent=True)]


def test_a_song_that_is_being_stopped_is_not_begun_again_when_its_engine_dies() -> None:
    state = dispatch(1)
    state.stop(task(1).job)
    assert [r.state for r in records(list(state.went("e0", "signal 9")))] == ["cancelled"]
    assert state.came("e1") == []


def test_a_waiting_song_is_stopped_at_once_and_a_running_one_at_its_engine() -> None:
    state = dispatch(2)
    assert [r.state for r in records(list(state.stop(task(2).job)))] == ["cancelled"]
    effects = state.stop(task(1).job)
    assert effects[-1] == Interrupt("e0", task(1).job)
    failed = orders.Failed(task(1).job, ErrorBody("cancelled", "Stopped.", False))
    [told] = records(list(state.ended("e0", task(1).job, Outcome(failed))))
    assert (told.state, told.cancelling) == ("cancelled", False)
    assert state.stop(task(1).job) == []


def test_engines_that_die_in_a_row_end_the_batch_and_one_result_begins_the_count_anew() -> None:
    state = dispatch(2 * DEATHS)
    for number in range(DEATHS):
        state.went(f"e{number}", "signal 9")
        state.came(f"e{number + 1}")
    assert state.broken is None
    [job] = state.running
    state.ended(f"e{DEATHS}", job, Outcome(orders.Done(job, ())))
    for number in range(DEATHS, 2 * DEATHS + 1):
        assert state.broken is None
        state.went(f"e{number}", "signal 9")
        state.came(f"e{number + 1}")
    assert state.broken is not None
    assert state.broken.code == "engine_broken"


def test_whatever_happens_each_song_ends_once() -> None:
    for seed in range(200):
        dice = random.Random(seed)
        state = Dispatch(lambda: "today")
        ended: list[str] = []
        said: list[object] = [e for n in range(1, 13) for e in state.submit(task(n))]
        for turn in range(400):
            busy = {engine: job for engine, job in state.engines.items() if job is not None}
            if not state.engines or dice.random() < 0.1:
                said += state.came(f"e{turn}")
            elif busy and dice.random() < 0.2:
                said += state.went(dice.choice(list(busy)), "signal 9", dice.random() < 0.5)
            elif busy:
                engine = dice.choice(list(busy))
                absent = dice.random() < 0.1
                answer = None if absent else orders.Done(busy[engine], ())
                said += state.ended(engine, busy[engine], Outcome(answer))
            if dice.random() < 0.02:
                said += state.stop(task(dice.randint(1, 12)).job)
        ended = [r.job for r in records(said) if r.terminal]
        assert len(ended) == len(set(ended))
        if state.broken is None:
            assert len(ended) == 12, f"seed {seed}"
