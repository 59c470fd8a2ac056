"""The disk of the state folder is full: said by that name, and what was refused never runs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, printed, results, run_cli
from small_disk import SmallDisk, small_disk
from waiting import PATIENCE_S, until

from voxmend_protocol import Client
from voxmend_protocol.errors import DiskFull
from voxmend_protocol.messages import Accepted

PAGE = 4096
FEW, MANY = (0, 1, 8, 16), range(0, 64, 2)
"""Pages left: from where not even a log can be written to where all goes well."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """The disk that VOXMEND_HOME lies on."""
    with small_disk(tmp_path / "home", 1 << 20) as made:
        yield made


@pytest.fixture
def small_house(
    disk: SmallDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A house on the small disk; its results go elsewhere."""
    monkeypatch.setenv("VOXMEND_HOME", str(disk.root))
    made = House(disk.root, results=tmp_path / "out")
    yield made
    disk.free()
    made.close()


def no_room(said: str, folder: Path) -> bool:
    """Whether a command has said that the disk is full, and nothing else."""
    return bool(re.search(rf"no room left in {re.escape(str(folder))}\b.*\[disk_full\]$", said))


def _start_at(disk: SmallDisk, pages: int) -> None:
    disk.fill(pages * PAGE)
    run = run_cli("worker", "start")
    said = run.stderr.strip()
    disk.free()  # a worker is stopped only where that can be written down
    if run.returncode == 0:
        stop = run_cli("worker", "stop")
        assert stop.returncode == 0, stop.stderr
    else:
        assert run.returncode == 4, said
        assert no_room(said, disk.root), said
        assert "ove it away" not in said


@pytest.mark.parametrize("pages", [*FEW, *(pytest.param(n, marks=pytest.mark.slow) for n in MANY)])
def test_a_start_on_a_full_disk_names_the_folder(
    disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(disk.root))
    _start_at(disk, pages)


@pytest.mark.parametrize("files", [3, 5, 9])
def test_a_disk_that_takes_no_more_files_is_full_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    with small_disk(tmp_path / "home", 1 << 20, files) as disk:
        run = run_cli("worker", "start")
        assert run.returncode == 4, run.stderr
        assert no_room(run.stderr.strip(), disk.root), run.stderr


@pytest.mark.parametrize("pages", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in MANY)])
def test_a_start_on_a_disk_that_filled_up_since_keeps_every_job(
    small_house: House, disk: SmallDisk, pages: int
) -> None:
    small_house.start()
    client = small_house.client()
    jobs = [small_house.submit(client, until=small_house.gate) for _ in range(3)]
    assert small_house.process is not None
    small_house.process.kill()
    small_house.wait_dead()
    _start_at(disk, pages)
    small_house.start()
    small_house.let_go()
    last = {record.job: record.state for record in small_house.client().follow(jobs)}
    assert last == dict.fromkeys(jobs, "succeeded")
    assert len(results(small_house.out)) == 3


def _submit_until_it_is_full(house: House, client: Client) -> set[str]:
    """Submit until the list must grow and cannot; the jobs that were refused."""
    refused = {}
    for _ in range(30):
        order = house.order(until=house.gate)
        try:
            client.request(order, Accepted)
        except DiskFull as error:
            refused[order.job] = error.message
    assert refused
    assert all(str(house.root) in message for message in refused.values())
    return set(refused)


def test_a_job_that_finds_no_room_is_refused_and_never_runs_and_those_before_it_go_on(
    small_house: House, disk: SmallDisk
) -> None:
    small_house.start()
    client = small_house.client()
    first = small_house.submit(client, until=small_house.gate)
    next(record for record in client.follow([first]) if record.fraction)
    disk.fill()
    refused = _submit_until_it_is_full(small_house, client)
    disk.free()
    small_house.let_go()
    assert small_house.finish(client, first).attempt == 1, "the worker was ended"
    assert not {record.job for record in client.records()} & refused
    small_house.submit(client)
    until(lambda: small_house.report().queued == 0 and small_house.report().running is None)
    assert not {record.job for record in client.records()} & refused
    assert all(record.state == "succeeded" for record in client.records())


def test_the_cache_can_be_cleared_where_it_has_filled_the_disk(
    small_house: House, disk: SmallDisk
) -> None:
    """The worker clears it, and cannot start before it is cleared."""
    place = disk.root / "cache" / "stages" / "ab"
    place.mkdir(parents=True)
    for name in ("one", "two"):
        (place / f"{name}.sound").write_bytes(bytes(200_000))
        (place / f"{name}.json").write_text("{}")
    disk.fill()
    assert run_cli("worker", "start").returncode == 4
    assert printed(run_cli("cache", "stats", "--json"))["entries"] == 2
    run = run_cli("cache", "clear")
    assert run.returncode == 0, run.stderr
    assert "Removed 2 stages." in run.stderr
    assert run_cli("worker", "start").returncode == 0
    assert run_cli("worker", "stop").returncode == 0


def test_a_command_that_waits_is_told_and_stems_that_are_complete_are_found_again(
    small_house: House, disk: SmallDisk
) -> None:
    """The end of a job cannot be written down: the worker ends, and the next one knows."""
    small_house.start()
    client = small_house.client()
    gate = f"testing.until={small_house.gate}"
    command = subprocess.Popen(
        [sys.executable, "-m", "voxmend", "restore", small_house.clip(), "--preset", "fake",
         "--set", gate, "--out", small_house.out],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    until(lambda: small_house.report().running is not None)
    disk.fill()
    _submit_until_it_is_full(small_house, client)  # so that the next commit finds no room
    small_house.let_go()
    assert small_house.wait_dead() != 0, "it looks as if all went well"
    _, said = command.communicate(timeout=PATIENCE_S)
    assert command.returncode == 4, said
    assert no_room(said.strip().splitlines()[-1], disk.root), said
    assert "The jobs that the worker has are kept" in said
    before = results(small_house.out)
    disk.free()
    small_house.start()
    client = small_house.client()
    list(client.follow([record.job for record in client.records()]))
    ended = list(client.records())
    assert {record.state for record in ended} == {"succeeded"}
    assert sorted(record.folder or "" for record in ended) == list(
        map(str, results(small_house.out))
    )
    assert set(before) <= set(results(small_house.out)), "stems were made twice, or are gone"


@pytest.mark.parametrize("words", [("watch", "add"), ("jobs", "list"), ("restore",)], ids=" ".join)
def test_every_command_that_writes_its_own_files_names_the_full_disk(
    disk: SmallDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(disk.root))
    (tmp_path / "inbox").mkdir()
    clip = tmp_path / "clip.wav"
    clip.write_bytes(b"RIFF")
    disk.fill()
    given = {"add": tmp_path / "inbox", "restore": clip}.get(words[-1])
    run = run_cli(*words, *([given] if given else []))
    assert run.returncode == 4, run.stderr
    said = run.stderr.strip()
    assert re.search(rf"no room left in {re.escape(str(disk.root))}.*\[disk_full\]$", said), said
