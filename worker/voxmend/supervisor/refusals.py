"""What sqlite refuses, in words a user understands, with a next step that loses no job.

A full disk is told by what the disk says now, not only by sqlite's code: a file that cannot grow,
be made or be mapped is reported as a failing disk or as one that cannot be opened. To begin a new
list is said only of a file that is none, and then with what that costs.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from voxmend_protocol.errors import DiskFull, EnvironmentProblem, VoxmendError

from ..disk import crowded, own_error, shown

_FULL = (sqlite3.SQLITE_FULL,)
_OPEN_ELSEWHERE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_NO_LIST = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_RIGHTS = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
_DISK = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL)


def _code(error: sqlite3.Error) -> int:
    """sqlite's primary code; 0 where Python itself refused."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def in_doubt(error: sqlite3.Error) -> bool:
    """Whether a commit that ended so may have reached the disk all the same: its bytes were
    written, and then the disk did not say that it keeps them."""
    return _code(error) in (*_DISK, sqlite3.SQLITE_CANTOPEN)


def refused(path: Path, error: sqlite3.Error | OSError) -> VoxmendError:
    """The error for what was met while the job list was opened, read or written; what was asked
    has not happened."""
    if isinstance(error, OSError):
        return own_error(path.parent, error)
    code, folder, why = _code(error), shown(path.parent), shown(str(error))
    if code in _FULL or (code in (*_DISK, *_RIGHTS) and crowded(path.parent)):
        return DiskFull(
            f"There is no room left in {folder}, where the jobs are written down. Free some, then "
            "try again. No job is lost."
        )
    if code in _OPEN_ELSEWHERE:
        return EnvironmentProblem(
            f"Another program has the job list {shown(path)} open ({why}). End it, then try again."
        )
    if code in _NO_LIST:
        return _damaged(path, why)
    if code in _RIGHTS:
        return EnvironmentProblem(
            f"The job list {shown(path)} cannot be written ({why}). Mend the rights of {folder} "
            "and of what lies in it, then try again. See: voxmend doctor"
        )
    if code in _DISK:
        return EnvironmentProblem(
            f"The disk failed at the job list {shown(path)} ({why}). Leave the file where it is, "
            "check the disk, then type: voxmend worker start"
        )
    return EnvironmentProblem(
        f"The job list {shown(path)} cannot be used ({why}). Leave it where it is. "
        "See: voxmend doctor"
    )


def headless(path: Path) -> VoxmendError:
    """The error for a list that is gone or empty, while its log still holds some of it."""
    return _damaged(path, "it is empty or gone, and its log is not")


def _damaged(path: Path, why: str) -> VoxmendError:
    return EnvironmentProblem(
        f"The job list {shown(path)} is damaged, or is none ({why}). Put a copy back that is "
        "whole. Without one, keep the file in another folder, with those beside it that end in "
        "-wal and -shm: the next start begins an empty list, and what waited in the old one "
        "must be submitted again. Stems are not touched."
    )


def doubtful(path: Path, error: sqlite3.Error, what: str) -> VoxmendError:
    """The error where nobody can say whether the disk has kept it.

    Args:
        what: what may or may not have happened, as the beginning of a sentence.
    """
    why = shown(str(error))
    sentence = (
        f"{what} may have been written down or not: the disk failed at {shown(path)} ({why}). "
        "Check it, and once the worker runs again, look: voxmend jobs list"
    )
    if crowded(path.parent):
        return DiskFull(f"There is no room left in {shown(path.parent)}. {sentence}")
    return EnvironmentProblem(sentence)
