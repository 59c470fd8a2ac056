"""What the system's refusal to write means for the user, in one sentence.

Called by everything here that writes: stems and scratch files.
"""

from __future__ import annotations

import errno
from pathlib import Path

from voxmend_protocol.errors import DiskFull, OutputUnwritable, VoxmendError

from .source import shown

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def unwritten(path: Path, error: OSError) -> VoxmendError:
    """The error for a file that could not be made, filled or moved to its place."""
    name, folder = shown(path.name), shown(path.parent)
    if error.errno in _FULL:
        return DiskFull(f"There is no room for {name} in {folder}; free some space, then retry.")
    if error.errno == errno.EFBIG:
        return OutputUnwritable(
            f"The disk of {folder} cannot hold a file as large as {name}; choose a folder on "
            "another disk, or a shorter clip."
        )
    if error.errno == errno.EEXIST:
        return OutputUnwritable(
            f"{name} exists in {folder} and is never overwritten; move it or choose another folder."
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return OutputUnwritable(f"There is no folder {folder}; make it or choose another one.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputUnwritable(
            f"{folder} may not be written; give your account the right to write there, or choose "
            "another folder."
        )
    return OutputUnwritable(
        f"{name} could not be written to {folder} ({error.strerror or type(error).__name__}); "
        "check the disk, or choose another folder."
    )
