"""Whether the worker starts at log-in, and whether that would start this voxmend."""

from __future__ import annotations

from ..service import service, system
from .finding import Case, Finding


def autostart(case: Case) -> Finding:
    """Ask the system."""
    state = service.state(system.plan(case.paths))
    if not state.installed:
        return Finding("autostart", "Start", "ok", "when it is needed, not at log-in")
    if not state.current:
        return Finding(
            "autostart", "Start", "warn", f"at log-in by {state.kind}, but of another installation",
            "At log-in the wrong worker starts, or none.", "voxmend service install",
        )  # fmt: skip
    return Finding("autostart", "Start", "ok", f"at log-in, by {state.kind}")
