"""The client against a scripted worker: order, errors, silence, second connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from protocol.scripted import (
    CLOCK,
    DONE,
    FAILED,
    HEARTBEAT_S,
    JOB,
    KEY,
    OTHER,
    QUEUED,
    RUNNING,
    Script,
    Worker,
    elapsed,
)

from voxmend_protocol import client as client_module
from voxmend_protocol import envelope, errors, messages
from voxmend_protocol.messages import (
    Ack,
    Envelope,
    Error,
    Hello,
    HelloAgain,
    Job,
    Jobs,
    Page,
    Ping,
    Pong,
    Record,
    Report,
    Status,
    Watch,
    Welcome,
)
from voxmend_protocol.stamp import WORKER, Stamp

REPORT = Report("1", 1, "2026-01-02T03:04:05Z", 0, "idle", 1)


def answers(kind: type, *bodies: Any) -> Script:
    """A script that answers one kind of request, and leaves the rest to manners."""
    return lambda _, asked: list(bodies) if isinstance(asked.body, kind) else None


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second of these tests is a real one."""
    monkeypatch.setattr(client_module, "time", SimpleNamespace(monotonic=CLOCK))


# --- requests -----------------------------------------------------------------------------------


def test_hello_comes_first_and_the_welcome_is_kept() -> None:
    worker = Worker()
    client = worker.client()
    assert [type(body) for body in worker.asked] == [Hello]
    assert worker.asked[0].protocol_min == worker.asked[0].protocol_max == messages.PROTOCOL
    assert client.welcome.limits.heartbeat_s == HEARTBEAT_S


def test_leaving_the_block_hangs_up() -> None:
    worker = Worker()
    with worker.client():
        assert worker.closed == 0
    assert worker.closed == 1


def test_without_a_welcome_there_is_no_worker() -> None:
    worker, began = Worker(mute=True), CLOCK()
    with pytest.raises(errors.WorkerUnreachable, match="did not answer within"):
        worker.client()
    assert elapsed(began) == pytest.approx(client_module.WELCOME_S)
    assert worker.closed == worker.dials == 1


@pytest.mark.parametrize("code", errors.CODES)
def test_an_error_becomes_the_class_of_its_code(code: str) -> None:
    client = Worker(answers(Status, Error(code, "No.", False))).client()
    with pytest.raises(errors.VoxmendError, match=r"^No\.$") as caught:
        client.request(Status(), Report, 1.0)
    assert type(caught.value) is errors.BY_CODE[code]


def test_a_worker_of_another_version_is_said_to_be_one() -> None:
    with pytest.raises(errors.UnsupportedVersion):
        Worker(answers(Hello, Error("unsupported_version", "Update.", False))).client()


def test_an_answer_to_another_request_is_not_taken() -> None:
    def script(worker: Worker, asked: Envelope) -> Sequence[Any] | None:
        if isinstance(asked.body, Status):
            worker.tell(replace(REPORT, queued=7), re="somebody else's")
            worker.tell(replace(REPORT, queued=8))
            return [REPORT]
        return None

    assert Worker(script).client().request(Status(), Report) == REPORT


def test_an_answer_of_the_wrong_kind_is_a_defect_and_says_so() -> None:
    with pytest.raises(errors.InternalError, match="Status with Pong"):
        Worker(answers(Status, Pong())).client().request(Status(), Report)


def test_what_is_not_rightly_signed_or_not_understood_is_ignored() -> None:
    def script(worker: Worker, asked: Envelope) -> Sequence[Any] | None:
        if not isinstance(asked.body, Status):
            return None
        worker.tell(replace(REPORT, pid=666), re=asked.id, key="ee" * 32)
        worker.raw([b"voxmend/2", b"", b"", b"{}"])
        worker.raw([b"hello"])
        for body in (b"[]", b'{"type":"report","id":"1"}', b'{"type":"song","id":"1"}'):
            stamp = worker.stamp()
            sent = envelope.signature(KEY, stamp, body)
            worker.raw([b"voxmend/2", stamp.line(), sent, body])
        return [REPORT]

    assert Worker(script).client().request(Status(), Report) == REPORT


