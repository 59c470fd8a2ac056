"""Start the worker on demand: detached, owned by nobody, found through worker.json."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voxmend_protocol import Client, Link, discovery
from voxmend_protocol.errors import (
    DiskFull,
    EnvironmentProblem,
    UnsupportedVersion,
    VoxmendError,
    WorkerError,
    WorkerUnreachable,
    from_code,
)
from voxmend_protocol.messages import Ack, Report, Shutdown, Status

from . import holder, older, paths, safe_files, speech, stopped, typed, wire
from .disk import crowded, own_error, private, safely, shown
from .installation import worker_python
from .version import __version__

START_S = 20.0
STOP_S = 20.0
_MOST_WORDS = 65_536
"""Bytes that a worker may say before it ends at once."""


def connect(kind: str = "cli", new_job: bool = True) -> Client:
    """A client of this user's worker, which is started first if there is none. A worker of
    another installation or version is replaced while it has nothing to do; one of an older
    protocol cannot be asked, so it is let finish its jobs first.

    Args:
        new_job: it is wanted for a new job. Without one a worker that somebody has stopped stays
            so. One that is stopped later does in any case: the client dials again in vain.

    Raises:
        WorkerUnreachable: it did not come up, or somebody has stopped it.
        EnvironmentProblem: it ended at once, with what it said.
    """
    speech.doing("asking the worker")
    client = wire.client(kind, _dialler(new_job))
    if not foreign():
        return client
    report = client.request(Status(), Report)
    # What it is at comes first; the caller sees its version.
    if report.queued or report.running or report.pulling:
        return client
    client.close()
    stop()
    return wire.client(kind, _dialler(True))


def _dialler(first: bool) -> Callable[[], Link]:
    """What a client dials with: the first time also where somebody has stopped the worker, if so
    wanted, and never after that."""
    wanted = [first]
    return lambda: dial(wanted.pop() if wanted else False)


def foreign() -> bool:
    """Whether the worker that runs is not of this installation, or of another version of it. Where
    this one has no worker, any will do."""
    if not worker_python.here():
        return False
    try:
        found = discovery.read(paths.find().worker_file)
    except WorkerUnreachable:
        return False
    return found.version != __version__ or _folder(found.exe) != _folder(sys.executable)


def _folder(executable: str) -> str:
    """The folder a program lies in, by whatever way it was called: an installed voxmend has a way
    that holds over upgrades and one that does not."""
    return os.path.realpath(os.path.dirname(executable))


def dial(new_job: bool = False) -> Link:
    """A link to the worker; starts one if there is none. A stale worker.json is seen because
    nobody answers at its port.

    Raises:
        WorkerUnreachable: as ``connect``.
    """
    where = paths.find()
    holder.mind(where)
    make_way()
    if not running():
        if not new_job:
            stopped.refuse(where)
        start()
    return wire.dial()


def make_way() -> None:
    """Let a worker of an older protocol finish its jobs and end."""
    older.let_finish(paths.find().worker_file, _tell)


def _tell(text: str) -> None:
    print(typed.rewritten(text), file=sys.stderr, flush=True)


def start() -> bool:
    """Start the worker and wait until it answers. False if one was running already.

    Raises:
        WorkerUnreachable: it did not come up, or runs where it cannot be reached from here.
        DiskFull, EnvironmentProblem: it ended at once, with what it said.
    """
    where = paths.find()
    holder.mind(where)
    make_way()
    if running():
        return False
    speech.doing("starting the worker")
    process = _spawn(where)
    deadline = time.monotonic() + START_S
    try:
        while time.monotonic() < deadline:
            if running():
                _pass_on(where.log.with_name("start.log"))
                speech.doing("asking the worker")
                return True
            if process.poll() == 0:  # another one had the lock: it is starting, or it is ending
                holder.mind(where)
                time.sleep(0.2)
                _hang_up(process)
                process = _spawn(where)
            elif process.poll() is not None:
                raise _last_words(process, where)
            time.sleep(0.05)
    finally:
        _hang_up(process)
    raise WorkerUnreachable(
        holder.silent(where)
        or f"The worker did not come up within {START_S:.0f} s. See: voxmend worker logs"
    )


def _spawn(where: paths.Paths) -> subprocess.Popen[bytes]:
    """A worker process. What it says before it is up comes through a pipe: where the disk is full,
    no file would hold it."""
    try:
        if os.path.lexists(where.state):
            with safely():
                holder.insist_own(where)
                safe_files.insist_mine(where.state)
        else:
            private(where.state)
        # The rest is the worker's to look at, before it believes anything.
        private(where.log.parent)
        # A sign for who looks whether a worker is coming.
        with contextlib.suppress(OSError), safely():
            os.close(safe_files.start_anew(where.log.with_name("start.log")))
        *others, last = _ways_out()
        for way in others:
            try:
                return _begin(where, way)
            except PermissionError:  # the next way asks for less
                continue
        return _begin(where, last)
    except OSError as error:
        raise own_error(where.state, error) from None


def _surroundings(where: paths.Paths, python: str) -> dict[str, str]:
    """Ours for a worker, which begins in another folder: a home that was named from here on is
    named from the root on. Another Python finds its own packages."""
    env = dict(os.environ)
    if python != sys.executable:
        for name in ("PYTHONPATH", "PYTHONHOME"):
            env.pop(name, None)
    if env.get("VOXMEND_HOME"):
        env["VOXMEND_HOME"] = str(where.state)
    return env


def _hang_up(process: subprocess.Popen[bytes]) -> None:
    """Listen no more; the worker sends its words elsewhere by now."""
    if process.stderr is not None:
        process.stderr.close()


def _last_words(process: subprocess.Popen[bytes], where: paths.Paths) -> VoxmendError:
    """The error of a worker that ended at once, as it said it."""
    assert process.stderr is not None
    said = process.stderr.read(_MOST_WORDS).decode("utf-8", "replace").strip().splitlines()
    found = re.fullmatch(r"voxmend: (.*) \[(\w+)\]", said[-1]) if said else None
    if found:
        return from_code(found[2], found[1])
    if crowded(where.state):
        return DiskFull(
            f"There is no room left in {shown(where.state)}. Free some, then try again."
        )
    last = f" ({shown(said[-1])[:300]})" if said else ""
    return EnvironmentProblem(f"The worker ended at once{last}. See: voxmend worker logs")


def _pass_on(said: Path) -> None:
    """Show what a worker that has come up wants the user to know."""
    with contextlib.suppress(OSError):
        for line in safe_files.read(said, _MOST_WORDS).decode("utf-8", "replace").splitlines():
            if line.startswith("voxmend: "):
                print(line, file=sys.stderr, flush=True)


def _begin(where: paths.Paths, way: dict[str, Any]) -> subprocess.Popen[bytes]:
    python = _python(where)
    return subprocess.Popen(
        [python, "-m", "voxmend", "worker", "run", "--log-file"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=where.state,
        env=_surroundings(where, python),
        **way,
    )


def _python(where: paths.Paths) -> str:
    """The Python that the worker runs in. Where none here has torch, and another machine does the
    work, this one will do.

    Raises:
        EnvironmentProblem: nobody can do any.
    """
    try:
        return worker_python.find()
    except EnvironmentProblem:
        if os.path.lexists(where.remote / "peers.json"):
            return sys.executable
        raise


def running() -> bool:
    """Whether this user's worker answers."""
    try:
        with wire.client("probe"):
            return True
    except WorkerError:
        return False
    except UnsupportedVersion:
        return older.answers_at(paths.find().worker_file)


