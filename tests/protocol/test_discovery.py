"""worker.json: where it lies on each system, and when its key may be trusted."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
import threading
from pathlib import Path

import pytest

from voxmend_protocol import discovery
from voxmend_protocol.discovery import WorkerFile
from voxmend_protocol.errors import BadRequest, WorkerUnreachable

FOUND = WorkerFile(
    schema=2,
    endpoint="tcp://127.0.0.1:50432",
    key="0f" * 32,
    protocol_min=2,
    protocol_max=2,
    epoch=3,
    pid=4711,
    started="2026-01-02T03:04:05.678Z",
    version="0.1.0",
    exe="/usr/bin/python3",
)

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no mode 0600")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """worker.json as a worker leaves it."""
    path = discovery.worker_file(tmp_path / "home")
    discovery.write(FOUND, path)
    return path


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("linux", {}, "~/.local/state/voxmend"),
        ("linux", {"XDG_STATE_HOME": "/state"}, "/state/voxmend"),
        ("linux", {"XDG_STATE_HOME": "state"}, "~/.local/state/voxmend"),
        ("linux", {"XDG_STATE_HOME": ""}, "~/.local/state/voxmend"),
        ("darwin", {"XDG_STATE_HOME": "/state"}, "~/Library/Application Support/voxmend"),
        ("win32", {"LOCALAPPDATA": "/users/zoë/local"}, "/users/zoë/local/voxmend"),
        ("win32", {}, "~/AppData/Local/voxmend"),
        ("linux", {"VOXMEND_HOME": "/mine", "XDG_STATE_HOME": "/state"}, "/mine"),
        ("darwin", {"VOXMEND_HOME": "/mine"}, "/mine"),
        ("win32", {"VOXMEND_HOME": "/mine", "LOCALAPPDATA": "/local"}, "/mine"),
        ("linux", {"VOXMEND_HOME": "~/mine"}, "~/mine"),
        ("linux", {"VOXMEND_HOME": ""}, "~/.local/state/voxmend"),
    ],
)
def test_each_system_has_its_folder(platform: str, env: dict[str, str], expected: str) -> None:
    assert discovery.home(env, platform) == Path(expected).expanduser()


def test_the_file_lies_in_the_folder_run() -> None:
    assert discovery.worker_file(Path("/state")) == Path("/state/run/worker.json")


def test_what_the_worker_writes_a_client_reads(file: Path) -> None:
    assert discovery.read(file) == FOUND
    assert FOUND.port == 50432


@posix
def test_only_the_owner_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = discovery.worker_file(tmp_path)
        discovery.write(FOUND, path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601])
def test_a_file_open_to_others_is_not_trusted(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(WorkerUnreachable, match="cannot be trusted"):
        discovery.read(file)


@posix
def test_a_file_of_somebody_else_is_not_trusted(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: stranger)
    with pytest.raises(WorkerUnreachable, match="another user"):
        discovery.read(file)


def test_without_a_file_there_is_no_worker(tmp_path: Path) -> None:
    with pytest.raises(WorkerUnreachable, match="No worker is running"):
        discovery.read(tmp_path / "worker.json")


def test_a_folder_in_its_place_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(WorkerUnreachable, match="cannot be read"):
        discovery.read(tmp_path)


def test_a_file_half_written_is_never_half_understood(file: Path) -> None:
    whole = file.read_bytes().rstrip()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(WorkerUnreachable, match="is not valid"):
            discovery.read(file)


def test_the_file_of_a_worker_of_version_1_is_read(file: Path) -> None:
    first = dataclasses.replace(FOUND, schema=1, protocol_min=1, protocol_max=1)
    file.write_text(json.dumps(dataclasses.asdict(first)))
    assert discovery.read(file) == first


@pytest.mark.parametrize("schema", [0, 3])
def test_another_schema_is_another_version(file: Path, schema: int) -> None:
    file.write_text(json.dumps({**dataclasses.asdict(FOUND), "schema": schema}))
    with pytest.raises(WorkerUnreachable, match="another version"):
        discovery.read(file)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "0F" * 32},
        {"key": "0f" * 31},
        {"key": "0f" * 32 + "\n"},
        {"endpoint": "tcp://0.0.0.0:50432"},
        {"endpoint": "tcp://127.0.0.1:0"},
        {"endpoint": "tcp://127.0.0.1:65536"},
    ],
)
def test_a_worker_file_cannot_be_made_with_a_bad_key_or_endpoint(change: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        WorkerFile(**{**dataclasses.asdict(FOUND), **change})


def test_an_interpreter_with_an_odd_path_does_not_hide_the_worker(tmp_path: Path) -> None:
    path = tmp_path / "worker.json"
    discovery.write(dataclasses.replace(FOUND, exe="/opt/\udce9/python"), path)
    assert discovery.read(path).exe == "/opt/?/python"


def test_a_reader_sees_the_old_file_or_the_new_one_and_nothing_between(file: Path) -> None:
    seen: set[int] = set()
    done = threading.Event()

    def write() -> None:
        for epoch in range(4, 60):
            discovery.write(dataclasses.replace(FOUND, epoch=epoch, exe="x" * 5000), file)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        seen.add(discovery.read(file).epoch)
    writer.join()
    assert seen
    assert discovery.read(file).epoch == 59


def test_a_failed_write_leaves_the_old_file_and_no_rest(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        discovery.write(dataclasses.replace(FOUND, epoch=9), file)
    assert discovery.read(file) == FOUND
    assert [path.name for path in file.parent.iterdir()] == ["worker.json"]
