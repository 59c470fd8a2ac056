"""Start the worker on demand: detached, owned by nobody, found through worker.json."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from voxmend_protocol import Client, Link, discovery
from voxmend_protocol.errors import (
    EnvironmentProblem,
    UnsupportedVersion,
    WorkerError,
    WorkerUnreachable,
)
from voxmend_protocol.messages import Ack, Report, Shutdown, Status

from . import __version__, older, paths, safe_files, wire
from .disk import private, safely

START_S = 20.0
STOP_S = 20.0
MOST_SAID = 1_000_000
"""Bytes that a worker may say before it ends at once."""


def connect(kind: str = "cli") -> Client:
    """A client of this user's worker, which is started first if there is none. A worker of
    another installation or version is replaced while it has nothing to do; one of an older
    protocol cannot be asked, so it is let finish its jobs first.

    Raises:
        WorkerUnreachable: it did not come up.
        EnvironmentProblem: it ended at once, with what it said.
    """
    client = wire.client(kind, dial)
    if not foreign():
        return client
    report = client.request(Status(), Report)
    # What it is at comes first; the caller sees its version.
    if report.queued or report.running or report.pulling:
        return client
    client.close()
    stop()
    return wire.client(kind, dial)


def foreign() -> bool:
    """Whether the worker that runs is not of this installation, or of another version of it."""
    try:
        found = discovery.read(paths.find().worker_file)
    except WorkerUnreachable:
        return False
    return found.version != __version__ or _folder(found.exe) != _folder(sys.executable)


def _folder(executable: str) -> str:
    """The folder a program lies in, by whatever way it was called: an installed voxmend has a way
    that holds over upgrades and one that does not."""
    return os.path.realpath(os.path.dirname(executable))


def dial() -> Link:
    """A link to the worker; starts one if there is none. A stale worker.json is seen because
    nobody answers at its port."""
    make_way()
    if not running():
        start()
    return wire.dial()


def make_way() -> None:
    """Let a worker of an older protocol finish its jobs and end."""
    older.let_finish(paths.find().worker_file, _tell)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def start() -> bool:
    """Start the worker and wait until it answers. False if one was running already.

    Raises:
        WorkerUnreachable, EnvironmentProblem: it did not come up.
    """
    make_way()
    if running():
        return False
    where = paths.find()
    said = where.log.with_name("start.log")
    process = _spawn(where, said)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if running():
            _pass_on(said)
            return True
        if process.poll() == 0:  # another one had the lock: it is starting, or it is ending
            time.sleep(0.2)
            process = _spawn(where, said)
        elif process.poll() is not None:
            words = safe_files.read(said, MOST_SAID).decode("utf-8", "replace").strip().splitlines()
            last = words[-1] if words else "The worker ended at once. See: voxmend worker logs"
            last = last.removeprefix("voxmend: ").removesuffix(" [environment]")
            raise EnvironmentProblem(last)
        time.sleep(0.05)
    raise WorkerUnreachable(
        f"The worker did not come up within {START_S:.0f} s. See: voxmend worker logs"
    )


def _spawn(where: paths.Paths, said: Path) -> subprocess.Popen[bytes]:
    try:
        if not os.path.lexists(where.state):
            private(where.state)
        private(said.parent)  # the rest is the worker's to look at, before it believes anything
        *others, last = _ways_out()
        for way in others:
            try:
                return _begin(where, said, way)
            except PermissionError:  # the next way asks for less
                continue
        return _begin(where, said, last)
    except OSError as error:
        raise EnvironmentProblem(
            f"{where.state} cannot be used ({error.strerror}). Set VOXMEND_HOME to a folder of "
            "yours, or see: voxmend doctor"
        ) from None


def _pass_on(said: Path) -> None:
    """Show what a worker that has come up wants the user to know."""
    with contextlib.suppress(OSError):
        for line in safe_files.read(said, MOST_SAID).decode("utf-8", "replace").splitlines():
            if line.startswith("voxmend: "):
                print(line, file=sys.stderr, flush=True)


def _begin(where: paths.Paths, said: Path, way: dict[str, Any]) -> subprocess.Popen[bytes]:
    with safely(), os.fdopen(safe_files.start_anew(said), "wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "voxmend", "worker", "run", "--log-file"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=where.state,
            **way,
        )


def running() -> bool:
    """Whether this user's worker answers."""
    try:
        with wire.client("probe"):
            return True
    except WorkerError:
        return False
    except UnsupportedVersion:
        return older.answers_at(paths.find().worker_file)


def stop(drain: bool = False, wait_s: float = STOP_S) -> bool:
    """End the worker and wait until it is gone. False if none was running.

    Raises:
        WorkerUnreachable: it does not end.
    """
    file = paths.find().worker_file
    try:
        found = discovery.read(file)
        if older.is_older(found):
            return _stop_older(found, file, drain, wait_s)
        key = found.key
        with wire.client() as client:
            client.request(Shutdown(drain), Ack)
    except WorkerUnreachable:
        return False
    deadline = time.monotonic() + wait_s
    asked = time.monotonic()
    while _key(file) == key:
        if not drain and time.monotonic() > deadline:
            raise WorkerUnreachable("The worker does not end. See: voxmend worker logs")
        if time.monotonic() - asked > 2:  # killed meanwhile, it would leave its file for ever
            if not running():
                return True
            asked = time.monotonic()
        time.sleep(0.05)
    return True


def _stop_older(found: discovery.WorkerFile, file: Path, drain: bool, wait_s: float) -> bool:
    """The same for a worker of an older protocol."""
    if older.end(found, drain) is None:
        return False
    if not older.wait_gone(found, file, None if drain else wait_s):
        raise WorkerUnreachable("The worker does not end. See: voxmend worker logs")
    return True


def _key(file: Path) -> str | None:
    """The key of the worker whose file this is, if there is one."""
    try:
        return discovery.read(file).key
    except WorkerUnreachable:
        return None


def _ways_out(system: str = os.name) -> list[dict[str, Any]]:
    """Ways to be owned by nobody, the freest first. Windows lets no process out of a job that
    does not allow it; inside, the worker ends with that job and is started again on demand."""
    if system != "nt":
        return [{"start_new_session": True}]
    quiet = ("CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP")
    ways = ((*quiet, "CREATE_BREAKAWAY_FROM_JOB"), quiet)
    return [{"creationflags": sum(getattr(subprocess, flag) for flag in way)} for way in ways]