def stop_for_good(drain: bool = False) -> bool:
    """End the worker, as ``stop``; nothing but a new job or ``start`` starts another.

    Raises:
        VoxmendError: as ``stop``; or it cannot be written down that it was stopped: it has ended
            even so.
    """
    where = paths.find()
    try:
        laid = stopped.lay(where)
    except VoxmendError as error:
        if not stop(drain):
            raise
        raise type(error)(
            f"The worker has ended, but a later question may start it again. {error}"
        ) from None
    try:
        return stop(drain)
    except BaseException:
        if laid:
            stopped.lift(where)
        raise


def stop(drain: bool = False, wait_s: float = STOP_S) -> bool:
    """End the worker and wait until it is gone. False if none was running.

    Raises:
        WorkerUnreachable: it does not end or answer, or cannot be reached from here.
    """
    where = paths.find()
    holder.mind(where)
    speech.doing("waiting for the worker to end")
    file = where.worker_file
    asked = None
    try:
        found = discovery.read(file)
        if older.is_older(found):
            return _stop_older(found, file, drain, wait_s)
        key = found.key
        with wire.client() as client:
            asked = time.monotonic()
            client.request(Shutdown(drain), Ack)
    except WorkerUnreachable:
        # A worker that ends at once may be gone before libzmq has handed over its answer.
        if asked is None:
            return _not_stopped(where)
    deadline = time.monotonic() + wait_s
    asked = time.monotonic()
    while _key(file) == key or not _let_go(where, found.pid):
        if not drain and time.monotonic() > deadline:
            raise WorkerUnreachable(
                holder.silent(where) or "The worker does not end. See: voxmend worker logs"
            )
        if time.monotonic() - asked > 2:  # killed meanwhile, it would leave its file for ever
            if not running() and _let_go(where, found.pid):
                return True
            asked = time.monotonic()
        time.sleep(0.05)
    return True


def _let_go(where: paths.Paths, pid: int) -> bool:
    """Whether a worker that ends holds the lock no longer, so that the next one finds it free."""
    now = holder.read(where)
    return (now is not None and now.pid != pid) or not holder.held(where)


def _not_stopped(where: paths.Paths) -> bool:
    """What to say where no worker could be asked: False if none runs.

    Raises:
        WorkerUnreachable: one holds the lock.
    """
    if os.path.lexists(where.worker_file) and (why := holder.silent(where)):
        raise WorkerUnreachable(why)
    return False


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
