"""What a job's record says where its engine could not do it."""

from __future__ import annotations

from voxmend_protocol.errors import EngineBroken, EngineCrashed, OutOfMemory, VoxmendError

from .events import EngineDied

MAX_MESSAGE = 400


def shorten(message: str, most: int = MAX_MESSAGE) -> str:
    """A message as a record carries it: a record has a size limit, job.json has none."""
    return message if len(message) <= most else message[: most - 1] + "…"


def broken(why: str) -> EngineBroken:
    """No engine is left for the job."""
    return EngineBroken(f"{why} See: voxmend doctor, then: voxmend worker restart")


def died(attempts: int, last: EngineDied) -> VoxmendError:
    """Each attempt at the job ended its engine."""
    times = f"The engine died on this clip {attempts} times, the last time"
    if last.short:
        return OutOfMemory(
            f"{times} for want of memory. Close other programs, or raise the limit that is set "
            "(worker.memory_gb, ulimit -v)."
        )
    return EngineCrashed(f"{times} with {last.reason}. See: voxmend worker logs")
