"""How the worker behaves beside other programs, in words: for status, the live view and doctor."""

from __future__ import annotations

from voxmend_protocol.messages import Report
from voxmend_protocol.pause import USER, Hold

RESUME = "voxmend worker resume"


def held(hold: Hold) -> str:
    """Why the worker is paused, and until when."""
    if hold.left_s is None:
        said = "by you" if hold.hold == USER else f"by {hold.by}"
        return f"{said}, since {hold.since}, until: {RESUME}"
    return f"{hold.why or f'by {hold.by}'}; ends by itself in {hold.left_s:.0f} s unless renewed"


def manners(report: Report) -> str:
    """Priority, threads and memory of the engine."""
    words = [report.priority or "unknown"]
    if report.threads is not None:
        words.append(f"{report.threads} threads")
    if report.memory_limit is not None:
        words.append(f"at most {report.memory_limit / 1e9:.1f} GB")
    return ", ".join(words)
