"""A limit to the memory that the engine takes, held by the system.

What asks for more is refused, as on a machine that has no more, and the memory ladder does the
rest: smaller steps, idle networks go, the card's work to the CPU, and in the end a sentence that
names this setting. Linux counts what is written to and not shared (RLIMIT_DATA), Windows what
is committed (a job object). macOS holds neither: there it is said that there is no limit.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_PROCESS_MEMORY = 0x100
_EXTENDED_LIMIT_INFORMATION = 9


def hold(gb: float) -> int | None:
    """Let this process take so much, in gigabytes of 1e9 bytes; 0: as much as there is.

    Returns:
        The limit in bytes, as it is held; None where none is.
    """
    if gb <= 0:
        return None
    limit = round(gb * 1e9)
    try:
        return _hold(limit)
    except (OSError, ValueError, AttributeError):
        return None


def _hold(limit: int) -> int | None:
    if sys.platform == "linux":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        if most != resource.RLIM_INFINITY:
            limit = min(limit, most)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))
        return limit
    return _job(limit) if sys.platform == "win32" else None


def _job(limit: int) -> int | None:
    """On Windows: a job object of this process alone. It goes with the process."""
    kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    for name in ("CreateJobObjectW", "GetCurrentProcess"):
        getattr(kernel, name).restype = ctypes.c_void_p
    job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
    limits = _Limits(flags=_PROCESS_MEMORY, process_memory=limit)
    known = ctypes.c_int(_EXTENDED_LIMIT_INFORMATION)
    size = ctypes.sizeof(limits)
    if not kernel.SetInformationJobObject(job, known, ctypes.byref(limits), size):
        return None
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    return limit if kernel.AssignProcessToJobObject(job, process) else None


class _Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION of winnt.h."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_set", ctypes.c_size_t),
        ("most_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
        ("io", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process", ctypes.c_size_t),
        ("peak_job", ctypes.c_size_t),
    )
