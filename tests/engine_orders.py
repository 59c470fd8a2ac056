"""Orders as the supervisor gives them, for tests without one."""

from __future__ import annotations

import json
import os
from pathlib import Path

from voxmend import presets
from voxmend.cascade.networks import NoNetworks
from voxmend.cascade.precision import Forgetful
from voxmend.engine import orders
from voxmend.engine.work import Means
from voxmend.testing import IDENTITY, MENDING
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Format, Output

JOB = "00000001-0000-0000-0000-000000000000"


def orders_for(
    source: Path,
    folder: Path,
    preset: str,
    form: Format = "wav",
    start_s: float | None = None,
) -> orders.Run:
    """A run of ``preset`` into ``folder``, claimed as the supervisor does."""
    user = folder.parent / "presets"
    user.mkdir(exist_ok=True)
    (user / "identity.toml").write_text(IDENTITY)
    (user / "mending.toml").write_text(MENDING)
    folder.mkdir(exist_ok=True)
    (folder / "job.json").write_text(json.dumps({"job": JOB, "state": "running"}))
    clip = Clip(str(source), start_s)
    submit = Submit(JOB, clip, preset, Output(str(folder.parent), format=form))
    found = os.stat(source)
    plan = presets.find(preset, user).dump()
    return orders.Run(
        JOB,
        submit,
        plan,
        found.st_size,
        str(found.st_mtime_ns),
        str(folder),
        "2026-01-01T00:00:00Z",
    )


def means(cache: Path) -> Means:
    """What an engine without weights has."""
    return Means(
        cache,
        cache.parent / "state",
        orders.Configure("auto", "auto", 600.0),
        NoNetworks(),
        Forgetful(),
    )
