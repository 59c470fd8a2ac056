"""How much of the machine the engine leaves to other programs: processor and disk.

Linux: the nice value counts among the threads of one *autogroup*, and each session has one of its
own; among autogroups counts their own nice value (sched(7)). A worker is a session by itself, so a
nice value alone would take nothing from it. The engine begins a session for itself and writes both.
In a control group with a weight, as systemd makes them, that weight counts instead: it is said.
Windows: a priority class. macOS: nice and a disk policy; never a background process, whose work for
the graphics card is slowed too.

nice 15 is a weight of 36 against 1024: a busy thread beside a busy one of the engine loses 3.4 %.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import time
from pathlib import Path

import psutil

NORMAL, LOW, IDLE = "normal", "low", "idle"
CHOICES = (LOW, IDLE, NORMAL)

NICE = {LOW: 15, IDLE: 19}
_TRIES, _AGAIN_S = 5, 0.15
"""The kernel takes one new value of an autogroup in a tenth of a second, from all users."""
_IOPOL_TYPE_DISK, _IOPOL_SCOPE_PROCESS, _IOPOL_THROTTLE, _IOPOL_UTILITY = 0, 0, 3, 4
_AUTOGROUP = Path("/proc/self/autogroup")


def lower(priority: str) -> str:
    """Lower this process, for good; for its main thread, before others are there. Nothing raises a
    process that began lower than asked for.

    Returns:
        What is so now, read back, in words. Where the system refused something, that shows.
    """
    if priority in NICE:
        with contextlib.suppress(psutil.Error, OSError, AttributeError, ValueError):
            _system(priority)
    return told()


def _system(priority: str) -> None:
    process = psutil.Process()
    if sys.platform == "win32":
        idle = priority == IDLE
        process.nice(psutil.IDLE_PRIORITY_CLASS if idle else psutil.BELOW_NORMAL_PRIORITY_CLASS)
        process.ionice(psutil.IOPRIO_VERYLOW if idle else psutil.IOPRIO_LOW)
        return
    nice = max(NICE[priority], process.nice())
    process.nice(nice)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # it leads a group already: then its session stays
            os.setsid()
        if os.getsid(0) == os.getpid():  # never of a session that others are in
            _group(nice)
        with contextlib.suppress(psutil.Error, OSError):
            if priority == IDLE:
                process.ionice(psutil.IOPRIO_CLASS_IDLE)
            else:
                process.ionice(psutil.IOPRIO_CLASS_BE, 7)
        if priority == IDLE:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif sys.platform == "darwin":
        policy = _IOPOL_THROTTLE if priority == IDLE else _IOPOL_UTILITY
        ctypes.CDLL(None).setiopolicy_np(_IOPOL_TYPE_DISK, _IOPOL_SCOPE_PROCESS, policy)


def _group(nice: int) -> None:
    """Lower the autogroup of this session; kernels without them have no such file."""
    for _ in range(_TRIES):
        try:
            _AUTOGROUP.write_text(str(nice))
        except BlockingIOError:
            time.sleep(_AGAIN_S)
        except OSError:
            return
        else:
            return


def told() -> str:
    """At which priority this process runs, in words."""
    process = psutil.Process()
    if sys.platform == "win32":
        name = getattr(process.nice(), "name", str(process.nice()))
        return str(name).removesuffix("_PRIORITY_CLASS").replace("_", " ").lower()
    words = [f"nice {process.nice()}"]
    if sys.platform == "linux":
        if os.sched_getscheduler(0) == os.SCHED_IDLE:
            words.append("scheduled as idle")
        if (group := _group_told()) is not None:
            words.append(f"autogroup {group}")
        with contextlib.suppress(psutil.Error, OSError):
            disk = process.ionice()
            if disk.ioclass == psutil.IOPRIO_CLASS_IDLE:
                words.append("disk idle")
            elif (disk.ioclass, disk.value) == (psutil.IOPRIO_CLASS_BE, 7):
                words.append("disk low")
        if (weight := _weight()) is not None:
            words.append(f"in a control group of weight {weight}")
    return ", ".join(words)


def _group_told() -> int | None:
    """The nice value of this session's autogroup; None where there are none, or none in use."""
    try:
        if Path("/proc/sys/kernel/sched_autogroup_enabled").read_text().strip() != "1":
            return None
        return int(_AUTOGROUP.read_text().split()[-1])
    except (OSError, ValueError, IndexError):
        return None


def _weight() -> str | None:
    """The processor weight of the control group (version 2) that this process is in."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            if line.startswith("0::/"):
                file = Path("/sys/fs/cgroup", line[4:], "cpu.weight")
                return file.read_text().strip()
    return None
