"""The real engine in the middle of a job: paused it takes no processor, resumed it goes on."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil
import pytest
import sounds
from house import House
from waiting import until

from voxmend_protocol import Client
from voxmend_protocol.messages import Accepted, Ack, Cancel, Submit
from voxmend_protocol.pause import Pause, Resume
from voxmend_protocol.values import Clip, Output

pytestmark = pytest.mark.slow


def begun(house: House, client: Client, folder: Path, number: int) -> str:
    """A job of some seconds, past its beginning."""
    source = sounds.write(folder / f"{number}.wav", sounds.tone(60.0, seed=number))
    job = f"{number:08}-0000-0000-0000-000000000000"
    client.request(Submit(job, Clip(str(source)), "mending", Output(str(folder))), Accepted)
    until(lambda: (client.job(job).fraction or 0) > 0.05, otherwise=house.log)
    return job


def quiet(engine: psutil.Process) -> bool:
    """Whether it took less than a hundredth of a processor for two seconds."""
    before = sum(engine.cpu_times()[:2])
    threading.Event().wait(2.0)
    return bool(sum(engine.cpu_times()[:2]) - before < 0.02)


def test_paused_it_takes_no_processor_and_resumed_it_comes_to_the_same_end(
    real_house: House, tmp_path: Path
) -> None:
    client = real_house.client()
    job = begun(real_house, client, tmp_path, 1)
    client.request(Pause(), Ack)
    engine = psutil.Process(real_house.report().engine_pid)
    until(lambda: quiet(engine), otherwise=lambda: "the engine works on")
    stood = client.job(job)
    assert (stood.state, stood.paused) == ("running", True)
    assert stood.fraction is not None
    assert stood.fraction < 1
    client.request(Resume(), Ack)
    assert real_house.finish(client, job).state == "succeeded"


def test_paused_it_can_be_cancelled_without_being_killed(real_house: House, tmp_path: Path) -> None:
    client = real_house.client()
    job = begun(real_house, client, tmp_path, 2)
    engine = real_house.report().engine_pid
    client.request(Pause(), Ack)
    client.request(Cancel(job), Ack)
    assert real_house.finish(client, job).state == "cancelled"
    assert real_house.report().engine_pid == engine, "it was killed"
    client.request(Resume(), Ack)
