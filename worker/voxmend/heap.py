"""Memory that was freed, kept for what is asked for next, where the C library can be told so.

Otherwise glibc gives each large block back to the system at once, and the system zeroes it anew,
page by page, for the next tensor of the same size: a fifth of HTDemucs' time on the CPU, a third of
a diagnosis'. For the engine, and for commands that measure.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""``mallopt``'s names: malloc.h of glibc."""


def keep() -> bool:
    """Ask for it, before torch is loaded; False where nobody understands.

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
