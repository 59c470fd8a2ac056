"""The engine dies: the job runs again, a second death fails it, a broken engine says so."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from house import House, results
from waiting import PATIENCE_S, until

from voxmend_protocol.errors import EngineBroken
from voxmend_protocol.messages import Accepted, Ack, Cancel, Release


def test_kill_9_of_the_engine_in_the_middle_costs_one_attempt(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, until=house.gate)
    killed = False
    for record in client.follow([job]):
        if record.fraction and not killed:
            engine = house.report().engine_pid
            assert engine is not None
            os.kill(engine, signal.SIGKILL)
            killed = True
            house.let_go()
    assert killed
    record = client.job(job)
    assert (record.state, record.attempt) == ("succeeded", 2)
    (folder,) = results(house.out)
    assert json.loads((folder / "job.json").read_text())["attempt"] == 2


def test_an_engine_that_dies_on_a_job_twice_fails_it_and_leaves_nothing(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, crashes=2)
    record = house.finish(client, job)
    assert record.state == "failed"
    assert record.error is not None
    assert record.error.code == "engine_crashed"
    assert "exit code 70" in record.error.message
    assert results(house.out) == []


def test_jobs_behind_one_that_crashes_are_done(house: House) -> None:
    house.start()
    client = house.client()
    jobs = [house.submit(client, crashes=2), house.submit(client)]
    states = {r.job: r.state for r in client.follow(jobs) if r.terminal}
    assert [states[job] for job in jobs] == ["failed", "succeeded"]


def test_an_engine_that_never_stays_alive_is_broken_and_every_job_ends(house: House) -> None:
    house.start()
    client = house.client()
    jobs = [house.submit(client, crashes=2) for _ in range(6)]
    ended = {r.job: r for r in client.follow(jobs) if r.terminal}
    codes = [record.error.code for record in ended.values() if record.error]
    assert len(codes) == 6
    assert "engine_broken" in codes
    assert house.report().engine == "broken"
    with pytest.raises(EngineBroken, match="voxmend worker restart"):
        client.request(house.order(), Accepted)


def test_a_cancel_ends_a_job_that_heeds_it_within_a_window(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, until=house.gate)
    for record in client.follow([job]):
        if record.fraction is not None:
            break
    client.request(Cancel(job), Ack)
    assert house.finish(client, job).state == "cancelled"
    assert "engine_killed" not in house.log(), "it was ended as one that does not heed it"
    assert results(house.out) == []


def test_a_cancel_ends_a_job_that_does_not_heed_it(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, until=house.gate, stubborn=True)
    for record in client.follow([job]):
        if record.fraction is not None:
            break
    client.request(Cancel(job), Ack)
    assert house.finish(client, job).state == "cancelled"
    assert results(house.out) == []
    assert house.finish(client, house.submit(client)).state == "succeeded"


def test_a_new_engine_waits_until_the_old_one_is_gone(tmp_path: Path) -> None:
    """The lock that keeps two engines out of one folder is freed by the kernel at death."""
    from filelock import FileLock, Timeout

    lock = tmp_path / "engine.lock"
    child = os.fork()
    if child == 0:
        held = FileLock(lock)
        held.acquire()
        (tmp_path / "held").touch()
        time.sleep(3600)
        os._exit(0)
    until((tmp_path / "held").exists)
    with pytest.raises(Timeout):
        FileLock(lock, timeout=0.1).acquire()
    psutil.Process(child).kill()
    os.waitpid(child, 0)
    FileLock(lock, timeout=PATIENCE_S).acquire()


def test_a_result_that_cannot_be_written_down_fails_the_job_and_leaves_nothing(
    house: House,
) -> None:
    house.start()
    client = house.client()
    jobs = [house.submit(client, overflows=True), house.submit(client)]
    last = {r.job: r for r in client.follow(jobs) if r.terminal}
    first = last[jobs[0]]
    assert first.state == "failed"
    assert first.error is not None
    assert first.error.code == "internal"
    assert last[jobs[1]].state == "succeeded"
    assert len(results(house.out)) == 1


def test_a_stopped_engine_never_blocks_the_worker_and_cancel_ends_its_job(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, until=house.gate)
    next(r for r in client.follow([job]) if r.fraction)
    engine = house.report().engine_pid
    assert engine is not None
    os.kill(engine, signal.SIGSTOP)
    for _ in range(2000):
        client.request(Release(), Ack, timeout_s=PATIENCE_S)
    client.request(Cancel(job), Ack)
    assert house.finish(client, job).state == "cancelled"
    assert results(house.out) == []
