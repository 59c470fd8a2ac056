"""One answer for each request, over a real list of jobs; the engine only notes its orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from voxmend.engine import orders
from voxmend.paths import Paths
from voxmend.stages import Stages
from voxmend.supervisor import events
from voxmend.supervisor.desk import MAX_PAGE, Desk
from voxmend.supervisor.engine_host import EngineHost
from voxmend.supervisor.engines import Engines
from voxmend.supervisor.lifecycle import Lifecycle
from voxmend.supervisor.model_desk import ModelDesk
from voxmend.supervisor.performer import Performer
from voxmend.supervisor.pulls import Pulls
from voxmend.supervisor.sessions import Session
from voxmend.supervisor.store import Store
from voxmend.supervisor.upkeep import Upkeep
from voxmend.testing import FAKE, FakeClock
from voxmend_protocol import messages
from voxmend_protocol.errors import (
    EngineBroken,
    JobConflict,
    QueueFull,
    ShuttingDown,
    UnknownJob,
    UnknownType,
    UnsupportedVersion,
)
from voxmend_protocol.values import (
    DEFAULT_STEMS,
    MAX_ID,
    ClientInfo,
    Clip,
    EngineReport,
    ErrorBody,
    Output,
)

QUEUE_MAX = 3
NEW = "00000009-0000-0000-0000-000000000000"


class Told:
    """An engine that does nothing: what it was ordered."""

    pid = 4711

    def __init__(self) -> None:
        self.orders: list[Any] = []

    def send(self, order: Any) -> None:
        self.orders.append(order)


class Office:
    """A desk, and what stands behind it."""

    def __init__(self, root: Path) -> None:
        self.root, self.told = root, Told()
        paths = Paths(root / "state", root / "config", root / "cache")
        paths.presets.mkdir(parents=True)
        (paths.presets / "fake.toml").write_text(FAKE)
        (root / "clip.wav").write_bytes(b"RIFF")
        self.store, self.clock = Store(paths.database), FakeClock()
        engines = Engines(lambda _: cast("EngineHost", self.told))
        self.performer = Performer(
            self.store, engines, Lifecycle(1), lambda _: None, lambda _: None, self.clock
        )
        upkeep = Upkeep(Stages(paths.cache / "stages"), 1000, lambda: 0)
        models = ModelDesk(paths, Pulls())
        self.desk = Desk(
            self.performer, QUEUE_MAX, paths.presets, models, upkeep, lambda: 2, lambda: 5
        )
        self.session = Session()

    def ask(self, body: Any) -> Any:
        return self.desk(self.session, messages.Envelope("1", body))

    def order(self, number: int = 1, **script: Any) -> messages.Submit:
        return messages.Submit(
            f"{number:08}-0000-0000-0000-000000000000",
            Clip(str(self.root / "clip.wav")),
            "fake",
            Output(str(self.root / "out")),
            {f"testing.{key}": value for key, value in script.items()},
        )

    def submit(self, number: int = 1, **script: Any) -> str:
        return str(self.ask(self.order(number, **script)).job)

    def fail(self, job: str) -> None:
        self.performer.feed(orders.Failed(job, ErrorBody("internal", "So it was.", False)))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


def test_a_client_of_another_version_is_told_which_one_this_is(office: Office) -> None:
    client = ClientInfo("old", "0")
    welcome = office.ask(messages.Hello(1, 2, client))
    assert (welcome.protocol, welcome.limits.queue_max) == (messages.PROTOCOL, QUEUE_MAX)
    with pytest.raises(UnsupportedVersion, match="old speaks 7 to 9"):
        office.ask(messages.Hello(7, 9, client))


def test_an_answer_is_no_request(office: Office) -> None:
    with pytest.raises(UnknownType, match="“ack”"):
        office.ask(messages.Ack())


def test_the_same_job_again_is_the_same_job_and_another_of_its_id_is_refused(
    office: Office,
) -> None:
    first = office.ask(office.order())
    assert (first.state, first.position) == ("running", None)
    assert office.ask(office.order()) == first
    assert len([order for order in office.told.orders if isinstance(order, orders.Run)]) == 1
    with pytest.raises(JobConflict, match="other contents"):
        office.ask(office.order(seconds=1.0))


def test_a_queue_that_is_full_takes_no_more_but_knows_its_own(office: Office) -> None:
    for number in range(1, QUEUE_MAX + 1):
        office.submit(number)
    with pytest.raises(QueueFull, match="3 jobs are waiting"):
        office.submit(QUEUE_MAX + 1)
    assert office.ask(office.order(QUEUE_MAX)).position == QUEUE_MAX - 2


def test_only_what_failed_or_was_cancelled_is_run_again_as_asked_the_first_time(
    office: Office,
) -> None:
    job = office.submit(seconds=2.5)
    again = messages.Retry(job, office.order(2).job)
    with pytest.raises(JobConflict, match="is running"):
        office.ask(again)
    office.fail(job)
    assert office.ask(again).job == again.new_job
    assert office.ask(again).job == again.new_job
    record = office.ask(messages.Job(again.new_job)).record
    assert (record.retry_of, record.state) == (job, "running")
    spec = office.performer.state.jobs[again.new_job].spec
    first = replace(office.order(2, seconds=2.5), job=again.new_job)
    assert spec.submit == replace(first, stems=DEFAULT_STEMS)  # as the preset said then
    with pytest.raises(JobConflict, match="exists already"):
        office.ask(messages.Retry(job, job))


@pytest.mark.parametrize(
    "asked", [messages.Job("x"), messages.Cancel("x"), messages.Next("x"), messages.Retry("x", NEW)]
)
def test_a_job_that_nobody_knows_is_named(office: Office, asked: Any) -> None:
    with pytest.raises(UnknownJob, match="There is no job x"):
        office.ask(asked)


def test_where_the_engine_does_not_stay_alive_no_job_is_taken(office: Office) -> None:
    (seat,) = office.performer.state.seats
    seat.engine, seat.reason = "broken", "exit code 1"
    with pytest.raises(EngineBroken, match="exit code 1"):
        office.submit()


@pytest.mark.parametrize("drain", [True, False])
def test_who_ends_takes_nothing_new_and_says_how_much_is_left(office: Office, drain: bool) -> None:
    office.submit()
    assert not office.desk.quiet
    assert office.ask(messages.Shutdown(drain)).count == 1
    assert (office.desk.draining, office.desk.stopping) == (drain, not drain)
    with pytest.raises(ShuttingDown):
        office.submit(2)
    with pytest.raises(ShuttingDown):
        office.ask(messages.Pull(("htdemucs",)))


def test_a_watch_tells_how_each_stands_and_names_what_it_does_not_know(office: Office) -> None:
    job = office.submit()
    ack = office.ask(messages.Watch(jobs=(job, "nobody" * 20)))
    assert (ack.count, ack.unknown) == (1, (("nobody" * 20)[:MAX_ID],))
    assert office.session.outbox.due(0.0) == [job]
    assert office.ask(messages.Ping()).watching == 1
    office.ask(messages.Unwatch())
    assert office.ask(messages.Ping()).watching == 0


def test_a_report_says_what_runs_and_what_waits(office: Office) -> None:
    job = office.submit()
    office.submit(2)
    office.performer.feed(orders.Progress(job, "separate", 1, 3, 0.5, "cpu"))
    report = office.ask(messages.Status())
    assert (report.running, report.stage, report.queued) == (job, "separate", 1)
    assert (report.engine, report.engine_pid, report.device) == ("busy", 4711, "cpu")
    assert (report.clients, report.refused_frames) == (2, 5)


def test_a_report_tells_of_each_engine_and_a_client_of_before_of_one_that_works(
    office: Office,
) -> None:
    life = office.performer.state
    life.seats.grow(("cuda:0", "cuda:1"))
    jobs = [office.submit(number) for number in (1, 2)]
    office.performer.feed(orders.Places("cuda:0", ("cuda:0", "cuda:1")))
    office.performer.feed(orders.Progress(jobs[1], "separate", 1, 3, 0.5, "cuda:1 (Card 9)"))
    office.performer.engines.manners[1] = orders.Manners("nice 15", 2, 5)
    office.fail(jobs[0])
    report = office.ask(messages.Status())
    assert report.engines == (
        EngineReport(1, "idle", "cuda:0", 4711),
        EngineReport(2, "busy", "cuda:1", 4711, jobs[1], "separate", None, "nice 15", 2, 5),
    )
    assert (report.engine, report.running, report.stage) == ("busy", jobs[1], "separate")
    assert (report.device, report.threads) == ("cuda:1 (Card 9)", 2)
    life.seats[0].engine, life.seats[0].reason = "broken", "exit code 1"
    report = office.ask(messages.Status())
    assert (report.engines[0].reason, report.reason) == ("exit code 1", None)
    with pytest.raises(EngineBroken, match="cuda:0"):
        office.ask(replace(office.order(3), device="cuda:0"))
    assert office.ask(replace(office.order(3), device="cuda")).state == "queued"


def test_records_come_newest_first_with_their_progress_and_in_pages(office: Office) -> None:
    jobs = [office.submit(number) for number in (1, 2, 3)]
    office.performer.feed(orders.Progress(jobs[0], "separate", 1, 3, 0.5, "cpu"))
    page = office.ask(messages.Jobs(limit=2))
    assert [item.job for item in page.items] == jobs[:0:-1]
    (last,) = office.ask(messages.Jobs(limit=10 * MAX_PAGE, before=page.next)).items
    assert (last.job, last.fraction) == (jobs[0], 0.5), "progress is not on disk"


def test_a_cancel_is_passed_on_and_what_ended_can_be_cleared(office: Office) -> None:
    job = office.submit()
    assert office.ask(messages.Cancel(job)) == messages.Ack()
    assert office.told.orders[-1] == orders.Cancel(job)
    office.performer.feed(orders.Failed(job, ErrorBody("cancelled", "Stopped.", False)))
    assert office.desk.quiet
    assert office.ask(messages.Clear("failed")).count == 0
    assert office.ask(messages.Clear()).count == 1
    with pytest.raises(UnknownJob):
        office.ask(messages.Job(job))


def test_a_job_that_is_to_be_next_is_first_of_those_that_wait(office: Office) -> None:
    running, first, second = (office.submit(number) for number in (1, 2, 3))
    assert office.ask(messages.Next(second)) == messages.Ack()
    places = [office.ask(messages.Job(job)).record.position for job in (running, second, first)]
    assert places == [None, 0, 1]
    assert office.ask(messages.Next(running)) == messages.Ack()
    assert office.ask(messages.Job(second)).record.position == 0


def test_release_and_the_cache_are_passed_on(office: Office) -> None:
    office.submit()
    office.ask(messages.Release())
    assert office.told.orders[1:] == [orders.Release()]
    assert office.ask(messages.Cache()) == messages.CacheReport(0, 0, 1000, 0)


def test_an_engine_that_died_takes_nothing_from_the_answers(office: Office) -> None:
    job = office.submit()
    office.performer.feed(events.EngineDied("signal SIGKILL"))
    assert office.ask(messages.Job(job)).record.attempt == 2