def test_a_request_without_answer_is_repeated_once_over_a_second_connection() -> None:
    def script(worker: Worker, asked: Envelope) -> Sequence[Any] | None:
        if isinstance(asked.body, Status):
            return [REPORT] if worker.dials == 2 else []
        return None

    worker = Worker(script)
    assert worker.client().request(Status(), Report, 1.0) == REPORT
    assert (worker.dials, worker.count(Hello), worker.count(Status)) == (2, 2, 2)


def test_a_request_is_not_repeated_for_ever() -> None:
    worker = Worker(answers(Status))
    with pytest.raises(errors.WorkerUnreachable):
        worker.client().request(Status(), Report, 1.0)
    assert worker.count(Status) == 2


def test_a_request_too_large_to_be_taken_is_not_sent() -> None:
    worker = Worker()
    client = worker.client()
    with pytest.raises(errors.BadRequest, match="65536"):
        client.request(Job("x" * 65536), Record)
    assert worker.count(Job) == 0


def test_a_closed_client_dials_again_when_it_is_asked() -> None:
    worker = Worker(answers(Status, REPORT))
    client = worker.client()
    client.close()
    client.close()
    assert client.request(Status(), Report) == REPORT
    assert (worker.dials, worker.closed) == (2, 1)


def test_a_worker_that_forgot_the_client_gets_hello_and_the_request_once_more() -> None:
    worker = Worker(answers(Status, REPORT))
    client = worker.client()
    worker.nonce = "e" * 32
    assert client.request(Status(), Report) == REPORT
    assert (worker.dials, worker.count(Hello), worker.count(Status)) == (2, 2, 1)


def test_one_that_forgot_it_while_it_followed_gets_the_watch_once_more() -> None:
    worker = Worker(answers(Watch, Ack()))
    client = worker.client()
    worker.script = lambda worker, asked: (
        [Ack(), Record(RUNNING if worker.dials == 1 else DONE)]
        if isinstance(asked.body, Watch)
        else None
    )
    followed = client.follow([JOB])
    assert next(followed) == RUNNING
    worker.nonce = "e" * 32  # the next ping belongs to nothing it knows
    assert list(followed) == [DONE]
    assert (worker.dials, worker.count(Hello)) == (2, 2)


def test_hello_again_that_answers_nothing_of_this_connection_is_passed_over() -> None:
    def script(worker: Worker, asked: Envelope) -> Sequence[Any] | None:
        if isinstance(asked.body, Status):
            old = Stamp(WORKER, worker.client_nonce, "d" * 32, 1)
            for re in ("somebody else's", None):
                message = Envelope("old", HelloAgain(old.worker), re, 1)
                worker.raw(envelope.seal(KEY, old, messages.encode(message)))
            return [REPORT]
        return None

    worker = Worker(script)
    assert worker.client().request(Status(), Report) == REPORT
    assert worker.dials == 1


def test_a_worker_that_asks_for_hello_for_ever_is_none() -> None:
    class Forgetful(Worker):
        def send(self, frames: Sequence[bytes]) -> None:
            self.nonce = ""
            super().send(frames)

    worker = Forgetful()
    with pytest.raises(errors.WorkerUnreachable, match="again and again"):
        worker.client()
    assert worker.closed == worker.dials == 1


def test_pages_are_joined() -> None:
    def script(_: Worker, asked: Envelope) -> Sequence[Any] | None:
        if isinstance(asked.body, Jobs):
            assert asked.body.state == "failed"
            pages = {None: Page((FAILED,), 9), 9: Page((FAILED,), 4), 4: Page(())}
            return [pages[asked.body.before]]
        return None

    assert list(Worker(script).client().records("failed")) == [FAILED, FAILED]


# --- following ----------------------------------------------------------------------------------


def test_older_records_never_reach_the_caller() -> None:
    older = [replace(RUNNING, rev=2), RUNNING, replace(RUNNING, epoch=0, rev=99)]
    news = [Record(record) for record in (RUNNING, *older, DONE)]
    client = Worker(answers(Watch, Ack(), *news)).client()
    assert list(client.follow([JOB])) == [RUNNING, DONE]


def test_a_new_epoch_is_newer_whatever_its_rev() -> None:
    restarted = replace(QUEUED, epoch=2, rev=0)
    news = [Record(record) for record in (RUNNING, restarted, replace(DONE, epoch=2))]
    client = Worker(answers(Watch, Ack(), *news)).client()
    assert list(client.follow([JOB])) == [RUNNING, restarted, replace(DONE, epoch=2)]


