"""Whether the clock can be believed.

voxmend times nothing by it: waits and keep-alives use a clock that never jumps. But records carry
its dates, the watch folder compares file times, and with a wrong clock no download can prove who
it comes from.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from .finding import Case, Finding

SLACK_S = 300.0
BUILT = datetime(2026, 1, 1, tzinfo=UTC)
"""Before this there was no voxmend: a clock that stands earlier was never set."""


def clock(case: Case) -> Finding:
    """Compare it with what voxmend wrote last."""
    newest = 0.0
    for file in (case.paths.worker_file, case.paths.database, case.paths.log):
        newest = max(newest, _written(file))
    return judge(time.time(), newest)


def judge(now: float, newest: float) -> Finding:
    """What to say of a clock, given the time of the newest of voxmend's own files."""
    shown = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    why = "Downloads fail, and records are dated wrongly. Jobs are done all the same."
    fix = "set the clock: timedatectl set-ntp true"
    if now < BUILT.timestamp():
        return Finding("clock", "Clock", "warn", f"it stands at {shown}", why, fix)
    if newest > now + SLACK_S:
        ahead = datetime.fromtimestamp(newest, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return Finding(
            "clock", "Clock", "warn",
            f"it stands at {shown}, and voxmend wrote something at {ahead}: it has jumped back",
            why, fix,
        )  # fmt: skip
    return Finding("clock", "Clock", "ok", shown)


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
