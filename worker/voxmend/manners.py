"""How torch behaves beside a DAW: its threads wait asleep, and memory that was freed is kept.

A network is a thousand small pieces of work, each shared among all cores, and whoever is done first
waits for the others. By default it does so awake, for a while that suits a machine with nothing
else to do. Where another program wants the cores, and a DAW does, the one that is waited for cannot
run, since the waiting one has its core: beside one other busy program HTDemucs took 11.6 s for a
window, and takes 3.9 s asleep. On a quiet machine it makes no difference: 2.2 s either way.

glibc gives each large block of memory back to the system at once, and the system zeroes it anew,
page by page, for the next tensor of the same size: a fifth of HTDemucs' time on the CPU, a third of
a diagnosis'. So it is kept while there is work, where the C library can be told so, and given back
after.

For the engine, and for commands that measure; all of it before torch is loaded.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Mapping, MutableMapping

ASLEEP: Mapping[str, str] = {"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "1"}
"""How often GNU's OpenMP looks before it goes to sleep (torch on Linux), and for how many
milliseconds Intel's and LLVM's (Windows, macOS) do, where 200 is usual."""

OWN = (*ASLEEP, "OMP_WAIT_POLICY")
"""Whoever sets one of these knows what they want."""

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Where OpenMP and the libraries for matrices look; onnxruntime is told torch's number."""

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""``mallopt``'s names: malloc.h of glibc."""


def wait_asleep(env: MutableMapping[str, str] = os.environ) -> None:
    """Have threads that wait sleep."""
    if not any(name in env for name in OWN):
        env.update(ASLEEP)


def share(threads: int, engines: int, env: Mapping[str, str] = os.environ) -> int:
    """The threads that one of several engines computes with.

    Args:
        threads: of all engines together; 0: as many as there are cores, or the user's own variable
            says.

    Returns:
        At least one; 0 where it has the machine to itself and no number was asked for.
    """
    if engines <= 1:
        return threads
    if not threads:
        said = env.get(THREADS[0], "")
        threads = int(said) if said.isdecimal() else _cores()
    return max(1, threads // engines)


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def use_threads(count: int, env: MutableMapping[str, str] = os.environ) -> None:
    """Have libraries compute with so many threads; 0: as they, or the user's own variables, say."""
    if count:
        env.update(dict.fromkeys(THREADS, str(count)))


def keep_memory() -> bool:
    """Keep what is freed for what is asked for next; False where nobody understands.

    No block gets a mapping of its own, however large: a limit to that would be 32 MB at most, and
    the outer layers of the networks write blocks of 50 MB and more. Pages of 2 MB, where the kernel
    gives them, leave a quarter of VoiceFixer's page faults.
    """
    if sys.platform != "linux":
        return False
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # torch reads it when it is loaded
    with contextlib.suppress(OSError, AttributeError):  # musl has no mallopt
        library = ctypes.CDLL(None)
        limits = ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1))
        return all([library.mallopt(kind, limit) for kind, limit in limits])
    return False


def give_back() -> None:
    """Return to the system what is kept."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
