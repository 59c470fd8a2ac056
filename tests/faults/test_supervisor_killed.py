"""``kill -9`` of the supervisor at any point: after a restart every job ends once, no folder is
orphaned, no second set of stems appears."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
import sounds
from house import House, results
from sampled import sampled
from waiting import PATIENCE_S, until

from voxmend.supervisor import folders
from voxmend_protocol.messages import Accepted, Ack, Cancel, Retry, Submit
from voxmend_protocol.values import Clip, Output

ON_THE_WAY = (
    "after_queued_commit",
    "before_mkdir",
    "after_mkdir",
    "after_claim",
    "after_running_commit",
    "after_start",
    "after_progress",
    "before_rename",
    "after_rename",
    "before_end_commit",
    "after_end_commit",
)
WHILE_CANCELLING = ("after_running_commit", "before_drop", "after_drop", "before_end_commit")


def die_at(house: House, point: str, job: str, **script: float) -> None:
    """Start a worker that dies at ``point``, and give it the job."""
    house.start("--kill-at", point)
    house.throw(house.order(job, **script))
    house.wait_dead()


@pytest.mark.parametrize("point", ON_THE_WAY)
def test_a_job_ends_once_whenever_the_supervisor_dies(house: House, point: str) -> None:
    job = str(uuid.uuid4())
    die_at(house, point, job)
    house.start()
    client = house.client()
    client.request(house.order(job), Accepted)
    assert house.finish(client, job).state == "succeeded"
    (folder,) = results(house.out)
    assert folder.name == "clip_fake"
    assert folders.owner(folder) == job
    assert sorted(f.name for f in folder.iterdir()) == [
        "instrumental.wav", "job.json", "vocals.wav", "vocals_raw.wav",
    ]  # fmt: skip
    record = client.job(job)
    assert record.folder == str(folder)
    assert len(record.stems) == 3
    assert [r.job for r in client.records()] == [job]


TAKEN_AT = (
    "after_queued_commit", "before_mkdir", "after_claim", "before_rename", "after_rename",
)  # fmt: skip


@pytest.mark.parametrize("point", sampled(TAKEN_AT, ["after_claim", "after_rename"]))
def test_a_name_taken_while_the_supervisor_was_dead_is_respected(house: House, point: str) -> None:
    job = str(uuid.uuid4())
    die_at(house, point, job)
    taken = house.out / "clip_fake"
    ours = folders.owner(taken) == job
    if not ours:
        taken.mkdir(parents=True, exist_ok=True)
        (taken / "precious.wav").write_bytes(b"x")
    house.start()
    client = house.client()
    client.request(house.order(job), Accepted)
    record = house.finish(client, job)
    assert record.state == "succeeded"
    if not ours:
        assert [f.name for f in taken.iterdir()] == ["precious.wav"]
    assert not [f for f in results(house.out) if f.name.endswith(".partial")]
    owners = [folders.owner(f) for f in results(house.out)]
    assert owners.count(job) == 1


def test_a_name_taken_during_the_run_and_a_crash_after_the_rename_cost_nothing(
    house: House,
) -> None:
    house.start("--kill-at", "after_rename")
    client = house.client()
    job = house.submit(client, until=house.gate)
    for record in client.follow([job]):
        if record.fraction is not None:
            (house.out / "clip_fake").mkdir()
            (house.out / "clip_fake" / "precious.wav").write_bytes(b"x")
            house.let_go()
            break
    house.wait_dead()
    house.start()
    client = house.client()
    record = house.finish(client, job)
    assert (record.state, record.folder) == ("succeeded", str(house.out / "clip_fake_2"))
    assert [f.name for f in results(house.out)] == ["clip_fake", "clip_fake_2"]


@pytest.mark.parametrize("point", WHILE_CANCELLING)
def test_a_cancelled_job_ends_cancelled_whenever_the_supervisor_dies(
    house: House, point: str
) -> None:
    # At the first point the cancel is noted and the engine, which does not heed it, is at work.
    noted = point == "after_running_commit"
    house.start("--kill-at", "" if noted else point)
    client = house.client()
    job = house.submit(client, until=house.gate, stubborn=noted)
    for record in client.follow([job]):
        if record.state == "running" and record.fraction is not None:
            break
    house.throw(Cancel(job))
    if noted:
        until(lambda: client.job(job).cancelling)
        assert house.process is not None
        house.process.kill()
    house.wait_dead()
    house.start()
    client = house.client()
    assert house.finish(client, job).state == "cancelled"
    assert results(house.out) == []


def test_the_engine_does_not_outlive_its_supervisor(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, until=house.gate)
    for record in client.follow([job]):
        if record.fraction is not None:
            break
    house.kill_and_see_the_engine_go()


def test_a_supervisor_killed_with_a_full_queue_finishes_it_after_the_restart(house: House) -> None:
    house.start()
    client = house.client()
    jobs = [house.submit(client) for _ in range(4)]
    jobs += [house.submit(client, until=house.gate) for _ in range(8)]
    until(lambda: client.job(jobs[4]).fraction is not None)
    assert house.process is not None
    house.process.kill()
    house.wait_dead()
    house.start()
    client = house.client()
    house.let_go()
    last = {record.job: record for record in client.follow(jobs)}
    assert {record.state for record in last.values()} == {"succeeded"}
    assert len({record.folder for record in last.values()}) == 12
    assert len(results(house.out)) == 12


def test_a_client_follows_its_job_across_the_death_of_the_supervisor(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, until=house.gate)
    seen: list[tuple[int, int, str]] = []
    for record in client.follow([job], silence_s=1.0):
        if not seen:
            assert house.process is not None
            house.process.kill()
            house.wait_dead()
            house.start()
            house.let_go()
        seen.append((record.epoch, record.rev, record.state))
    assert seen[-1][2] == "succeeded"
    assert [s[:2] for s in seen] == sorted({s[:2] for s in seen})
    assert {epoch for epoch, _, _ in seen} == {1, 2}


def test_a_retry_after_a_crash_is_still_one_job(house: House) -> None:
    house.start()
    client = house.client()
    first = house.submit(client, fails="out_of_memory")
    assert house.finish(client, first).state == "failed"
    again = str(uuid.uuid4())
    client.request(Retry(first, again), Accepted)
    assert house.process is not None
    house.process.kill()
    house.wait_dead()
    house.start()
    client = house.client()
    client.request(Retry(first, again), Accepted)
    assert house.finish(client, again).retry_of == first
    assert len(list(client.records())) == 2


def test_the_real_engine_dies_with_its_supervisor_in_the_middle_of_a_block(
    real_house: House, tmp_path: Path
) -> None:
    """The engine computes in native code when its parent goes: the pipe's reader ends it."""
    source = sounds.write(tmp_path / "long.wav", sounds.tone(120.0))
    client = real_house.client()
    job = str(uuid.uuid4())
    order = Submit(job, Clip(str(source)), "quick", Output(str(tmp_path / "out")))
    client.request(order, Accepted)
    for record in client.follow([job]):
        if record.stage == "separate":
            break
    real_house.kill_and_see_the_engine_go()
    real_house.start()
    client = real_house.client()
    client.request(Cancel(job), Ack)
    assert real_house.finish(client, job).state == "cancelled"
    assert results(tmp_path / "out") == []


