"""What is missing or broken on a machine is one sentence with the next thing to type."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from house import House, printed, run_cli
from stranger import took_the_port

from voxmend import paths
from voxmend.doctor import clock, worker
from voxmend.doctor.finding import Case
from voxmend_protocol import discovery

NEXT = re.compile(r"voxmend [a-z]+|--[a-z]+ [A-Z]+|[A-Z_]+=\S+|set the clock|Free some")
"""A command, an option or a variable to set."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is typed, and what must be said of it."""

    words: tuple[str, ...]
    code: int
    says: str


TROUBLES = {
    "no model": Trouble(("restore", "{clip}", "--preset", "restore"), 4, "SCNet large"),
    "no network": Trouble(
        ("models", "pull", "--preset", "restore", "--accept-licence", "--offline"), 4, "offline"
    ),
    "no right to write": Trouble(
        ("restore", "{clip}", "--preset", "fake", "--out", "{file}/x"), 1, "cannot be written"
    ),
    "REAPER absent": Trouble(("reaper", "install"), 4, "REAPER"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_is_one_sentence_with_the_next_command(
    name: str, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    file = tmp_path / "file"
    file.write_text("a file, where a folder should be")
    house.start()
    trouble = TROUBLES[name]
    words = [word.format(clip=house.clip(), file=file) for word in trouble.words]
    run = run_cli(*words, "--json")
    assert run.returncode == trouble.code, run.stderr
    found = printed(run)
    message = (found.get("error") or found["items"][0]["error"])["message"]
    assert trouble.says in message
    assert NEXT.search(message), message
    told = [line for line in run.stderr.splitlines() if message in line]
    assert len(told) == 1, run.stderr
    assert "Traceback" not in run.stderr


@pytest.fixture
def stranger(house: House) -> Iterator[int]:
    """A program that took the port of a worker that was killed."""
    with took_the_port(discovery.worker_file(house.root)) as port:
        yield port


def test_a_taken_port_is_told_and_stops_nobody(stranger: int) -> None:
    run = run_cli("worker", "status", "--json")
    assert run.returncode == 3
    assert NEXT.search(printed(run)["error"]["message"])
    found = worker.worker(Case(paths.find()))
    assert f"port {stranger} was taken" in found.detail
    assert NEXT.search(found.fix)
    run = run_cli("jobs", "list", "--json")  # whoever needs a worker starts one
    assert (run.returncode, printed(run)) == (0, {"items": []})
    assert run_cli("worker", "stop").returncode == 0


def test_a_worker_whose_files_are_of_tomorrow_works_and_the_doctor_names_the_clock(
    house: House,
) -> None:
    house.start()
    tomorrow = time.time() + 86_400
    for file in (house.root / "jobs.sqlite3", discovery.worker_file(house.root)):
        os.utime(file, (tomorrow, tomorrow))
    assert house.finish(house.client(), house.submit(house.client())).state == "succeeded"
    os.utime(discovery.worker_file(house.root), (tomorrow, tomorrow))
    found = clock.clock(Case(paths.find()))
    assert found.health == "warn"
    assert NEXT.search(found.fix)
    assert worker.worker(Case(paths.find())).health != "fail"
