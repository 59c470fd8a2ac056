"""An upgrade finds a worker of protocol 1 at work, and a client of protocol 1 finds ours."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import first_worker
import pytest
import zmq
from first_worker import FirstWorker
from house import House, run_cli
from stranger import took_the_port
from waiting import PATIENCE_S, until

from voxmend import launch, older, paths, wire
from voxmend.doctor import worker
from voxmend.doctor.finding import Case
from voxmend_protocol import discovery
from voxmend_protocol.client import dial_zmtp
from voxmend_protocol.errors import UnsupportedVersion

Begin = Callable[[FirstWorker], FirstWorker]


@pytest.fixture
def begin(house: House) -> Iterator[Begin]:
    """Start a worker of protocol 1 in the house."""
    with ExitStack() as stack:

        def started(worker: FirstWorker) -> FirstWorker:
            at_work: AbstractContextManager[FirstWorker] = first_worker.running(worker)
            return stack.enter_context(at_work)

        yield started
        with ExitStack() as last:
            last.callback(launch.stop)


@pytest.fixture
def file(house: House) -> Path:
    """Where the worker of the house is found."""
    return house.root / "run" / "worker.json"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user hears."""
    heard: list[str] = []
    monkeypatch.setattr(launch, "_tell", heard.append)
    return heard


def kinds(worker: FirstWorker) -> list[str]:
    return [str(ask["type"]) for ask in worker.asked]


# --- new client, old worker ---------------------------------------------------------------------


def test_an_idle_worker_of_protocol_1_ends_and_ours_starts(
    begin: Begin, file: Path, told: list[str]
) -> None:
    old = begin(FirstWorker(file))
    old.done.set()
    with launch.connect() as client:
        assert client.welcome.protocol == 2
    assert kinds(old) == ["hello", "shutdown"]
    assert old.asked[1]["drain"] is True
    assert (old.unsigned, told) == (0, [])
    assert discovery.read(file).schema == 2


def test_jobs_of_a_worker_of_protocol_1_are_let_finish_first(
    begin: Begin, file: Path, told: list[str]
) -> None:
    old = begin(FirstWorker(file, jobs=3))
    came: list[int] = []

    def connect() -> None:
        with launch.connect() as client:
            came.append(client.welcome.protocol)

    thread = threading.Thread(target=connect)
    thread.start()
    until(lambda: told)
    assert "finishes its jobs (3)" in told[0]
    assert "voxmend worker restart" in told[0]
    assert discovery.read(file).schema == 1
    assert came == []
    old.done.set()
    thread.join(PATIENCE_S)
    assert came == [2]
    assert len(told) == 1


def test_stop_and_restart_end_a_worker_of_protocol_1_at_once(begin: Begin, file: Path) -> None:
    old = begin(FirstWorker(file, jobs=3))
    ended = run_cli("worker", "restart")
    assert ended.returncode == 0, ended.stderr
    assert old.asked[1]["drain"] is False
    assert discovery.read(file).schema == 2


def test_worker_stop_with_drain_waits_for_one_too(begin: Begin, file: Path) -> None:
    old = begin(FirstWorker(file, jobs=1))
    process = subprocess.Popen([sys.executable, "-m", "voxmend", "worker", "stop", "--drain"])
    until(lambda: "shutdown" in kinds(old))
    assert old.asked[-1]["drain"] is True
    assert process.poll() is None
    old.done.set()
    assert process.wait(PATIENCE_S) == 0
    assert not file.exists()


def test_what_only_looks_says_the_version_and_leaves_it_alone(begin: Begin, file: Path) -> None:
    old = begin(FirstWorker(file, jobs=1))
    looked = run_cli("worker", "status")
    assert looked.returncode == 2
    assert "an older version of voxmend (0.1.0). Type: " in looked.stderr
    assert "voxmend worker restart" in looked.stderr
    found = worker.worker(Case(paths.find()))
    assert (found.health, found.fix) == ("warn", "voxmend worker restart")
    assert "older version" in found.detail
    for dial in (wire.dial, dial_zmtp):
        with pytest.raises(UnsupportedVersion, match="older version"):
            dial()
    assert kinds(old) == []


def test_one_that_was_killed_meanwhile_is_not_waited_for(
    begin: Begin, file: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(older, "LOOK_S", 0.1)
    monkeypatch.setattr(older, "ANSWER_S", 0.3)
    old = begin(FirstWorker(file, jobs=1))
    thread = threading.Thread(target=launch.make_way)
    thread.start()
    until(lambda: told)
    old.deaf = True
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert file.exists()


def test_a_stale_file_of_protocol_1_hinders_nothing(
    house: House, file: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(older, "ANSWER_S", 0.2)
    with took_the_port(file, protocol=1):
        with launch.connect() as client:
            assert client.welcome.protocol == 2
        assert told == []
        launch.stop()


# --- old client, new worker ---------------------------------------------------------------------


def test_a_client_of_protocol_1_knows_our_worker_before_it_dials(house: House, file: Path) -> None:
    house.start()
    assert first_worker.dial(file) == first_worker.SENTENCE


def test_one_that_dials_all_the_same_is_hung_up_on(house: House, file: Path) -> None:
    house.start()
    found = discovery.read(file)
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.setsockopt(zmq.LINGER, 0)
        watch = dealer.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_DISCONNECTED
        )
        dealer.connect(found.endpoint)
        dealer.send_multipart(first_worker.seal(found.key, {"type": "ping", "id": "1"}))
        assert watch.poll(round(1000 * PATIENCE_S))
        assert dealer.poll(0) == 0
        dealer.disable_monitor()
    assert house.report().refused_frames == 0
