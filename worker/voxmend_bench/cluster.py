"""What a cluster costs for each clip, against this machine's worker.

``python -m voxmend_bench.cluster --ray ADDRESS``. The same short clips go through the worker,
through the cluster, and through the worker again, so that whatever else the machine does falls on
both sides. A batch is judged between the ends of its first and last clip, as each job.json tells
them: starts do not count. To be compared, the cluster has one engine with the worker's cores. One
line of JSON; ``--keep FILE`` writes what ``voxmend_bench.archive --measured`` reads.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

from voxmend.testing import IDENTITY

RATE = 44_100


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that has run.

    Attributes:
        ends: seconds from its first end to each, in order.
        engine_s: of each clip's work, as its job.json says.
        memory_mb: the most that the command held, and its driver.
    """

    ends: tuple[float, ...]
    engine_s: tuple[float, ...]
    memory_mb: tuple[float, float]

    @property
    def each_s(self) -> float:
        """Seconds from one end to the next, on the mean."""
        return self.ends[-1] / (len(self.ends) - 1)

    @property
    def gap_s(self) -> float:
        """Of these, seconds without work of the engine on a clip; of one engine."""
        return self.each_s - statistics.fmean(self.engine_s[1:])


def clips(folder: Path, count: int, seconds: float) -> Path:
    """A list of so many clips of noise, no two alike."""
    folder.mkdir()
    dice = np.random.default_rng(1)
    lines = []
    for n in range(count):
        noise = dice.standard_normal((round(RATE * seconds), 2), dtype=np.float32)
        soundfile.write(folder / f"{n:05d}.wav", 0.1 * noise, RATE, "PCM_16")
        lines.append(f"{folder / f'{n:05d}.wav'}\n")
    listed = folder / "clips.txt"
    listed.write_text("".join(lines))
    return listed


def run(listed: Path, out: Path, preset: str, words: Sequence[str] = ()) -> Batch:
    """Do the list, and read what it left.

    Raises:
        SystemExit: it failed.
    """
    command = [sys.executable, "-m", "voxmend", "batch", str(listed), "--preset", preset]
    command += ["--out", str(out), "--json", *words]
    with tempfile.TemporaryFile() as printed:
        going = subprocess.Popen(command, stdout=printed)
        most = [0.0, 0.0]
        while going.poll() is None:
            most = [max(pair) for pair in zip(most, _memory(going.pid), strict=True)]
            time.sleep(0.25)
    if going.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {going.returncode}")
    told = [json.loads(file.read_text()) for file in out.glob("*/job.json")]
    told.sort(key=lambda each: each["finished"])
    times = [datetime.fromisoformat(each["finished"]).timestamp() for each in told]
    return Batch(
        tuple(each - times[0] for each in times),
        tuple(each["seconds"] for each in told),
        (most[0], most[1]),
    )


def _memory(pid: int) -> tuple[float, float]:
    """MB of a command and of its driver, while they are there."""
    try:
        command = psutil.Process(pid)
        children = [c for c in command.children() if "spawn_main" in " ".join(c.cmdline())]
        mb = 1e-6
        return (
            command.memory_info().rss * mb,
            max((child.memory_info().rss * mb for child in children), default=0.0),
        )
    except psutil.Error:
        return 0.0, 0.0


def learnt(batch: Batch, engines: int, first: int, seconds: float) -> dict[str, Any]:
    """What ``archive`` foretells a batch from: the first so many clips, and how long the others
    really took."""
    each = batch.ends[first - 1] / (first - 1)
    work = batch.engine_s[engines:first]  # each engine's first clip waited for torch
    return {
        "engines": engines, "clip_s": seconds, "engine_s": list(work),
        "gap_s": max(0.0, engines * each - statistics.fmean(work)),
        "rest": len(batch.ends) - first, "rest_s": batch.ends[-1] - batch.ends[first - 1],
    }  # fmt: skip


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ray", default="local", help="a cluster's address, or local")
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=5.0, help="of sound in a clip")
    parser.add_argument("--preset", default="identity")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="of each engine")
    parser.add_argument("--engines", type=int, default=1, help="that the cluster has room for")
    parser.add_argument("--first", type=int, default=40, help="clips that archive learns from")
    parser.add_argument("--alone", action="store_true", help="the cluster alone, no comparison")
    parser.add_argument("--keep", type=Path, help="what archive --measured reads")
    given = parser.parse_args()
    told: dict[str, Any] = {"load": os.getloadavg()[0], "clips": given.clips}
    ray = ("--ray", given.ray, "--cores", str(given.cores))
    with tempfile.TemporaryDirectory(prefix="voxmend-bench-") as place:
        root = Path(place)
        home = Path(os.environ.setdefault("VOXMEND_HOME", f"{root}/home"))
        (home / "config" / "presets").mkdir(parents=True, exist_ok=True)
        (home / "config" / "presets" / "identity.toml").write_text(IDENTITY)
        listed = clips(root / "clips", given.clips, given.seconds)
        worker = [] if given.alone else [run(listed, root / "here", given.preset)]
        there = run(listed, root / "there", given.preset, ray)
        if not given.alone:
            worker.append(run(listed, root / "again", given.preset))
            subprocess.run([sys.executable, "-m", "voxmend", "worker", "stop"], check=False)
    told.update(
        ray_each_s=there.each_s, command_mb=there.memory_mb[0], driver_mb=there.memory_mb[1]
    )
    if worker:
        here = statistics.fmean(each.each_s for each in worker)
        told.update(
            worker_each_s=[each.each_s for each in worker],
            ratio=there.each_s / here,
            more_ms=1000 * (there.each_s - here),
            worker_gap_ms=[1000 * each.gap_s for each in worker],
            ray_gap_ms=1000 * there.gap_s,
            engine_ratio=statistics.median(there.engine_s)
            / statistics.median([s for each in worker for s in each.engine_s]),
        )
    if given.keep is not None:
        kept = learnt(there, given.engines, min(given.first, given.clips // 2), given.seconds)
        given.keep.write_text(json.dumps(kept))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