def test_records_of_jobs_nobody_asked_for_are_left_out() -> None:
    news = [Record(replace(RUNNING, job=OTHER)), Record(DONE)]
    client = Worker(answers(Watch, Ack(), *news)).client()
    assert list(client.follow([JOB])) == [DONE]


def test_a_record_heard_before_is_told_once_to_who_follows_later() -> None:
    def script(_: Worker, asked: Envelope) -> Sequence[Any] | None:
        if isinstance(asked.body, Job):
            return [Record(RUNNING)]
        return [Ack(), Record(RUNNING), Record(DONE)] if isinstance(asked.body, Watch) else None

    client = Worker(script).client()
    assert client.job(JOB) == RUNNING
    assert list(client.follow([JOB])) == [RUNNING, DONE]
    assert list(client.follow([JOB])) == [RUNNING, DONE]


def test_following_ends_with_the_last_job() -> None:
    other = replace(DONE, job=OTHER)
    client = Worker(answers(Watch, Ack(), Record(DONE), Record(other))).client()
    assert [record.job for record in client.follow([JOB, OTHER])] == [JOB, OTHER]
    assert list(client.follow([])) == []


def test_a_job_the_worker_does_not_know_is_an_error() -> None:
    client = Worker(answers(Watch, Ack(unknown=(JOB,)))).client()
    with pytest.raises(errors.UnknownJob, match=JOB):
        list(client.follow([JOB]))


def test_more_jobs_than_one_watch_may_name_take_several() -> None:
    jobs = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(messages.MAX_WATCHED + 1)]

    def script(_: Worker, asked: Envelope) -> Sequence[Any] | None:
        if isinstance(asked.body, Watch):
            return [Ack(), *(Record(replace(DONE, job=job)) for job in asked.body.jobs)]
        return None

    worker = Worker(script)
    assert [record.job for record in worker.client().follow(jobs)] == jobs
    assert worker.count(Watch) == 2


def test_a_worker_that_forgot_the_watch_is_asked_again() -> None:
    def script(worker: Worker, asked: Envelope) -> Sequence[Any] | None:
        if isinstance(asked.body, Watch):
            again = worker.count(Watch) > 1
            return [Ack(), Record(DONE if again else RUNNING)]
        return [Pong(0)] if isinstance(asked.body, Ping) else None

    worker = Worker(script)
    assert list(worker.client().follow([JOB])) == [RUNNING, DONE]
    assert (worker.dials, worker.count(Watch), worker.count(Ping)) == (1, 2, 1)


def test_a_quiet_worker_is_asked_for_a_sign_of_life_once_a_heartbeat() -> None:
    def script(worker: Worker, asked: Envelope) -> Sequence[Any] | None:
        if isinstance(asked.body, Ping) and worker.count(Ping) == 3:
            return [Pong(1), Record(DONE)]
        return None

    worker, began = Worker(script), CLOCK()
    assert list(worker.client().follow([JOB])) == [DONE]
    assert elapsed(began) >= 3 * HEARTBEAT_S
    assert worker.dials == 1


def test_after_silence_the_worker_is_dialled_anew_and_the_watch_repeated() -> None:
    def script(worker: Worker, asked: Envelope) -> Sequence[Any] | None:
        if isinstance(asked.body, Watch):
            return [Ack(), Record(RUNNING if worker.dials == 1 else DONE)]
        return [] if isinstance(asked.body, Ping) else None

    worker = Worker(script)
    assert list(worker.client().follow([JOB], silence_s=3.0)) == [RUNNING, DONE]
    assert (worker.dials, worker.count(Watch)) == (2, 2)


def test_a_worker_that_is_gone_for_good_ends_the_following() -> None:
    def script(worker: Worker, asked: Envelope) -> Sequence[Any] | None:
        worker.gone = isinstance(asked.body, Ping)
        return [] if worker.gone else None

    with pytest.raises(errors.WorkerUnreachable, match="No worker is running"):
        list(Worker(script).client().follow([JOB], silence_s=3.0))


def test_a_signed_welcome_is_not_enough_to_answer_a_watch() -> None:
    welcome = Worker().client().welcome
    assert isinstance(welcome, Welcome)
    with pytest.raises(errors.InternalError, match="Watch with Welcome"):
        list(Worker(answers(Watch, welcome)).client().follow([JOB]))
