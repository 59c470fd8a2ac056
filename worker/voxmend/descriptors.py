"""Files and connections a process may have open at once, and what it means when there are no more.

Every connection to the worker takes a descriptor, idle ones too, and so does every file. The system
gives a process 1,024 at first, and more to who asks. Where they are used up, the next file that is
opened is not at fault, whichever it is: ``in_place_of`` finds out, once for all that can fail.
"""

from __future__ import annotations

import errno
import os

if os.name == "posix":
    import resource  # now: once there are none left, it could not be loaded

from voxmend_protocol.errors import TooManyFiles, VoxmendError

MOST = 16384
"""Enough for any client, and few enough that lists of them cost nothing."""
SPARE = 4
"""As many must be left, or a failure is put down to there being none."""
_GONE = (errno.EMFILE, errno.ENFILE)


def raise_limit() -> int | None:
    """Ask the system for as many descriptors as it gives, up to ``MOST``. The number there is then;
    None where the system counts otherwise."""
    if os.name != "posix":
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return None
    wanted = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if wanted > soft:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):  # macOS refuses more than its own limit for a process
            return soft
    return max(soft, wanted)


def limit() -> int | None:
    """How many this process may have."""
    if os.name != "posix":
        return None
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if soft == resource.RLIM_INFINITY else soft


def are_gone() -> bool:
    """Whether no more than a few descriptors are left. What fails then may have failed of that,
    even where a library has kept the reason to itself."""
    taken: list[int] = []
    try:
        for _ in range(SPARE):
            taken.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in _GONE
    finally:
        for one in taken:
            os.close(one)
    return False


def in_place_of(error: BaseException) -> VoxmendError | None:
    """The error to tell instead of this one, where it came of descriptors that are used up; None
    where it did not."""
    seen: BaseException | None = error
    while seen is not None:
        if getattr(seen, "errno", None) in _GONE:  # OSError's, and libzmq's
            return _error()
        seen = seen.__cause__ or seen.__context__
    return _error() if are_gone() else None


def _error() -> TooManyFiles:
    most = limit()
    many = f", and it may have {most}" if most is not None else ""
    return TooManyFiles(
        f"voxmend has too many files and connections open{many}. Close programs that use it, then "
        "try again; if it stays so: voxmend worker restart"
    )
