"""Who holds the worker's lock, for those who cannot reach it.

A state folder may be seen from several places: containers, network namespaces, machines that share
a home. The lock holds across them, the loopback address does not. So the worker writes down beside
its lock which process it is and where, and who cannot reach it says that, at once, instead of
waiting for an answer that cannot come.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from voxmend_protocol.errors import EnvironmentProblem, WorkerUnreachable

from . import safe_files
from .disk import put, shown
from .paths import Paths

_MOST = 4096
_OURS = frozenset(
    (
        "cache",
        "config",
        "logs",
        "models",
        "remote",
        "reports",
        "run",
        "watch",
        "lost+found",
        ".DS_Store",
    )
)
"""What may lie in the state folder before a worker was ever started there."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds the lock. ``net`` names its network where the system does."""

    pid: int
    host: str
    net: str

    @property
    def near(self) -> bool:
        """Whether it shares our loopback address."""
        host, net = _here()
        return self.host == host and ("" in (net, self.net) or self.net == net)


def _here() -> tuple[str, str]:
    try:
        found = os.stat("/proc/self/ns/net")
    except OSError:  # only Linux has it
        return platform.node(), ""
    return platform.node(), f"{found.st_dev}:{found.st_ino}"


def _file(paths: Paths) -> Path:
    return paths.worker_lock.with_name("holder.json")


def sign(paths: Paths) -> None:
    """Write down that this process holds the lock.

    Raises:
        OSError: it cannot be written.
    """
    put(_file(paths), json.dumps(asdict(Holder(os.getpid(), *_here()))).encode())


def leave(paths: Paths) -> None:
    """Remove what ``sign`` wrote; the lock must still be held.

    Raises:
        OSError: it cannot be removed.
    """
    _file(paths).unlink(missing_ok=True)


def read(paths: Paths) -> Holder | None:
    """Who held the lock last, as far as it is written down. It is a hint for a sentence: nothing is
    sent there, so whoever may write the state folder can at most make it wrong."""
    try:
        found = json.loads(safe_files.read(_file(paths), _MOST))
        return Holder(int(found["pid"]), shown(str(found["host"])[:100]), str(found["net"]))
    except (OSError, ValueError, ArithmeticError, KeyError, TypeError, RecursionError):
        return None


def held(paths: Paths) -> bool:
    """Whether any process holds the lock now."""
    if not os.path.exists(paths.worker_lock):
        return False
    try:
        with FileLock(paths.worker_lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # another's folder, or a read-only one: the worker will say so
        return False


def insist_own(paths: Paths) -> None:
    """Refuse a folder that is not voxmend's alone, such as a whole home or disk, where others may
    look into it: it would be closed to them, with all that lies there.

    Raises:
        EnvironmentProblem: it holds other things as well.
        OSError: it cannot be looked at.
    """
    try:
        opened = os.name == "posix" and os.stat(paths.state).st_mode & 0o077
        if not opened or any(map(os.path.lexists, (paths.worker_lock, paths.database))):
            return
        other = sorted({*os.listdir(paths.state)} - _OURS)
    except (FileNotFoundError, NotADirectoryError):
        return
    if other:
        raise EnvironmentProblem(
            f"{shown(paths.state)} holds other things ({shown(other[0])}), and voxmend closes its "
            "folder to others. Give it one of its own: VOXMEND_HOME="
            f"{shown(paths.state / 'voxmend')}"
        )


def mind(paths: Paths) -> None:
    """Refuse where the worker of this state folder runs out of reach.

    Raises:
        WorkerUnreachable: it does; the sentence says who it is and what helps.
    """
    found = read(paths)
    if found is None or found.near or not held(paths):
        return
    place = (
        "in another network namespace, such as a container or a sandbox,"
        if found.host == platform.node()
        else "another machine or container,"
    )
    raise WorkerUnreachable(
        f"The worker of {shown(paths.state)} is process {found.pid} on {found.host}, {place} and "
        "cannot be reached from here. End it there: voxmend worker stop. Or use a folder of its "
        "own here: VOXMEND_HOME=FOLDER"
    )


def silent(paths: Paths) -> str:
    """What to say of a worker that holds the lock and does not answer; empty where none does."""
    found = read(paths)
    if found is None or not held(paths):
        return ""
    return (
        f"Process {found.pid} on {found.host} holds {shown(paths.worker_lock)} and does not "
        f"answer. If it hangs, end it (kill {found.pid}); its jobs go on with the next worker. "
        "See: voxmend worker logs"
    )