def test_a_manifest_that_was_edited_does_not_keep_the_worker_from_starting(house: House) -> None:
    house.start("--kill-at", "after_rename")
    order = house.order()
    house.throw(order)
    house.wait_dead()
    (folder,) = results(house.out)
    manifest = folder / "job.json"
    for edit in ({"stems": None}, {"stems": 3}, {"stems": [{}], "decided": 5}):
        manifest.write_text(json.dumps({"job": order.job, "state": "succeeded", **edit}))
        assert folders.kept(folder, order.job) is not None
    house.start()
    assert house.client().job(order.job).state == "succeeded"
    assert results(house.out) == [folder]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_stopped_engine_goes_with_its_supervisor(real_house: House) -> None:
    client = real_house.client()
    clip = real_house.root / "tone.wav"
    soundfile.write(clip, np.zeros(8000, "float32"), 8000, "FLOAT")
    order = Submit(
        str(uuid.uuid4()), Clip(str(clip)), "identity", Output(str(real_house.root / "stopped"))
    )
    client.request(order, Accepted)
    real_house.finish(client, order.job)
    engine = psutil.Process(real_house.report().engine_pid)
    engine.suspend()
    assert real_house.process is not None
    real_house.process.kill()
    real_house.process.wait()
    engine.wait(PATIENCE_S)
    real_house.start()
