"""Whether a program has a file open for writing, where the system can say so.

Linux grants a read lease only on a file that nobody has open for writing, Windows opens a file
without sharing only where nobody else has it open. Elsewhere, on foreign files and on network
shares there is no answer, which is taken for no. Called by ``look``; it is one doubt among others.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from pathlib import Path

from .. import safe_files


def being_written(path: Path) -> bool:
    """Whether we know that some program can still write to the file."""
    if sys.platform == "linux":
        return _refuses_a_lease(path)
    if sys.platform == "win32":
        return _is_shared(path)
    return False


def _refuses_a_lease(path: Path) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        handle = safe_files.opened(path, "shared")
    except OSError:
        return False
    try:
        # Who opens the file for writing in this instant makes the system signal us. By default
        # that would be SIGIO, which ends a process; SIGURG is ignored.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(handle)
    return False


def _is_shared(path: Path) -> bool:
    if sys.platform != "win32":
        return False
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateFileW.restype = wintypes.HANDLE
    generic_read, open_existing, sharing_violation = 0x80000000, 3, 32
    handle = kernel.CreateFileW(str(path), generic_read, 0, None, open_existing, 0, None)
    if handle != wintypes.HANDLE(-1).value:
        kernel.CloseHandle(wintypes.HANDLE(handle))
        return False
    return ctypes.get_last_error() == sharing_violation
