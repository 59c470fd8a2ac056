"""Two engines: one dies, the other goes on, and every job is done once."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
import sounds
from house import REAL_WORKER, House, lives, results
from waiting import until

from voxmend_protocol.messages import Accepted, Ack, Cancel, Submit
from voxmend_protocol.pause import Pause, Resume
from voxmend_protocol.values import Clip, EngineReport, Output

JOBS = 20


@pytest.fixture
def two(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A worker with two scripted engines."""
    monkeypatch.setenv("VOXMEND_WORKER_ENGINES", "2")
    house.start()
    return house


def at_work(house: House) -> tuple[EngineReport, ...]:
    """The engines, once both have a job that has begun."""

    def both() -> tuple[EngineReport, ...]:
        engines = house.report().engines
        return engines if all(engine.stage for engine in engines) else ()

    return until(both, otherwise=house.log)


def done_by(house: House) -> list[str]:
    """The jobs whose folders are there, by their job.json."""
    return sorted(json.loads((d / "job.json").read_text())["job"] for d in results(house.out))


def test_kill_9_of_one_costs_its_own_job_an_attempt_and_every_job_is_done_once(two: House) -> None:
    client = two.client()
    jobs = [two.submit(client, until=two.gate) for _ in range(JOBS)]
    first, second = at_work(two)
    assert first.pid is not None
    assert second.pid is not None
    assert {first.job, second.job} == set(jobs[:2])
    os.kill(second.pid, signal.SIGKILL)
    until(lambda: two.report().engines[1].pid not in (None, second.pid), otherwise=two.log)
    now = at_work(two)
    assert (now[1].job, now[0].pid) == (second.job, first.pid)
    two.let_go()
    ended = {record.job: record for record in client.follow(jobs) if record.terminal}
    assert {record.state for record in ended.values()} == {"succeeded"}
    assert {job for job, record in ended.items() if record.attempt > 1} == {second.job}
    assert done_by(two) == sorted(jobs)


def test_a_cancel_reaches_the_engine_that_does_the_job(two: House) -> None:
    client = two.client()
    jobs = [two.submit(client, until=two.gate) for _ in range(2)]
    pids = [engine.pid for engine in at_work(two)]
    client.request(Cancel(jobs[1]), Ack)
    assert two.finish(client, jobs[1]).state == "cancelled"
    assert client.job(jobs[0]).state == "running"
    assert [engine.pid for engine in two.report().engines] == pids, "one was killed for it"
    two.let_go()
    assert two.finish(client, jobs[0]).state == "succeeded"


def test_one_that_never_stays_alive_takes_no_job_from_the_other(two: House) -> None:
    client = two.client()
    waits = two.submit(client, until=two.gate)
    crashing = [two.submit(client, crashes=2) for _ in range(6)]
    ended = {record.job: record for record in client.follow(crashing[:3]) if record.terminal}
    assert {record.state for record in ended.values()} == {"failed"}
    until(lambda: two.report().engines[1].state == "broken", otherwise=two.log)
    report = two.report()
    assert (report.engine, report.reason) == ("busy", None)
    assert "exit code 70" in (report.engines[1].reason or "")
    assert client.job(waits).state == "running"
    two.let_go()
    assert two.finish(client, waits).state == "succeeded"


def test_the_supervisor_dies_with_two_engines_at_work_and_the_next_does_all_once(
    two: House,
) -> None:
    client = two.client()
    jobs = [two.submit(client, until=two.gate) for _ in range(4)]
    engines = at_work(two)
    assert two.process is not None
    two.process.kill()
    two.process.wait()
    until(lambda: not any(lives(engine.pid or 0) for engine in engines))
    two.let_go()
    two.start()
    client = two.client()
    ended = {record.job: record for record in client.follow(jobs) if record.terminal}
    assert {(record.state, record.attempt) for record in ended.values()} == {("succeeded", 1)}
    assert done_by(two) == sorted(jobs)


def test_real_engines_share_the_threads_and_one_that_is_killed_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VOXMEND_WORKER_ENGINES", "2")
    monkeypatch.setenv("VOXMEND_WORKER_THREADS", "4")
    house = House(tmp_path / "home", REAL_WORKER)
    try:
        house.start()
        client = house.client()
        jobs = []
        for number in range(4):
            source = sounds.write(tmp_path / f"{number}.wav", sounds.tone(8.0, seed=number))
            order = Submit(
                f"{number:08}-0000-0000-0000-000000000000", Clip(str(source)), "mending",
                Output(str(house.out)),
            )  # fmt: skip
            jobs.append(client.request(order, Accepted).job)
        engines = at_work(house)
        client.request(Pause(), Ack)  # both are in the middle of a job, and stay there
        engines = house.report().engines
        assert [engine.threads for engine in engines] == [2, 2]
        assert [engine.device for engine in engines] == ["cpu", "cpu"]
        assert engines[0].pid is not None
        os.kill(engines[0].pid, signal.SIGKILL)
        client.request(Resume(), Ack)
        ended = {record.job: record for record in client.follow(jobs) if record.terminal}
        assert {record.state for record in ended.values()} == {"succeeded"}
        assert done_by(house) == jobs
        assert house.report().engines[1].pid == engines[1].pid, "the other one was lost, too"
        assert not any((house.root / "cache" / "scratch").glob("*/*")), "scratch files are left"
    finally:
        house.close()
