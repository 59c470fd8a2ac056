"""One job, from the source file to the stems in its folder.

The engine's loop calls it; it reads, plans, runs, writes, and writes job.json last. Nothing is
written outside the job's own folder, which the supervisor has made.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from voxmend_protocol import codec
from voxmend_protocol.errors import Cancelled, InputChanged, InputMissing
from voxmend_protocol.values import Stem, StemName, Warned

from .. import __version__, presets
from ..audio import read, write_stem
from ..cascade import plan as plans
from ..cascade import runner
from ..disk import write_json
from . import device, orders

MANIFEST = "job.json"


@dataclass(slots=True)
class Voice:
    """How a job speaks to the supervisor, and what it has said."""

    say: Callable[[Any], None]
    cancelled: Callable[[], bool]
    warnings: list[Warned] = field(default_factory=list)


def do(order: orders.Run, voice: Voice) -> orders.Done:
    """Do the job.

    Raises:
        VoxmendError: it cannot be done, or was cancelled.
    """
    began = time.monotonic()
    plan = plans.make(presets.parse(order.plan))
    folder = Path(order.partial)
    _empty(folder)
    place = device.choose()
    name = device.describe(place)

    def progress(stage: str, index: int, stages: int, fraction: float) -> None:
        voice.say(orders.Progress(order.job, stage, index, stages, round(fraction, 4), name))

    def warn(code: str, message: str) -> None:
        voice.warnings.append(Warned(code, message))
        voice.say(orders.Warning(order.job, code, message))

    stages = len(plan.runs) + 2  # reading and writing are stages a user sees
    progress("read", 0, stages, 0.0)
    _unchanged(order)
    clip = read(Path(order.submit.clip.path), order.submit.clip.start_s, order.submit.clip.end_s)
    for warned in clip.warnings:
        warn(warned.code, warned.message)
    mix = torch.from_numpy(clip.samples)
    context = runner.Context(
        place,
        lambda stage, index, _, part: progress(stage, index + 1, stages, 0.05 + 0.9 * part),
        voice.cancelled,
        warn,
    )
    outcome = runner.run(plan, mix, clip.rate, context)
    progress("write", stages - 1, stages, 0.95)
    sounds: dict[StemName, torch.Tensor] = {
        "vocals": outcome.vocals.cpu(),
        "vocals_raw": outcome.vocals_raw.cpu(),
    }
    written = []
    for stem in order.submit.stems:
        if stem == "instrumental":
            sound = mix - sounds["vocals_raw"]
        elif stem == "instrumental_mended":
            sound = mix - sounds["vocals"]
        else:
            sound = sounds[stem]
        file = write_stem(folder / f"{stem}.wav", sound.numpy(), clip.rate)
        written.append(
            Stem(
                stem, f"{stem}.wav", clip.start_frame, file.frames, file.rate, file.channels,
                file.peak,
            )
        )  # fmt: skip
        if voice.cancelled():
            raise Cancelled("The job was cancelled.")
    facts = {
        "job": order.job,
        "state": "succeeded",
        "voxmend": __version__,
        "clip": codec.to_dict(order.submit.clip),
        "source": {
            "rate": clip.rate,
            "channels": int(mix.shape[0]),
            "frames": int(mix.shape[1]),
            "container": clip.probe.container,
            "subtype": clip.probe.subtype,
            "size": order.size,
        },
        "preset": json.loads(order.plan),
        "device": name,
        "attempt": order.attempt,
        "stems": [codec.to_dict(stem) for stem in written],
        "warnings": [codec.to_dict(warned) for warned in voice.warnings],
        "created": order.created,
        "finished": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "seconds": round(time.monotonic() - began, 3),
    }
    write_json(folder / MANIFEST, facts)
    return orders.Done(order.job, tuple(written))


def _unchanged(order: orders.Run) -> None:
    source = order.submit.clip.path
    try:
        found = os.stat(source)
    except OSError:
        raise InputMissing(f"{source} is gone. Put it back, then retry the job.") from None
    if (found.st_size, found.st_mtime_ns) != (order.size, order.mtime_ns):
        raise InputChanged(f"{source} was changed while the job waited. Submit it again.")


def _empty(folder: Path) -> None:
    """Remove what an earlier run has left; the manifest stays, it names the owner."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != MANIFEST:
            entry.unlink()
