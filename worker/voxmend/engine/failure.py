"""What stopped a job, as the error that its user reads. Whoever carries jobs out asks here, so that
one defect has one sentence wherever the job ran.
"""

from __future__ import annotations

import sys

from voxmend_protocol.errors import InternalError, OutOfMemory, VoxmendError

from .. import descriptors, shortage
from ..disk import disk_error
from ..log import log_defect


def failure(error: Exception, job: str) -> VoxmendError:
    """The error for whatever a job has raised; a defect goes into the log.

    Args:
        error: its frames hold signals, and an open scratch file keeps its room on the disk: they
            are let go.
    """
    if isinstance(error, VoxmendError):
        found: VoxmendError = error.with_traceback(None)
    elif isinstance(error, MemoryError):
        found = OutOfMemory("There is not enough memory for this clip. Split it.")
    elif isinstance(error, OSError):
        log_defect("disk", job=job)
        found = _no_memory() if shortage.is_one(error) else disk_error(error)
        found.__cause__ = error
    else:
        found = _defect(error, job)
    return descriptors.in_place_of(found) or found


def short(error: BaseException) -> bool:
    """Whether memory ran out, while a network was loaded or elsewhere."""
    from ..networks.memory import out_of_memory

    return out_of_memory(error)


def _no_memory() -> OutOfMemory:
    return OutOfMemory("There is not enough memory for this clip. Close other programs.")


def _defect(error: Exception, job: str) -> VoxmendError:
    log_defect("defect", job=job)
    # Where there was no room for torch itself, nobody can ask it.
    if shortage.is_one(error) or ("torch" in sys.modules and short(error)):
        return _no_memory()
    return InternalError("voxmend failed at this clip. See: voxmend worker logs")
