"""A worker that holds the lock and cannot be reached is named, with what helps; nobody waits."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from house import FAKE_WORKER, House, run_cli
from waiting import until

from voxmend import holder, launch, paths, wire
from voxmend.doctor.finding import Case
from voxmend.doctor.worker import worker
from voxmend_protocol.errors import WorkerUnreachable


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[paths.Paths]:
    """A state folder whose lock is held, by us."""
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    found = paths.find()
    found.worker_lock.parent.mkdir(mode=0o700)
    with FileLock(found.worker_lock):
        holder.sign(found)
        yield found


def elsewhere(found: paths.Paths, **changes: object) -> None:
    """Let the lock's holder be in another place."""
    file = found.worker_lock.with_name("holder.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


@pytest.mark.parametrize("doing", [launch.start, launch.stop, launch.dial])
def test_a_worker_out_of_reach_is_named_before_anyone_waits_for_it(
    place: paths.Paths, doing: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(*_: object) -> None:
        raise AssertionError("it waits for an answer that cannot come")

    monkeypatch.setattr(wire, "client", wait)
    monkeypatch.setattr(launch, "running", wait)
    for changes, words in (({"net": "4:1"}, "namespace"), ({"host": "attic"}, "another machine")):
        elsewhere(place, **changes)
        with pytest.raises(WorkerUnreachable, match=f"process {os.getpid()} on .*{words}.*HOME="):
            doing()


def test_the_doctor_names_it_too(place: paths.Paths) -> None:
    elsewhere(place, host="attic")
    found = worker(Case(place))
    assert (found.health, "on attic" in found.detail) == ("warn", True)


def test_who_is_near_or_gone_hinders_nobody(place: paths.Paths) -> None:
    holder.mind(place)
    elsewhere(place, net="")  # a system that does not say
    holder.mind(place)
    elsewhere(place, host="attic")
    with pytest.raises(WorkerUnreachable):
        holder.mind(place)
    holder.leave(place)
    holder.mind(place)


def test_a_lock_that_nobody_holds_is_nobodys(tmp_path: Path) -> None:
    found = paths.Paths(tmp_path, tmp_path, tmp_path)
    found.worker_lock.parent.mkdir()
    holder.sign(found)
    elsewhere(found, host="attic")
    holder.mind(found)
    found.worker_lock.touch()
    holder.mind(found)
    assert found.worker_lock.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff", b"[" * 100_000, b'{"pid": "x"}', b'{"pid": 1e999, "host": {}, "net": 0}'],
)
def test_a_sign_that_makes_no_sense_is_none(place: paths.Paths, content: bytes) -> None:
    place.worker_lock.with_name("holder.json").write_bytes(content)
    found = holder.read(place)
    assert found is None or isinstance(found.host, str)
    holder.mind(place) if found is None else None


def test_control_characters_of_a_sign_are_shown_as_escapes(place: paths.Paths) -> None:
    elsewhere(place, host="\x1b[2Jattic")
    with pytest.raises(WorkerUnreachable, match=r"on \\x1b\[2Jattic"):
        holder.mind(place)


@pytest.mark.skipif(shutil.which("unshare") is None, reason="no network namespaces here")
def test_start_stop_and_restart_name_a_worker_in_another_network(house: House) -> None:
    command = ["unshare", "--net", sys.executable, *FAKE_WORKER]
    if subprocess.run([*command[:2], "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("no network namespace can be made here")
    house.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    found = paths.find()
    until(found.worker_file.exists)
    for words in (("worker", "stop"), ("worker", "start"), ("worker", "restart")):
        run = run_cli(*words)
        assert run.returncode == 3, run.stderr
        assert f"process {house.process.pid} on" in run.stderr
        assert "another network namespace" in run.stderr
        assert "VOXMEND_HOME=FOLDER" in run.stderr
    run = run_cli("restore", house.clip(), "--preset", "fake")
    assert (run.returncode, "another network" in run.stderr) == (3, True), run.stderr
    assert house.process.poll() is None
    house.process.terminate()
    house.wait_dead()
    assert not found.worker_lock.with_name("holder.json").exists()


def test_a_worker_that_hangs_is_named_by_stop(house: House) -> None:
    house.start()
    assert house.process is not None
    house.process.send_signal(signal.SIGSTOP)
    run = run_cli("worker", "stop")
    house.process.send_signal(signal.SIGCONT)
    assert run.returncode == 3
    assert f"Process {house.process.pid} on" in run.stderr
    assert "does not answer" in run.stderr
