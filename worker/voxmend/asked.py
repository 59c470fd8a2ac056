"""What is asked for, as far as the system's files go: a source that is a file, and names for stems
that a disk takes. The supervisor asks before a job exists, and so does who gives one to a cluster.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from voxmend_protocol.errors import (
    BadRequest,
    InputMissing,
    InputUnreadable,
    VoxmendError,
)

from . import safe_files
from .disk import shown
from .plain_names import fault, stem_name


def mind_files(pattern: str | None, names: Sequence[str], preset: str) -> None:
    """A disk takes the names of the stems' files. The song's own gives way, so it is left out."""
    for name in names if pattern is not None else ():
        if wrong := fault(f"{stem_name(pattern or '', '', name, preset)}.flac"):
            raise BadRequest(
                f"output.files: the name that it gives {name} {wrong}. Write a shorter pattern of "
                "plain letters."
            )


def status_of(source: Path, shared: bool = False) -> os.stat_result:
    """Size and time of a source.

    Raises:
        InputMissing, InputUnreadable: there is no such file, or it is no file.
    """
    try:
        found = safe_files.status(source) if shared else source.stat()
    except safe_files.UnsafeError as error:
        raise InputUnreadable(shown(str(error))) from None
    except OSError as error:
        raise _absent(source, error) from None
    except ValueError:
        raise InputMissing(f"{source} is not a path. Check it and try again.") from None
    if stat.S_ISDIR(found.st_mode):
        raise InputUnreadable(f"{source} is a folder. Name the audio files in it.")
    if not stat.S_ISREG(found.st_mode):
        raise InputUnreadable(f"{source} is not a regular file. Copy the audio into one.")
    return found


def _absent(source: Path, error: OSError) -> VoxmendError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return InputMissing(f"There is no file {source}. Check the path and try again.")
    if error.errno == errno.EACCES:
        return InputUnreadable(f"{source} may not be read. Give yourself the right to read it.")
    return InputUnreadable(f"{source} cannot be reached ({error.strerror}). Check the drive.")
