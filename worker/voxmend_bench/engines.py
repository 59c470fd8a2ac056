"""How much more two engines of a processor get done than one that has all its threads.

``python -m voxmend_bench.engines --songs FOLDER``. Short jobs, each of another stretch of these
songs, are done by one engine with all threads and by several with their share of them, in turns, so
that whatever else the machine does falls on both sides alike. Each side has a worker of its own
with its engines warm; a cache that is cleared before each turn helps neither. One line of JSON:
``ratio`` is the time of one engine over the time of several, above 1 where several are faster.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import soundfile

from voxmend import launch
from voxmend_protocol import Client
from voxmend_protocol.messages import Accepted, Cache, CacheReport, Report, Status, Submit
from voxmend_protocol.values import Clip, Output

SHORTEST_S, LONGEST_S = 3.0, 6.0
SETTINGS = """[worker]
idle_exit_min = 240.0
keep_alive_min = -1.0
priority = "normal"
engines = {engines}
threads = {threads}
"""
OVERRULED = ("VOXMEND_WORKER_ENGINES", "VOXMEND_WORKER_THREADS", "VOXMEND_WORKER_PRIORITY")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=Path, required=True, help="a folder of sound files")
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--engines", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of all engines")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--turns", type=int, default=2, help="of each side")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the workers are ended all the same
    for name in OVERRULED:
        os.environ.pop(name, None)
    clips = stretches(sorted(given.songs.iterdir()), given.jobs)
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="voxmend-engines-") as folder:
        sides = [Side(Path(folder), count, given.threads) for count in (1, given.engines)]
        took = in_turns(sides, clips, given.preset, given.turns)
    one, several = (sum(seconds) for seconds in took)
    print(
        json.dumps({
            "jobs": given.jobs, "seconds_of_sound": round(sum(map(_length, clips)), 1),
            "preset": given.preset, "engines": [1, given.engines], "threads": given.threads,
            "seconds": [[round(each, 2) for each in seconds] for seconds in took],
            "ratio": round(one / several, 3), "cores": os.cpu_count(),
            "load": [round(x, 1) for x in load],
        })
    )  # fmt: skip


def stretches(songs: Sequence[Path], count: int) -> list[Clip]:
    """So many clips of the songs, the same ones each time, none like another."""
    dice, found = random.Random(1), list[Clip]()
    for number in range(count):
        song = songs[number % len(songs)]
        length = dice.uniform(SHORTEST_S, LONGEST_S)
        start = dice.uniform(0, max(0.0, soundfile.info(song).duration - length))
        found.append(Clip(str(song.resolve()), round(start, 3), round(start + length, 3)))
    return found


def _length(clip: Clip) -> float:
    return (clip.end_s or 0.0) - (clip.start_s or 0.0)


class Side:
    """A worker of its own with so many engines."""

    def __init__(self, folder: Path, engines: int, threads: int) -> None:
        self.home, self.engines = folder / f"engines_{engines}", engines
        (self.home / "config").mkdir(parents=True)
        settings = SETTINGS.format(engines=engines, threads=threads)
        (self.home / "config" / "voxmend.toml").write_text(settings)

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Someone who asks this worker, which is started where it is not."""
        os.environ["VOXMEND_HOME"] = str(self.home)
        with launch.connect("bench") as client:
            yield client

    def time(self, clips: Sequence[Clip], preset: str) -> float:
        """Seconds from the first submit to the last stem."""
        with self.client() as client:
            client.request(Cache(clear=True), CacheReport)
            began = time.monotonic()
            jobs = [
                client.request(
                    Submit(str(uuid.uuid4()), clip, preset, Output(str(self.home / "out"))),
                    Accepted,
                ).job
                for clip in clips
            ]
            ended = {record.job: record for record in client.follow(jobs) if record.terminal}
            took = time.monotonic() - began
            failed = [record for record in ended.values() if record.state != "succeeded"]
            if failed or len(ended) != len(jobs):
                raise SystemExit(f"{len(failed)} of {len(jobs)} jobs failed: {failed[:1]}")
            self._insist(client.request(Status(), Report))
        return took

    def _insist(self, report: Report) -> None:
        """See that every engine has worked: else the figure would be of something else."""
        if sum(engine.pid is not None for engine in report.engines) != self.engines:
            raise SystemExit(f"not every engine was there: {report.engines}")

    def close(self) -> None:
        """End the worker."""
        os.environ["VOXMEND_HOME"] = str(self.home)
        launch.stop()


def in_turns(
    sides: Sequence[Side], clips: Sequence[Clip], preset: str, turns: int
) -> list[list[float]]:
    """Seconds of each turn, side by side. Before it all engines do a few jobs, which loads them."""
    took: list[list[float]] = [[] for _ in sides]
    try:
        for side in sides:
            side.time(clips[: 2 * side.engines], preset)
        for _ in range(turns):
            for side, seconds in zip(sides, took, strict=True):
                seconds.append(side.time(clips, preset))
                print(f"{side.engines} engines: {seconds[-1]:.2f} s", file=sys.stderr, flush=True)
    finally:
        for side in sides:
            side.close()
    return took


if __name__ == "__main__":
    main()
