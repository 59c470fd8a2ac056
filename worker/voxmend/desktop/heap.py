"""Keeps what a process frees for what it asks next, where the C library can be told so.

glibc gives each large block back to the system at once, and the system zeroes it anew for the next
tensor of the same size: in a process that only measures, a third of the time. For short-lived
commands, not for the worker, whose memory others want back.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""``mallopt``'s names: malloc.h of glibc."""

LARGE = 1 << 30


def keep_freed() -> bool:
    """Ask for it; False where nobody understands."""
    if not sys.platform.startswith("linux"):
        return False
    with contextlib.suppress(OSError, AttributeError):  # musl has no mallopt
        library = ctypes.CDLL(None)
        return all(library.mallopt(kind, LARGE) for kind in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD))
    return False
