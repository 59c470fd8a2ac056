"""What the action “Self-test” has proved on this machine, in one line.

It writes ``self-test.json`` into the data folder: a step is as the scripts expect, otherwise, or
could not be tried. LEDGER.md says what each step stands for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import foreign, safe_files

NAME = "self-test.json"
SCHEMA = 1
MOST = 16 << 20
"""Bytes that are read: a trace holds every call of every step."""

NOT_RUN = "not run yet: in REAPER, the action “voxmend_Self-test”"


def line(data: Path) -> str:
    """The line, for a folder of data."""
    try:
        trace = foreign.table(safe_files.read(data / NAME, MOST, "shared"))
        steps = [(str(one["step"]), _state(one)) for one in trace["steps"]]
        where = f"REAPER {trace['reaper']}, {trace['lua']}"
        if trace["schema"] != SCHEMA:
            return "of another version; run the action “voxmend_Self-test” again"
    except FileNotFoundError:
        return NOT_RUN
    except (OSError, ValueError, TypeError, KeyError):
        return "cannot be read; run the action “voxmend_Self-test” again"
    fine = sum(state == "fine" for _, state in steps)
    words = f"{fine} of {len(steps)} steps as expected, in {where}"
    for state, told in (("other", "otherwise"), ("untried", "not tried")):
        names = ", ".join(name for name, found in steps if found == state)
        words += f"; {told}: {names}" if names else ""
    return "".join(char if char.isprintable() else "?" for char in words)


def _state(step: dict[str, Any]) -> str:
    if step.get("untried") is True:
        return "untried"
    return "fine" if step["ok"] is True else "other"
