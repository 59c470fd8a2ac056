"""Thousands of mixed jobs on one worker: good, bad, cancelled. Neither process grows, no descriptor
stays open, and each job ends as it should.

``VOXMEND_SOAK=1500`` says how many in this go; the count, the table and the drawing go on in
.endurance/ until there are 5,000. Memory is that of one worker, so each go is judged by itself,
from its thousandth job on.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pytest
import sounds
from endurance.tally import FOLDER, Tally, append, asked, draw, slope
from house import REAL_WORKER, House

from voxmend_protocol import Client, VoxmendError
from voxmend_protocol.messages import Accepted, Ack, Cancel, Submit
from voxmend_protocol.values import Clip, Output

WHOLE, WARM, BATCH, EVERY = 5000, 1000, 10, 50
MOST_MB = 2.0
"""Growth in a thousand jobs, of each process."""
MOST_OPEN = 2
"""Descriptors more at the end than after the first jobs: a log or a socket may be new."""

KINDS = {
    "quick": 40, "again": 12, "mending": 10, "identity": 6, "diagnose": 6, "cancel": 8,
    "text": 4, "cut": 4, "nan": 3, "missing": 3, "changed": 2, "blocked": 2,
}  # fmt: skip
ENDS = {
    "cancel": {"cancelled", "succeeded"},
    "text": {"unsupported_audio", "input_unreadable"},
    "cut": {"unsupported_audio", "input_unreadable", "succeeded"},
    "nan": {"unsupported_audio", "input_unreadable"},
    "missing": {"input_missing"},
    "changed": {"input_changed", "succeeded"},
    "blocked": {"output_unwritable"},
}
"""The state or the code of each kind; where it is not named, ``succeeded``."""


@dataclass
class Soak:
    """A worker, and what it was given."""

    house: House
    clips: Path
    kinds: dict[str, str] = field(default_factory=dict)

    def order(self, kind: str, chance: random.Random) -> Submit:
        """A job of a kind, with its sound."""
        name = str(uuid.UUID(int=chance.getrandbits(128)))
        file = self.clips / f"{name}.wav"
        number = chance.randrange(8) if kind == "again" else chance.getrandbits(64)
        samples = sounds.tone(chance.uniform(0.3, 1.2), 22_050, 1, number)
        if kind == "again":
            file, samples = self.clips / f"again{number}.wav", sounds.tone(1.0, 22_050, 1, number)
        if kind == "nan":
            samples[0, 100] = np.nan
        if not (kind == "again" and file.exists()):
            sounds.write(file, samples, 22_050)
        if kind == "text":
            file.write_text("This is no sound.\n" * 50)
        if kind == "cut":
            file.write_bytes(file.read_bytes()[: chance.randrange(60, 4000)])
        if kind == "missing":
            file.unlink()
        preset = kind if kind in ("mending", "identity", "diagnose") else "quick"
        out = self.clips / "blocked" if kind == "blocked" else self.house.out
        return Submit(name, Clip(str(file)), preset, Output(str(out)))

    def batch(self, client: Client, tally: Tally) -> Iterator[tuple[str, str]]:
        """Some jobs, submitted at once and followed to their ends: each kind, and how it ended."""
        chance = tally.chance()
        jobs: dict[str, str] = {}
        for kind in chance.choices(list(KINDS), list(KINDS.values()), k=BATCH):
            order = self.order(kind, chance)
            try:
                client.request(order, Accepted)
            except VoxmendError as error:
                yield kind, error.code
                continue
            jobs[order.job] = kind
            if kind == "cancel":
                client.request(Cancel(order.job), Ack)
            if kind == "changed":
                Path(order.clip.path).write_bytes(b"RIFF")
        for record in client.follow(jobs):
            if record.terminal:
                yield jobs[record.job], record.error.code if record.error else record.state
        shutil.rmtree(self.house.out, ignore_errors=True)
        for file in self.clips.glob("*-*.wav"):
            file.unlink()


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_thousands_of_jobs_leave_no_memory_and_no_descriptor_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = Tally.of("soak")
    if tally.done >= WHOLE and not os.environ.get("VOXMEND_SOAK"):
        pytest.skip(f"{tally.done} jobs were done: remove {FOLDER} to begin anew")
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    house = House(tmp_path / "home", REAL_WORKER, results=tmp_path / "out")
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "blocked").write_text("a file in the way of a folder")
    tally.goes += 1
    house.start()
    try:
        rows = _soak(Soak(house, tmp_path / "clips"), tally, asked("VOXMEND_SOAK", 2000))
    finally:
        house.close()
    _judge(rows)


Row = tuple[int, float, int, float, int]
NAMES = (
    "go", "job", "supervisor_mb", "supervisor_open", "engine_mb", "engine_open", "engine_pid",
)  # fmt: skip


def _soak(soak: Soak, tally: Tally, count: int) -> list[Row]:
    """Do so many jobs; the jobs done, megabytes and descriptors of supervisor and engine."""
    rows: list[Row] = []
    client = soak.house.client()
    engine: int | None = None
    for done in range(BATCH, count + 1, BATCH):
        for kind, end in soak.batch(client, tally):
            assert end in ENDS.get(kind, {"succeeded"}), f"{kind} ended as {end}"
            tally.count(f"{kind}: {end}")
        tally.done += BATCH
        if done % EVERY:
            continue
        report = soak.house.report()
        soak.house.clients.pop().close()
        assert report.engine_pid is not None
        assert engine in (None, report.engine_pid), "the engine died"
        engine = report.engine_pid
        rows.append((done, *_size(report.pid), *_size(engine)))
        append(FOLDER / "soak.csv", NAMES, (tally.goes, *rows[-1], engine))
        _draw(rows)
        tally.keep()
    return rows


def _size(pid: int) -> tuple[float, int]:
    """Megabytes that are a process's own, and its descriptors."""
    process = psutil.Process(pid)
    with contextlib.suppress(psutil.Error):
        return process.memory_full_info().uss / 1e6, process.num_fds()
    return 0.0, 0


def _draw(rows: list[Row]) -> None:
    curves = {
        name: [(float(row[0]), float(row[column])) for row in rows]
        for column, name in (
            (1, "supervisor, MB"), (2, "descriptors"), (3, "engine, MB"), (4, "open in engine")
        )
    }  # fmt: skip
    draw(FOLDER / "soak.svg", f"{rows[-1][0]} jobs", curves)


def _judge(rows: list[Row]) -> None:
    late = [row for row in rows if row[0] >= WARM] or rows[len(rows) // 2 :]
    for name, column in (("supervisor", 1), ("engine", 3)):
        growth = 1000 * slope([(row[0], row[column]) for row in late])
        more = late[-1][column + 1] - late[0][column + 1]
        print(f"\n{name}: {growth:+.2f} MB in 1,000 jobs, {more:+} descriptors, {len(late)} looks")
        assert more <= MOST_OPEN, f"{name} keeps descriptors open"
        if rows[-1][0] >= WARM + 10 * EVERY:
            assert growth < MOST_MB, f"{name} grows"
