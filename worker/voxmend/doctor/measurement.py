"""The measurement itself, run as a program by ``measure``: PRESET DEVICE SECONDS.

It prints one line of JSON. The same code does the work that does it in the engine.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import Cancelled, VoxmendError
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Output

from .. import config, paths, presets
from ..cascade.networks import place
from ..demo import song
from ..engine import device as devices
from ..engine import orders, work
from ..engine.pool import ModelPool
from ..engine.weights import FileProofs

CLIP_S = 8.0


def main(arguments: list[str]) -> None:
    """Measure and print."""
    name, device, seconds = arguments[0], arguments[1], float(arguments[2])
    with tempfile.TemporaryDirectory(prefix="voxmend-doctor-") as folder:
        print(json.dumps(measure(name, device, seconds, Path(folder))))


def measure(name: str, asked: str, most_s: float, folder: Path) -> dict[str, Any]:
    """Mend a short song; what ran where, and for how long."""
    where = paths.find()
    preset = presets.find(name, where.presets)
    clip = folder / "song.wav"
    song.write_clip(clip, CLIP_S)
    partial = folder / "out"
    partial.mkdir()
    (partial / work.MANIFEST).touch()  # as the supervisor does, by which it is known whose it is
    cache = folder / "cache"
    cache.mkdir()
    known = where.cache / "precision.json"
    if known.is_file():
        shutil.copy2(known, cache / known.name)
    settings = orders.Configure(asked, _precision(where), 600.0)
    means = replace(
        work.Means.of(where, settings, ModelPool(), preset.blocks),
        cache=cache, state=folder / "state", proofs=FileProofs(cache / known.name),
    )  # fmt: skip
    seen, job = clip.stat(), str(uuid.uuid4())
    submit = Submit(job, Clip(str(clip)), name, Output(str(folder)))
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    order = orders.Run(
        job, submit, preset.dump(), seen.st_size, str(seen.st_mtime_ns), str(partial), now
    )
    at, _ = devices.choose(asked)
    facts: dict[str, Any] = {
        "preset": name, "device": devices.describe(at), "type": at.type, "clip_s": CLIP_S,
        "stages": [], "finished": True, "stopped_in": "",
    }  # fmt: skip
    began = time.monotonic()

    def say(message: Any) -> None:
        if isinstance(message, orders.Progress):
            facts["stopped_in"] = message.stage

    try:
        line = work.Line(say, lambda: time.monotonic() - began > most_s)
        work.do(order, preset, line, means)
    except Cancelled:
        facts["finished"] = False
    except VoxmendError as error:
        return {"error": error.message}
    facts["seconds"] = round(time.monotonic() - began, 2)
    if facts["finished"]:
        facts["stopped_in"] = ""
        job = json.loads((partial / work.MANIFEST).read_bytes())
        facts["stages"] = [_plain(stage) for stage in job["stages"]]
        facts["device"] = job["device"]
    return facts


def _plain(stage: dict[str, Any]) -> dict[str, Any]:
    seconds = max(stage["seconds"], 0.001)
    return {
        "block": stage["block"], "runs_on": stage["runs_on"], "place": place(stage["runs_on"]),
        "precision": stage["precision"], "seconds": round(seconds, 3),
        "speed": round(CLIP_S / seconds, 2),
    }  # fmt: skip


def _precision(where: paths.Paths) -> str:
    try:
        return config.load(where.config_file)[0].worker.precision
    except VoxmendError:
        return "auto"


if __name__ == "__main__":
    main(sys.argv[1:])
