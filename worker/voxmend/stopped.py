"""A worker that was told to stop stays so until a new job comes, or somebody starts it.

``voxmend worker stop`` lays a sign. Whoever only has a question, or follows a job, sees it and
starts nothing; the next worker takes it away. One that was killed or was idle leaves no sign: it is
started again on demand, and its jobs go on.
"""

from __future__ import annotations

import contextlib

from voxmend_protocol.errors import WorkerUnreachable

from .disk import own_error, put
from .paths import Paths


def lay(paths: Paths) -> bool:
    """Lay the sign, before the worker ends: whoever loses it then must not start another. False
    where one lies there already, or there is no folder for it: then there never was a worker.

    Raises:
        DiskFull, EnvironmentProblem: it cannot be laid.
    """
    file = paths.stop_file
    if file.exists() or not file.parent.is_dir():
        return False
    try:
        put(file, b"{}", 0o600)
    except OSError as error:
        raise own_error(file.parent, error) from None
    return True


def lift(paths: Paths) -> None:
    """Take the sign away, if there is one."""
    with contextlib.suppress(OSError):
        paths.stop_file.unlink(missing_ok=True)


def lies(paths: Paths) -> bool:
    """Whether somebody has stopped the worker."""
    return paths.stop_file.exists()


def refuse(paths: Paths) -> None:
    """Start nothing where somebody has stopped the worker.

    Raises:
        WorkerUnreachable: somebody has.
    """
    if lies(paths):
        raise WorkerUnreachable(
            "The worker was stopped. A new job starts it, or: voxmend worker start"
        )
