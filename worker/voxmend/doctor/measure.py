"""Which device each block really uses, and how fast: a short song is mended and timed.

In a process of its own, with a cache of its own, so that nothing is found there that need not be
computed; the worker is left alone. It measures the default preset, or ``quick`` where models
are missing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from voxmend_protocol.errors import VoxmendError

from .. import config, manners, presets
from ..installation import machine as hardware
from ..models import needs, store
from .finding import Case, Finding

_START_S = 120.0
"""Longest start of torch from a cold disk."""
QUICKEST = f"voxmend restore SONG.wav --preset {presets.DEFAULT} --set separate.speeds=1"
"""A third of the preset's time."""
SLOW = 1 / 6
"""Seconds of sound in a second of work, below which a song of three minutes takes over 18."""


def devices(case: Case) -> Finding:
    """Measure, and say what came of it."""
    if case.measure_s <= 0:
        return Finding("devices", "Speed", "ok", "not measured, as asked")
    name, device = chosen(case)
    env = dict(os.environ)
    manners.wait_asleep(env)  # as the engine does
    run = subprocess.run(
        [sys.executable, "-m", "voxmend.doctor.measurement", name, device,
         str(case.measure_s)],
        capture_output=True, text=True, timeout=_START_S + case.measure_s, check=False, env=env,
    )  # fmt: skip
    try:
        return judge(json.loads(run.stdout.splitlines()[-1]), hardware.look())
    except (IndexError, ValueError, KeyError):
        said = run.stderr.strip().splitlines()
        return Finding(
            "devices", "Speed", "fail", said[-1] if said else f"exit code {run.returncode}",
            "A short song could not be mended, so no other could.", "voxmend support-bundle",
        )  # fmt: skip


def chosen(case: Case) -> tuple[str, str]:
    """The preset to measure, and the device the settings ask for."""
    try:
        settings, _ = config.load(case.paths.config_file)
        preset = presets.find(settings.restore.preset, case.paths.presets)
        if not needs.info(preset, store.of(case.paths)).missing:
            return preset.name, settings.worker.own_device
        return presets.DEFAULT, settings.worker.own_device
    except VoxmendError:  # named by the checks of settings and models
        return presets.DEFAULT, "auto"


def judge(facts: dict[str, Any], seen: hardware.Sighting) -> Finding:
    """What to say of a measurement."""
    if "error" in facts:
        return Finding(
            "devices", "Speed", "fail", facts["error"],
            "A short song could not be mended, so no other could.", "voxmend support-bundle", facts,
        )  # fmt: skip
    stages = facts["stages"]
    words = "; ".join(f"{one['block']} on {one['runs_on']}, {one['speed']:.1f}x" for one in stages)
    detail = f"{facts['preset']} on {facts['device']}" + (f": {words}" if words else "")
    if not facts["finished"]:
        detail += f"; {facts['stopped_in']} was not done within {facts['seconds']:.0f} s"
        return Finding(
            "devices", "Speed", "warn", detail,
            "A song will take long. This is the quickest there is.", QUICKEST, facts,
        )  # fmt: skip
    detail += f"; a song takes {facts['seconds'] / facts['clip_s']:.1f} times its length"
    left = [
        stage["block"] for stage in stages
        if facts["type"] != "cpu" and stage["place"] != facts["type"]
    ]  # fmt: skip
    if left:
        return Finding(
            "devices", "Speed", "warn", detail,
            f"The device is {facts['type']}, and {', '.join(left)} did not run on it.",
            "voxmend worker logs", facts,
        )  # fmt: skip
    if facts["clip_s"] / facts["seconds"] < SLOW:
        quicker = "" if seen.nvidia else " It would be many times faster on a graphics card."
        return Finding(
            "devices", "Speed", "warn", detail, f"That is slow.{quicker}",
            QUICKEST, facts,
        )  # fmt: skip
    return Finding("devices", "Speed", "ok", detail, facts=facts)
