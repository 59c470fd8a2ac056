"""What PROTOCOL.md promises, held against a real worker by a client of fifty lines."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from house import House
from protocol.judge import load
from pulling import row
from waiting import PATIENCE_S

from voxmend_protocol.errors import WorkerUnreachable
from voxmend_protocol.zmtp import Dealer

VECTORS = load(Path(__file__).resolve().parents[2] / "protocol" / "vectors")
ENDS_THE_WORKER = {"shutdown", "shutdown after the queue"}
NOT_HERE = {
    *("a Windows path", "a Windows path with slashes", "a Windows share"),
    "a remote worker",
}
"""Right on the wire; but this worker runs where that is no path, and knows no such other worker: it
says so."""
VERSION = b"voxmend/2"
FIELDS = {"protocol_min": 2, "protocol_max": 2, "client": {"name": "test", "version": "1"}}


class Talk:
    """A client as one would write it from the text alone; only the socket is voxmend's."""

    def __init__(self, house: House) -> None:
        self.file = house.root / "run" / "worker.json"
        self.ids = (f"t{n}" for n in itertools.count())
        self.dial()

    def dial(self) -> None:
        """Read the file and connect."""
        self.found = json.loads(self.file.read_text("utf-8"))
        self.key = bytes.fromhex(self.found["key"])
        endpoint = self.found["endpoint"]
        password = self.sign(b"password of voxmend/2 at " + endpoint.encode())
        self.dealer = Dealer(int(endpoint.rpartition(":")[2]), password)
        self.nonces = [uuid.uuid4().hex, "0" * 32]
        self.sent = self.heard = 0
        again = self.ask("hello", **FIELDS)
        assert again["type"] == "hello_again"
        self.nonces[1] = again["nonce"]
        assert self.ask("hello", **FIELDS)["type"] == "welcome"

    def sign(self, data: bytes) -> bytes:
        return hmac.digest(self.key, data, hashlib.sha256).hex().encode()

    def frames(self, body: bytes) -> list[bytes]:
        """The next message."""
        self.sent += 1
        stamp = f"c {self.nonces[0]} {self.nonces[1]} {self.sent:016x}".encode()
        return [VERSION, stamp, self.sign(VERSION + stamp + body), body]

    def send(self, body: bytes) -> None:
        """Stamp, sign and send."""
        self.dealer.send(self.frames(body))

    def hear(self, seconds: float = PATIENCE_S) -> dict[str, Any]:
        """The next message; nothing is an error."""
        frames = self.dealer.recv(seconds)
        assert frames is not None, "the worker says nothing"
        version, stamp, signature, body = frames
        assert signature == self.sign(version + stamp + body)
        side, client, worker, count = stamp.decode().split(" ")
        assert (side, client) == ("w", self.nonces[0])
        if worker == self.nonces[1]:
            assert int(count, 16) > self.heard
        self.heard = int(count, 16)
        assert len(body) <= 16384
        return dict(json.loads(body))

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Ask and hear the answer, which must be the next message."""
        asked = next(self.ids)
        self.send(json.dumps({"type": kind, "id": asked, **fields}).encode())
        answer = self.hear()
        assert (answer["re"], answer["epoch"]) == (asked, self.found["epoch"])
        return answer


@pytest.fixture
def talk(house: House) -> Iterator[Talk]:
    """A conversation with a worker that has the fake engine."""
    house.start()
    made = Talk(house)
    yield made
    made.dealer.close()


def order(house: House, **script: Any) -> dict[str, Any]:
    """The fields of a submit."""
    return {
        "job": str(uuid.uuid4()),
        "clip": {"path": str(house.clip())},
        "preset": "fake",
        "output": {"folder": str(house.out)},
        "set": {f"testing.{key}": value for key, value in script.items()},
    }


def end_of(
    talk: Talk, job: str, watched: Callable[[], object] = lambda: None, after: int = 1
) -> list[dict[str, Any]]:
    """Watch a job; its records up to the last. ``watched`` is called after so many."""
    asked = talk.ask("watch", jobs=[job])
    assert asked["type"] == "ack"
    records: list[dict[str, Any]] = []
    while not records or records[-1]["state"] in ("queued", "running"):
        message = talk.hear()
        assert (message["type"], message["re"]) == ("record", asked["re"])
        records.append(message["record"])
        if len(records) == after:
            watched()
    return records


def test_every_vector_is_answered_as_it_says(talk: Talk) -> None:
    for vector in VECTORS:
        body = bytes.fromhex(vector["frames_hex"][-1])
        if vector["direction"] != "to_worker" or vector["name"] in ENDS_THE_WORKER:
            continue
        if vector["error" if not vector["valid"] else "name"] == "hello_again":
            continue  # that depends on the conversation: the tests below
        if vector.get("error") == "malformed":
            assert no_answer(talk, [bytes.fromhex(frame) for frame in vector["frames_hex"]])
            continue
        talk.send(body)
        answer = talk.hear()
        if vector["valid"]:
            assert answer["re"] == vector["json"]["id"], vector["name"]
            if vector["name"] in NOT_HERE:
                assert answer["code"] == "bad_request"
                continue
            assert answer.get("code") not in ("bad_request", "unknown_type"), vector["name"]
        else:
            assert (answer["type"], answer["code"]) == ("error", vector["error"]), vector["name"]


def no_answer(talk: Talk, frames: list[bytes]) -> bool:
    """Whether the worker ignores these frames, and hears the next ones."""
    try:
        talk.dealer.send(frames)
        return bool(talk.ask("ping")["type"] == "pong")
    except WorkerUnreachable:  # a frame over the limit ends the connection
        talk.dial()
        return max(map(len, frames)) > 65536 and talk.ask("ping")["type"] == "pong"


def test_refused_frames_are_counted_and_a_body_without_id_is_answered_without_re(
    talk: Talk,
) -> None:
    version, stamp, _, body = talk.frames(b'{"type":"ping","id":"1"}')
    talk.dealer.send([version, stamp, b"0" * 64, body])
    talk.dealer.send([b"hello"])
    assert talk.ask("status")["refused_frames"] == 2
    for body in (b"hello", b'{"type":"ping"}', b'{"type":"ping","id":7}'):
        talk.send(body)
        answer = talk.hear()
        assert (answer["code"], "re" in answer) == ("bad_request", False)


def test_a_message_outside_of_a_conversation_gets_hello_again_and_does_nothing(
    talk: Talk, house: House
) -> None:
    wanted = {"type": "submit", "id": "s", **order(house)}
    nonces = list(talk.nonces)
    for talk.nonces in (
        [nonces[0], "0" * 32],
        [nonces[0], nonces[1][::-1]],
        ["ab" * 16, nonces[1]],
        nonces[::-1],
    ):
        talk.send(json.dumps(wanted).encode())
        answer = talk.hear()
        assert (answer["type"], answer["re"]) == ("hello_again", "s")
    talk.nonces = nonces
    assert talk.ask("jobs")["items"] == []


def test_a_message_heard_before_gets_no_answer_and_does_nothing(talk: Talk, house: House) -> None:
    first = talk.frames(json.dumps({"type": "ping", "id": "1"}).encode())
    late = talk.frames(json.dumps({"type": "submit", "id": "s", **order(house)}).encode())
    assert talk.ask("ping")["type"] == "pong"
    for frames in (first, late, first):
        talk.dealer.send(frames)
    assert talk.ask("jobs")["items"] == []
    assert talk.ask("status")["refused_frames"] == 3


def test_an_answer_thrown_back_at_the_worker_gets_no_answer(talk: Talk) -> None:
    talk.send(json.dumps({"type": "ping", "id": "1"}).encode())
    frames = talk.dealer.recv(PATIENCE_S)
    assert frames is not None
    talk.dealer.send(frames)
    assert talk.ask("status")["refused_frames"] == 1


def test_a_watch_brings_the_ack_then_records_as_they_stand_then_news(
    talk: Talk, house: House
) -> None:
    wanted = order(house, until=house.gate)
    answer = talk.ask("submit", **wanted)
    assert answer["type"] == "accepted", answer
    records = end_of(talk, wanted["job"], house.let_go, after=3)
    places = [(record["epoch"], record["rev"]) for record in records]
    assert places == sorted(set(places))
    assert records[-1]["state"] == "succeeded"
    assert talk.ask("ping")["watching"] == 0
    assert end_of(talk, wanted["job"]) == [records[-1]]


def test_a_watch_names_what_it_does_not_know_and_follows_the_rest(talk: Talk, house: House) -> None:
    wanted = order(house)
    talk.ask("submit", **wanted)
    ack = talk.ask("watch", jobs=["nobody", wanted["job"]])
    assert (ack["count"], ack["unknown"]) == (1, ["nobody"])
    assert talk.hear()["record"]["job"] == wanted["job"]


def test_whatever_is_repeated_does_no_harm(talk: Talk, house: House) -> None:
    wanted = order(house, until=house.gate, warns=0)
    answer = talk.ask("submit", **wanted)
    assert answer["type"] == "accepted", answer
    turned = {**wanted, "set": dict(reversed(wanted["set"].items()))}
    assert list(turned["set"]) != list(wanted["set"])
    assert talk.ask("submit", **turned)["type"] == "accepted"
    other = {**wanted, "clip": {**wanted["clip"], "start_s": 1}}
    assert talk.ask("submit", **other)["code"] == "job_conflict"
    assert len(talk.ask("jobs")["items"]) == 1
    for _ in range(3):
        assert talk.ask("cancel", job=wanted["job"])["type"] == "ack"
    assert end_of(talk, wanted["job"])[-1]["state"] == "cancelled"
    assert talk.ask("cancel", job=wanted["job"])["type"] == "ack"
    again = {"job": wanted["job"], "new_job": str(uuid.uuid4())}
    assert talk.ask("retry", **again)["job"] == again["new_job"]
    assert talk.ask("retry", **again)["job"] == again["new_job"]
    assert talk.ask("job", job=again["new_job"])["record"]["retry_of"] == wanted["job"]
    assert talk.ask("clear")["count"] == 1
    assert talk.ask("clear")["count"] == 0
    assert talk.ask("cancel", job=wanted["job"])["code"] == "unknown_job"


def test_after_a_restart_key_and_epoch_are_new_and_the_job_goes_on(
    talk: Talk, house: House
) -> None:
    wanted = order(house, until=house.gate)
    talk.ask("submit", **wanted)
    before = talk.found
    assert talk.ask("shutdown")["count"] == 1
    house.wait_dead()
    assert not talk.file.exists()
    house.start()
    talk.dealer.close()
    talk.dial()
    assert talk.found["key"] != before["key"]
    assert talk.found["epoch"] > before["epoch"]
    assert talk.ask("ping")["watching"] == 0
    last = end_of(talk, wanted["job"], house.let_go)[-1]
    assert (last["state"], last["epoch"]) == ("succeeded", talk.found["epoch"])


def test_the_engine_is_told_its_settings_first_and_its_networks_are_reported(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fake engine repeats what it was told as the one network it has loaded."""
    monkeypatch.setenv("VOXMEND_WORKER_DEVICE", "cuda")
    monkeypatch.setenv("VOXMEND_WORKER_PRECISION", "fp32")
    monkeypatch.setenv("VOXMEND_WORKER_KEEP_ALIVE_MIN", "2")
    house.start()
    talk = Talk(house)
    assert talk.ask("status").get("models", []) == []
    wanted = {**order(house), "device": "mps"}
    assert talk.ask("submit", **wanted)["type"] == "accepted"
    assert end_of(talk, wanted["job"])[-1]["state"] == "succeeded"
    (loaded,) = talk.ask("status")["models"]
    assert loaded.pop("idle_s") >= 0
    assert loaded == {"name": "fp32", "bytes": 1000, "device": "cuda", "keep_s": 120.0}
    talk.dealer.close()


def test_a_list_of_models_is_paged_and_no_message_is_too_large(talk: Talk, house: House) -> None:
    rows = [row(f"m{n:02}", "http://127.0.0.1:9/", terms="é" * 900) for n in range(60)]
    (house.root / "config" / "models.toml").write_text("".join(rows), "utf-8")
    page = talk.ask("models")
    ids: list[str] = []
    pages = 0
    while True:
        ids += [item["id"] for item in page["items"]]
        pages += 1
        if "next" not in page:
            break
        page = talk.ask("models", after=page["next"])
    assert pages > 3
    assert ids[-60:] == [f"m{n:02}" for n in range(60)]
    assert len(ids) == len(set(ids))
    assert "htdemucs" in ids
    assert talk.ask("models", after="none")["code"] == "bad_request"
