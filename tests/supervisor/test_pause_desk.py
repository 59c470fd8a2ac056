"""``pause`` and ``resume`` as messages, over a real supervisor with the fake engine."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from house import House
from waiting import until

from voxmend.supervisor.engine_host import EngineHost
from voxmend.supervisor.engines import Engines
from voxmend.supervisor.lifecycle import Lifecycle
from voxmend.supervisor.pause_desk import PauseDesk
from voxmend.supervisor.performer import Performer
from voxmend.supervisor.store import Store
from voxmend.testing import FakeClock
from voxmend_protocol import Client
from voxmend_protocol.features import PAUSE
from voxmend_protocol.messages import Ack, Cancel, Job, Record
from voxmend_protocol.pause import Pause, Resume


class Order:
    """An engine host that notes what it is told."""

    pid = None

    def send(self, order: object) -> None:
        pass


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "paused.json"


def desk(root: Path, file: Path, clock: FakeClock | None = None) -> tuple[PauseDesk, Performer]:
    """One with a list of jobs of its own."""
    store = Store(root / "jobs.sqlite3")
    engines = Engines(lambda _: cast("EngineHost", Order()))
    performer = Performer(store, engines, Lifecycle(1), lambda _: None, lambda _: None)
    return PauseDesk(performer, file, clock or FakeClock()), performer


def test_a_pause_without_a_lease_is_written_down_and_the_next_worker_takes_it_up(
    tmp_path: Path, file: Path
) -> None:
    first, _ = desk(tmp_path, file)
    first.pause("cli", Pause(why="a concert"))
    second, performer = desk(tmp_path, file)
    assert performer.state.paused
    (hold,) = second.holds()
    assert (hold.by, hold.why, hold.since) == ("cli", "a concert", first.holds()[0].since)
    second.resume(Resume())
    assert not file.exists()
    assert not performer.state.paused


def test_a_lease_is_not_written_down(tmp_path: Path, file: Path) -> None:
    clock = FakeClock()
    made, performer = desk(tmp_path, file, clock)
    assert made.pause("reaper-lua", Pause("take 1", 10)) == Ack(count=1)
    assert not file.exists()
    clock.forward(9)
    made.tick()
    assert performer.state.paused
    clock.forward(1)
    made.tick()
    assert not performer.state.paused, "it ended by itself"


def test_a_pause_that_cannot_be_read_is_still_one(tmp_path: Path, file: Path) -> None:
    file.write_bytes(b"\0")
    made, performer = desk(tmp_path, file)
    assert performer.state.paused
    made.resume(Resume())
    assert not file.exists()


def state(client: Client, job: str) -> tuple[str, bool]:
    """A job's state, and whether it stands still."""
    record = client.request(Job(job), Record).record
    return record.state, record.paused


def test_a_paused_worker_takes_jobs_keeps_them_over_its_death_and_does_them_when_resumed(
    house: House,
) -> None:
    house.start()
    client = house.client()
    assert PAUSE in client.welcome.features
    assert client.request(Pause(), Ack) == Ack(count=1)
    job = house.submit(client)
    assert state(client, job) == ("queued", True)
    assert house.process is not None
    house.process.kill()
    house.wait_dead()
    house.start()
    client = house.client()
    assert state(client, job) == ("queued", True)
    assert [hold.hold for hold in house.report().paused] == ["user"]
    assert client.request(Resume(), Ack) == Ack(count=0)
    assert house.finish(client, job).state == "succeeded"
    assert house.report().paused == ()


def test_a_job_at_work_stands_still_and_goes_on_where_it_was(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, until=house.gate)
    until(lambda: (client.job(job).fraction or 0) > 0)
    client.request(Pause(), Ack)
    house.let_go()
    other = house.submit(client)
    assert state(client, job) == ("running", True)
    assert state(client, other) == ("queued", True)
    client.request(Resume(), Ack)
    assert house.finish(client, job).state == "succeeded"
    assert house.finish(client, other).attempt == 1


def test_a_job_that_stands_still_can_be_cancelled(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, until=house.gate)
    until(lambda: client.job(job).state == "running")
    client.request(Pause(), Ack)
    client.request(Cancel(job), Ack)
    assert house.finish(client, job).state == "cancelled"
    assert house.report().paused, "the pause is not over"


def test_the_lease_of_a_client_that_was_killed_ends_by_itself(house: House) -> None:
    """A lease of one second, so that the test need not wait for ten."""
    house.start()
    client = house.client()
    client.request(Pause("take 1", 1.0), Ack)
    client.close()
    until(lambda: not house.report().paused)
