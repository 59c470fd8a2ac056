"""What the worker takes from another program, and what it does while it is paused.

``python -m voxmend_bench.neighbour``. A busy loop for each core, each in a session of its own as
programs on a desktop are, counts how far it gets. Beside them a real worker separates a song, and
is paused and resumed in turns, so that whatever else the machine does falls on both sides alike.
The ratio of the two speeds is what a program keeps beside the engine at work. One line of JSON for
each priority; ``load`` says what else was going on.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from voxmend import launch
from voxmend.demo import song
from voxmend_protocol import Client
from voxmend_protocol.messages import Accepted, Ack, Report, Status, Submit
from voxmend_protocol.pause import Pause, Resume
from voxmend_protocol.values import Clip, Output

CLIP_S = 30.0
SETTLE_S = 2.0
"""What a pause may take to be felt: the figures begin after that."""
BURN = """
import mmap, os, struct, sys
place = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 8)
n = 0
while True:
    for _ in range(20000):
        pass
    n += 1
    place[:8] = struct.pack("<q", n)
"""


def main() -> None:
    """Measure each priority that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--priority", action="append", choices=["low", "idle", "normal"])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each side of a round")
    parser.add_argument("--preset", default="quick")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the worker is ended all the same
    for priority in given.priority or ["low", "normal"]:
        with tempfile.TemporaryDirectory(prefix="voxmend-neighbour-") as folder:
            found = measure(Path(folder), priority, given.preset, given.rounds, given.seconds)
        print(json.dumps(found), flush=True)


def measure(
    folder: Path, priority: str, preset: str, rounds: int, seconds: float
) -> dict[str, Any]:
    """One priority, in a worker of its own."""
    os.environ["VOXMEND_HOME"] = str(folder / "home")
    os.environ["VOXMEND_WORKER_PRIORITY"] = priority
    load = os.getloadavg()
    launch.start()
    try:
        with launch.connect("bench") as client:
            _give_work(client, folder, preset, jobs=rounds)
            engine = _at_work(client)
            with _loops(folder) as counters:
                beside, alone, spent_paused, spent_working = _in_turns(
                    client, counters, engine, rounds, seconds
                )
            report = client.request(Status(), Report)
    finally:
        launch.stop()
    kept = sum(beside) / sum(alone)
    return {
        "priority": priority,
        "told": report.priority,
        "cores": os.cpu_count(),
        "loop_keeps": round(kept, 4),
        "loop_loses_percent": round(100 * (1 - kept), 1),
        "rounds": [round(b / a, 3) for b, a in zip(beside, alone, strict=True)],
        "engine_cpu_s_while_paused": round(spent_paused, 3),
        "engine_cpu_s_at_work": round(spent_working, 3),
        "seconds_each": rounds * seconds,
        "load": [round(x, 1) for x in load],
    }


def _give_work(client: Client, folder: Path, preset: str, jobs: int) -> None:
    """More of it than the measurement takes: no two clips are alike, so no stage is cached."""
    clip = folder / "song.wav"
    song.write_clip(clip, CLIP_S + jobs)
    for n in range(jobs):
        stretch = Clip(str(clip), float(n), CLIP_S + n)
        order = Submit(str(uuid.uuid4()), stretch, preset, Output(str(folder / "out")))
        client.request(order, Accepted)


def _at_work(client: Client) -> psutil.Process:
    """The engine, once it separates: until then it loads."""
    while True:
        report = client.request(Status(), Report)
        if report.engine_pid and (report.stage or "").startswith("separate"):
            return psutil.Process(report.engine_pid)
        if not report.running and not report.queued:
            raise SystemExit("the jobs ended before anything was separated: voxmend worker logs")
        time.sleep(0.2)


@contextmanager
def _loops(folder: Path) -> Iterator[list[mmap.mmap]]:
    """A busy loop for each core, and where each counts."""
    loops, counters = [], []
    try:
        for n in range(os.cpu_count() or 1):
            file = folder / f"count{n}"
            file.write_bytes(bytes(8))
            command = [sys.executable, "-S", "-c", BURN, str(file)]
            loops.append(subprocess.Popen(command, start_new_session=True))
            with open(file, "r+b") as opened:
                counters.append(mmap.mmap(opened.fileno(), 8))
        while not all(_count(counter) for counter in counters):
            time.sleep(0.05)
        yield counters
    finally:
        for loop in loops:
            loop.send_signal(signal.SIGKILL)
            loop.wait()
        for counter in counters:
            counter.close()


def _count(counter: mmap.mmap) -> int:
    return int(struct.unpack("<q", counter[:8])[0])


def _in_turns(
    client: Client, counters: list[mmap.mmap], engine: psutil.Process, rounds: int, seconds: float
) -> tuple[list[float], list[float], float, float]:
    """Speeds of the loops beside the engine at work and beside the paused one, and the engine's
    seconds on the processor on both sides."""
    beside, alone, paused, working = [], [], 0.0, 0.0
    for _ in range(rounds):
        client.request(Pause(), Ack)
        time.sleep(SETTLE_S)
        before = _spent(engine)
        alone.append(_speed(counters, seconds))
        paused += _spent(engine) - before
        client.request(Resume(), Ack)
        time.sleep(SETTLE_S / 4)
        before = _spent(engine)
        beside.append(_speed(counters, seconds))
        working += _spent(engine) - before
    return beside, alone, paused, working


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _speed(counters: list[mmap.mmap], seconds: float) -> float:
    """Turns of all loops together in a second."""
    began, before = time.perf_counter(), sum(map(_count, counters))
    time.sleep(seconds)
    return (sum(map(_count, counters)) - before) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
