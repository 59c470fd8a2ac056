"""The system's refusals while REAPER's folders are written, as sentences with the next step."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voxmend_protocol.errors import DiskFull, OutputError, OutputUnwritable

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS}


def refusal(place: Path, error: OSError) -> OutputError:
    """The error for an OSError met at ``place``."""
    if error.errno in _FULL:
        return DiskFull(f"There is no room left in {place}. Free some, then type it again.")
    if error.errno in _READ_ONLY:
        return OutputUnwritable(
            f"{place} lies on a disk that can only be read. Make it writable, then type it again."
        )
    if isinstance(error, FileExistsError | NotADirectoryError):
        return OutputUnwritable(
            f"{error.filename or place} should be a folder and is not. Move it away, then type it "
            "again."
        )
    return OutputUnwritable(
        f"{place} cannot be written ({error.strerror or error}). Close programs that use it, give "
        "yourself the right to write there, then type it again."
    )


@contextmanager
def refusing(place: Path) -> Iterator[None]:
    """Within it an OSError becomes a sentence."""
    try:
        yield
    except OSError as error:
        raise refusal(place, error) from error
