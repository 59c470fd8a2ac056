"""Whether a worker answers, signed and of this version; and if not, what stands in its place."""

from __future__ import annotations

import socket
from collections import Counter
from pathlib import Path

from filelock import FileLock, Timeout

from voxmend_protocol import discovery
from voxmend_protocol.errors import UnsupportedVersion, WorkerError, WorkerUnreachable
from voxmend_protocol.messages import Report, Status

from .. import holder, wire
from ..launch import foreign
from ..version import __version__
from .finding import Case, Finding, Health


def worker(case: Case) -> Finding:
    """Greet it, ask how it does, and look at the reply's signature by asking at all."""
    try:
        with wire.client("doctor") as client:
            report = client.request(Status(), Report)
    except UnsupportedVersion as error:
        return _worker(
            "warn", error.message, "The next job waits until it has finished what it has.",
            "voxmend worker restart",
        )  # fmt: skip
    except WorkerError as error:
        return _absent(case, error)
    detail = f"answers, process {report.pid}, {_engines(report)}"
    if report.version != __version__ or foreign():
        return _worker(
            "warn", f"{detail}, version {report.version}, of another installation",
            f"This is {__version__}; it is replaced as soon as it has nothing to do.",
            "voxmend worker restart",
        )  # fmt: skip
    if report.engine == "broken":
        return _worker(
            "fail", f"the engine does not stay alive: {report.reason}", "No job can run.",
            "voxmend worker logs",
        )  # fmt: skip
    broken = [engine for engine in report.engines if engine.state == "broken"]
    if broken:
        where = ", ".join(engine.device or f"number {engine.number}" for engine in broken)
        return _worker(
            "warn", f"{detail}; the engine of {where} does not stay alive: {broken[0].reason}",
            "The other engines do its jobs.", "voxmend worker logs",
        )  # fmt: skip
    if report.priority:
        detail = f"{detail}, {report.priority}"
    if report.paused:
        first = report.paused[0]
        why = first.why or f"by {first.by}, since {first.since}"
        return _worker(
            "warn", f"{detail}; paused ({why})", "Jobs are kept, and wait.", "voxmend worker resume"
        )
    return _worker("ok", detail)


def _engines(report: Report) -> str:
    """All of them in a few words."""
    if len(report.engines) < 2:
        return f"engine {report.engine}"
    states = Counter(str(engine.state) for engine in report.engines)
    each = ", ".join(f"{count} {state}" for state, count in states.items())
    return f"{len(report.engines)} engines ({each})"


def _absent(case: Case, error: WorkerError) -> Finding:
    paths = case.paths
    try:
        holder.mind(paths)
    except WorkerUnreachable as away:
        return _worker(
            "warn", away.message, "Its jobs go on; none can be given to it from here.",
            "voxmend config path",
        )  # fmt: skip
    if is_held(paths.worker_lock):
        return _worker(
            "warn", "a worker runs and does not answer",
            "It may be starting or ending; if it stays so, its log says why.",
            "voxmend worker logs",
        )  # fmt: skip
    if any(map(is_held, paths.engine_locks)):
        return _worker(
            "warn", "the worker is gone, and its engine is still there",
            "It ends by itself within seconds; a new one waits for it.", "voxmend worker start",
        )  # fmt: skip
    if not paths.worker_file.exists():
        return _worker("ok", "none is running; it starts on demand")
    try:
        port = discovery.read(paths.worker_file).port
    except WorkerUnreachable:
        return _worker(
            "warn", error.message, "No client can use this file.", "voxmend worker restart"
        )
    if answers(port):
        return _worker(
            "warn", f"worker.json is stale, and its port {port} was taken by another program",
            "Nothing was told to that program: it does not have the key.",
            "voxmend worker restart",
        )  # fmt: skip
    return _worker(
        "warn", "worker.json is stale: the worker it names ended without a word",
        "The next job starts a new one.", "voxmend worker restart",
    )  # fmt: skip


def is_held(file: Path) -> bool:
    """Whether a process holds this lock."""
    if not file.exists():
        return False
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return True
    lock.release()
    return False


def answers(port: int) -> bool:
    """Whether anything listens at this port of this machine."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def _worker(health: Health, detail: str, why: str = "", fix: str = "") -> Finding:
    return Finding("worker", "Worker", health, detail, why, fix)
