"""A worker's engines, as status and the live view show them."""

from __future__ import annotations

from voxmend_protocol.messages import Report
from voxmend_protocol.values import EngineReport


def told(engine: EngineReport) -> str:
    """One of several engines, on one line."""
    words = f"{engine.number}: {engine.state}"
    if engine.device:
        words += f" on {engine.device}"
    if engine.pid is not None:
        words += f", process {engine.pid}"
    if engine.job:
        words += f", job {engine.job[:8]} ({engine.stage or 'begins'})"
    if engine.reason:
        words += f": {engine.reason}"
    return words


def jobs(report: Report) -> tuple[str, ...]:
    """The jobs at work: of a worker of before the one that it tells of."""
    if report.engines:
        return tuple(engine.job for engine in report.engines if engine.job)
    return (report.running,) if report.running else ()


def processes(report: Report) -> tuple[int | None, ...]:
    """The worker's own process and its engines'."""
    found = [engine.pid for engine in report.engines] or [report.engine_pid]
    return (report.pid, *found)
