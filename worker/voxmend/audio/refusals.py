"""What the system's refusal to write means for the user, in one sentence.

Called by everything here that writes: stems, whose folder the user chose, and scratch files, whose
folder nobody did.
"""

from __future__ import annotations

import errno
from pathlib import Path

from voxmend_protocol.errors import DiskFull, EnvironmentProblem, OutputUnwritable, VoxmendError

from ..disk import shown

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


def unkept(path: Path, error: OSError) -> VoxmendError:
    """The error for a scratch file, or a finished one of ours, that the system does not take."""
    name, folder = shown(path.name), shown(path.parent)
    if error.errno in _FULL:
        return DiskFull(f"There is no room for {name} in {folder}; free some space, then retry.")
    if error.errno == errno.EFBIG:
        return EnvironmentProblem(
            f"The disk of {folder} cannot hold a file as large as {name}; take a shorter clip."
        )
    return EnvironmentProblem(
        f"{name} could not be written to {folder} ({error.strerror or type(error).__name__}); "
        "check its disk and your right to write there, then retry."
    )
