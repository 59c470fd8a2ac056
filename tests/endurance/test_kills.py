"""Supervisor, engine or both are killed again and again under real jobs: each job ends once, and
nothing is left over.

``VOXMEND_KILLS=100`` says how many in this go; the count goes on where the last one stopped, in
.endurance/kills.json, until there are 500.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import sqlite3
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sounds
from endurance.tally import FOLDER, Tally, append, asked, of_home
from house import House
from waiting import PATIENCE_S, until

from voxmend import launch, paths, wire
from voxmend.supervisor import folders
from voxmend.supervisor.seat import DEATHS, DEATHS_WITHIN_S
from voxmend_protocol import Client, JobRecord
from voxmend_protocol.errors import UnknownJob, VoxmendError
from voxmend_protocol.messages import Accepted, Ack, Cancel, Report, Status, Submit
from voxmend_protocol.values import Clip, Output

WHOLE = 500
WAITING, SECONDS = 4, 3.0
"""Jobs after each kill, so many that the next one hits one of them, and their length."""
PAUSE_S = (6.0, 15.0)


@dataclass
class Kills:
    """A worker under fire."""

    house: House
    tally: Tally
    ended: dict[str, JobRecord] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    hit: dict[str, int] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    deaths: list[float] = field(default_factory=list)
    """When the engine alone was killed, since the supervisor last was."""

    def clip(self, job: str) -> Path:
        """A job's sound."""
        return self.house.root.parent / f"{job}.wav"

    def client(self) -> Client:
        """A client; the worker is started where it was killed."""
        return launch.connect("kills")

    def look(self, chance: random.Random, most: int = 1) -> None:
        """Note which jobs have ended, and fill the queue up."""
        with contextlib.suppress(VoxmendError), self.client() as client:
            for job in list(self.waiting):
                try:
                    record = client.job(job)
                except UnknownJob:  # its submit was cut off: it was never accepted
                    record = None
                if record is None or record.terminal:
                    self.waiting.remove(job)
                    self.clip(job).unlink()
                if record is not None and record.terminal:
                    self.ended[job] = record
            while len(self.waiting) < most:
                number = chance.getrandbits(128)
                job = str(uuid.UUID(int=number))
                # Each is another one: what the cache has takes no time.
                clip = sounds.write(self.clip(job), sounds.tone(SECONDS, 22_050, 1, number), 22_050)
                order = Submit(job, Clip(str(clip)), "quick", Output(str(self.house.out)))
                client.request(order, Accepted)
                self.waiting.append(job)
                if chance.random() < 0.1:
                    self.cancelled.add(job)
                    client.request(Cancel(job), Ack)

    def kill(self, chance: random.Random) -> str:
        """Kill something; what it was."""
        what = chance.choice(("supervisor", "engine", "both"))
        now = time.monotonic()
        self.deaths = [death for death in self.deaths if now - death < DEATHS_WITHIN_S]
        if what == "engine" and len(self.deaths) == DEATHS:
            what = "both"  # one more, and the supervisor would rightly give the engine up
        self.deaths = [*self.deaths, now] if what == "engine" else []
        try:
            with wire.client("kills") as client:
                report = client.request(Status(), Report)
        except VoxmendError:
            return "nothing"
        if what != "supervisor":
            for job in [report.running] if report.running else self.waiting:
                self.hit[job] = self.hit.get(job, 0) + 1
        for pid in (
            report.engine_pid if what != "supervisor" else None,
            report.pid if what != "engine" else None,
        ):
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return what


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_killed_again_and_again_each_job_ends_once_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = Tally.of("kills")
    if tally.done >= WHOLE and not os.environ.get("VOXMEND_KILLS"):
        pytest.skip(f"{tally.done} kills were survived: remove {FOLDER} to begin anew")
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    kills = Kills(House(tmp_path / "home", results=tmp_path / "out"), tally)
    tally.goes += 1
    try:
        _fire(kills, tally.done + asked("VOXMEND_KILLS", 100))
        _let_end(kills)
        _judge(kills)
    finally:
        for process in of_home(kills.house.root):
            process.kill()


def _fire(kills: Kills, until_count: int) -> None:
    tally = kills.tally
    idle = 0
    while tally.done < until_count:
        chance = tally.chance()
        before = len(kills.ended)
        due = time.monotonic() + chance.uniform(*PAUSE_S)
        kills.look(chance, WAITING)
        # On a busy machine it might never get warm: after some kills in a row one job may end.
        while time.monotonic() < due or (idle >= 3 and len(kills.ended) == before):
            time.sleep(0.5)
            kills.look(chance)
        idle = 0 if len(kills.ended) > before else idle + 1
        what = kills.kill(chance)
        tally.done += 1
        tally.count(what)
        tally.keep()
        append(
            FOLDER / "kills.csv", ("kill", "what", "ended", "waiting"),
            (tally.done, what, len(kills.ended), len(kills.waiting)),
        )  # fmt: skip


def _let_end(kills: Kills) -> None:
    """No more kills: all that waits ends."""

    def rest() -> bool:
        with contextlib.suppress(VoxmendError), kills.client() as client:
            for job in list(kills.waiting):
                record = client.job(job)
                if record.terminal:
                    kills.ended[job] = record
                    kills.waiting.remove(job)
        return not kills.waiting

    until(rest, patience_s=2 * PATIENCE_S)
    with kills.client() as client:
        records = {record.job: record for record in client.records()}
    launch.stop()
    for job, seen in kills.ended.items():
        now = records[job]
        assert (now.state, now.finished, now.folder) == (seen.state, seen.finished, seen.folder)
    kills.ended = records


def _judge(kills: Kills) -> None:
    home, out = kills.house.root, kills.house.out
    owners = [folders.owner(folder) for folder in out.iterdir()]
    for job, record in kills.ended.items():
        kills.tally.count(record.error.code if record.error else record.state)
        assert record.terminal, record
        if record.state == "failed":
            assert record.error is not None
            assert record.error.code == "engine_crashed", record.error
            assert kills.hit.get(job, 0) >= 2, "it crashed by itself"
        if record.state == "cancelled":
            assert job in kills.cancelled
        assert owners.count(job) == (record.state == "succeeded"), record
        if record.state == "succeeded":
            assert folders.kept(Path(record.folder or ""), job) is not None
    kills.tally.keep()
    print(f"\n{kills.tally}")
    assert [folder for folder in out.iterdir() if folder.name.endswith(".partial")] == []
    until(lambda: not of_home(home), otherwise=lambda: f"left over: {of_home(home)}")
    scratch = home / "cache" / "scratch"
    assert not list(scratch.glob("*/*")), "an engine's folder stays, and is empty"
    left = {file.name for file in paths.find().worker_lock.parent.iterdir()}
    assert all(re.fullmatch(r"worker\.lock|engine-\d+-0\.lock", name) for name in left), left
    with sqlite3.connect(paths.find().database) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
