"""A reader shows what it does not know and goes on; what cannot be read is said, with why."""

from __future__ import annotations

import dataclasses
import json
import logging
import typing
from collections.abc import Callable, Iterator
from typing import Any

import later_worker
import pytest
from later_worker import BROKEN, DONE, JOB, PARKED, PAUSED, LaterWorker

from voxmend_protocol import Client, Link, codec, errors, messages
from voxmend_protocol.conversation import Conversation
from voxmend_protocol.messages import (
    Accepted,
    Jobs,
    ModelList,
    Models,
    Page,
    PresetList,
    Presets,
    Report,
    Status,
    Submit,
)
from voxmend_protocol.values import Clip, Output

Serve = Callable[[LaterWorker], Client]


@pytest.fixture(params=[later_worker.link_zmq, later_worker.link_plain])
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Start a worker and connect a client, once with libzmq and once without."""
    link: Callable[[int], Link] = request.param
    ends: list[Any] = []

    def start(worker: LaterWorker) -> Client:
        ends.append(later_worker.running(worker))
        ends[-1].__enter__()
        client = worker.client(lambda: link(worker.port))
        ends.append(client)
        return client

    yield start
    for end in reversed(ends):
        end.__exit__(None, None, None)


def test_records_with_words_unheard_of_come_through_as_they_are(serve: Serve) -> None:
    first, last = serve(LaterWorker()).follow([JOB])
    assert (first.state, first.terminal, first.stage) == ("paused", False, "dream.deep")
    assert (last.state, last.terminal) == ("succeeded", True)
    assert [stem.name for stem in last.stems] == ["vocals", "drums"]
    assert [warned.code for warned in last.warnings] == ["moon_is_full"]
    assert last.damage is not None
    assert str(last.damage.before.bleed) == "huge"


def test_they_are_written_again_word_for_word(serve: Serve) -> None:
    *_, last = serve(LaterWorker()).follow([JOB])
    again = codec.to_dict(last)
    assert [stem["name"] for stem in again["stems"]] == ["vocals", "drums"]
    assert again["damage"]["before"] == DONE["damage"]["before"]


def test_an_end_in_a_state_unheard_of_ends_the_following(serve: Serve) -> None:
    assert [r.state for r in serve(LaterWorker([PAUSED, PARKED])).follow([JOB])] == [
        "paused",
        "parked",
    ]


def test_every_answer_may_hold_words_unheard_of(serve: Serve) -> None:
    client = serve(LaterWorker())
    order = Submit(JOB, Clip("/song.wav"), "restore", Output("/out"))
    assert str(client.request(order, Accepted).state) == "paused"
    assert str(client.request(Status(), Report).engine) == "dreaming"
    assert str(client.request(Models(), ModelList).items[0].state) == "lent"
    assert client.request(Presets(), PresetList).items[0].name == "restore"
    assert [r.state for r in client.request(Jobs(), Page).items] == ["succeeded", "paused"]
    assert str(client.job(JOB).stems[1].name) == "drums"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{not json", "not JSON"),
        (b"[]", "must be an object"),
        (b'{"type":"record","id":"1"}', "record is missing"),
        (b'{"type":"record","id":"1","record":{"job":7}}', "record.job must be a string"),
        (b'{"type":"song","id":"1"}', "knows no message of type"),
    ],
    ids=["no JSON", "a list", "no record", "wrong type", "unknown type"],
)
def test_what_cannot_be_read_is_logged_with_its_reason_and_the_news_go_on(
    serve: Serve, caplog: pytest.LogCaptureFixture, body: bytes, reason: str
) -> None:
    with caplog.at_level(logging.WARNING, "voxmend.protocol"):
        records = list(serve(LaterWorker(raw=[body, body])).follow([JOB]))
    assert [record.state for record in records] == ["paused", "succeeded"]
    said = [line for line in caplog.messages if line.startswith("message_unreadable reason=")]
    assert len(said) == 1
    assert reason in said[0]


def test_a_last_record_that_cannot_be_read_ends_the_waiting_with_its_reason(serve: Serve) -> None:
    with pytest.raises(errors.InternalError, match=r"stems\[0\]\.rate must be an integer"):
        list(serve(LaterWorker([PAUSED, BROKEN])).follow([JOB]))


def test_an_answer_that_cannot_be_read_is_an_error_at_once(serve: Serve) -> None:
    worker = LaterWorker([BROKEN])
    client = serve(worker)
    with pytest.raises(errors.InternalError, match="rate must be an integer"):
        client.job(JOB)
    assert worker.kinds() == ["hello", "job"]


def test_what_is_not_the_workers_is_logged_too(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(LaterWorker())
    client._send(Status())
    assert client._link is not None
    client._talk = Conversation("ee" * 32)
    with caplog.at_level(logging.WARNING, "voxmend.protocol"):
        assert client.poll(5.0) == []
    assert "message_foreign reason='The signature does not fit.'" in caplog.messages


# --- without a socket ---------------------------------------------------------------------------


def closed_fields(cls: type) -> Iterator[str]:
    """Where a message holds words of a closed list."""
    for f in dataclasses.fields(cls):
        hint, _ = codec.optional(codec.hints(cls)[f.name])
        for part in (hint, *typing.get_args(hint)):
            if typing.get_origin(part) is typing.Literal:
                yield f"{cls.__name__}.{f.name}"
            elif dataclasses.is_dataclass(part):
                yield from closed_fields(part)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "jobs", "state": "paused"},
        {"type": "clear", "state": "paused"},
        {"type": "submit", "device": "TPU"},
        {"type": "submit", "output": {"folder": "/out", "format": "tape"}},
    ],
    ids=["jobs", "clear", "device", "format"],
)
def test_a_request_is_held_to_the_closed_lists(asked: dict[str, Any]) -> None:
    order = {"job": JOB, "clip": {"path": "/a.wav"}, "preset": "p", "output": {"folder": "/out"}}
    whole = {**order, "id": "1", **asked}
    with pytest.raises(errors.BadRequest, match="must be one of"):
        messages.decode(json.loads(json.dumps(whole)))


def test_no_value_with_a_closed_list_is_both_asked_and_told() -> None:
    """Else the schema could not say that it is closed here and open there."""
    asked = {name for cls in messages.REQUESTS for name in closed_fields(cls)}
    told = {name for cls in messages.REPLIES for name in closed_fields(cls)}
    assert {"Jobs.state", "Output.format"} <= asked
    assert {"JobRecord.state", "Damage.phase", "Report.engine"} <= told
    assert not asked & told
