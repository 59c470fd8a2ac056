"""``pause`` and ``resume`` for the command line: asked of the worker, or written down for the next.

Neither starts a worker: who wants quiet does not want one, and who resumes has no job for it yet.
"""

from __future__ import annotations

import time

from filelock import FileLock, Timeout

from voxmend_protocol.errors import UnknownType, UnsupportedVersion, WorkerUnreachable
from voxmend_protocol.messages import Ack, Report, Status
from voxmend_protocol.pause import USER, Hold, Pause, Resume

from .. import holder, paths, wire
from ..disk import own_error, private
from . import pause_file
from .performer import today

WAIT_S = 10.0
"""For a worker that is just starting or ending."""


def pause() -> bool:
    """Pause the worker. False where none runs: the next one starts paused.

    Raises:
        VoxmendError: it cannot be asked, or the pause cannot be written down.
    """
    if _ask(Pause()) is not None:
        return True
    return _write(Hold(USER, "cli", today()), Pause())


def resume() -> bool:
    """End every pause. False where there was none.

    Raises:
        VoxmendError: the worker cannot be asked, or the file that says so cannot be removed.
    """
    before = _ask(Resume())
    if before is not None:
        return bool(before.paused)
    if not paths.find().pause_file.exists():
        return False
    _write(None, Resume())
    return True


def _ask(request: Pause | Resume) -> Report | None:
    """How the worker was before it did as it was told; None where none runs."""
    try:
        with wire.client() as client:
            before = client.request(Status(), Report)
            client.request(request, Ack)
            return before
    except UnknownType:
        raise UnsupportedVersion(
            "The worker that runs is of an earlier version and cannot be paused. Type: "
            "voxmend worker restart"
        ) from None
    except WorkerUnreachable:
        where = paths.find()
        if where.worker_file.exists() and holder.held(where):
            raise
        return None


def _write(hold: Hold | None, instead: Pause | Resume) -> bool:
    """Write it down for the next worker, which cannot start meanwhile. True where one has started
    just before, and was asked."""
    where = paths.find()
    lock = FileLock(where.worker_lock, timeout=0)
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            private(where.state)
            private(where.worker_lock.parent)
            lock.acquire()
        except Timeout:
            if _ask(instead) is not None:
                return True
            if time.monotonic() > deadline:
                raise WorkerUnreachable(
                    "The worker is starting or ending. Try again in a moment."
                ) from None
            time.sleep(0.2)
        except OSError as error:
            raise own_error(where.state, error) from None
        else:
            try:
                pause_file.write(where.pause_file, hold)
            finally:
                lock.release()
            return False
