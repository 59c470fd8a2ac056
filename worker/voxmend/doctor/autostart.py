"""What starts at log-in, the worker or the watch folder, and whether that would be this voxmend."""

from __future__ import annotations

from ..service import service, system
from ..service.part import WATCH, WORKER
from .finding import Case, Finding

_COMMANDS = {WORKER: "voxmend service install", WATCH: "voxmend service install --watch"}


def autostart(case: Case) -> Finding:
    """Ask the system."""
    states = {part: service.state(system.plan(case.paths, part=part)) for part in _COMMANDS}
    there = {part: state for part, state in states.items() if state.installed}
    if not there:
        return Finding("autostart", "Start", "ok", "when it is needed, not at log-in")
    for part, state in there.items():
        if not state.current:
            return Finding(
                "autostart", "Start", "warn",
                f"{part.what} at log-in by {state.kind}, but of another installation",
                "At log-in the wrong one starts, or none.", _COMMANDS[part],
            )  # fmt: skip
    kind = next(iter(there.values())).kind
    return Finding(
        "autostart", "Start", "ok",
        f"at log-in, by {kind}: {' and '.join(part.what for part in there)}",
    )  # fmt: skip
