"""Files that are whole or not there, paths that can be printed, and the system's refusals in words
a user understands."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import (
    DiskFull,
    EnvironmentProblem,
    OutputError,
    OutputUnwritable,
    VoxmendError,
)

from . import safe_files
from .terminal import harmless

_FULL = (errno.ENOSPC, errno.EDQUOT)
_SMALL = 65_536
"""Bytes that a disk with room takes: what sqlite needs beside its list to open it."""


def shown(path: Path | str) -> str:
    """A path as it may stand in a sentence: what cannot be printed (line breaks, undecodable
    bytes, marks that turn the text around) is written as an escape."""
    return harmless(str(path), kept="")


def full(error: OSError) -> bool:
    """Whether there was no room, or the user's quota is used up."""
    return error.errno in _FULL


def write_error(
    folder: str | Path, error: OSError, instead: str = "Choose another folder: --out FOLDER"
) -> OutputError:
    """The error for an OSError met while writing into ``folder``; ``instead`` is the next step
    where there is room."""
    if full(error):
        return DiskFull(f"There is no room left in {folder}. Free some, then try again.")
    if isinstance(error, safe_files.UnsafeError):
        return OutputUnwritable(shown(str(error)))
    return OutputUnwritable(f"{folder} cannot be written ({error.strerror or error}). {instead}")


def output(file: Path) -> Path:
    """Where a file goes that the user has named, by ``safe_files.resolved``. In its own place a
    link of another user is not followed: nobody means by such a name what he did not lay there.

    Raises:
        OutputUnwritable: there is one.
    """
    with contextlib.suppress(OSError):
        found = os.lstat(file)
        if stat.S_ISLNK(found.st_mode) and not safe_files.trusted_owner(found):
            raise OutputUnwritable(
                f"{shown(file)} is a link that another user made. Choose another name."
            )
    return Path(safe_files.resolved(file))


def own_error(folder: str | Path, error: OSError) -> VoxmendError:
    """The same where the folder is voxmend's own: a job cannot choose another one."""
    in_the_way = _folder_for_file(error)
    if in_the_way:
        return EnvironmentProblem(
            f"{shown(in_the_way)} is a folder, and voxmend keeps a file there. Move it elsewhere, "
            "then try again."
        )
    if full(error):
        return DiskFull(f"There is no room left in {folder}. Free some, then try again.")
    if error.errno == errno.EIO:
        return EnvironmentProblem(
            f"The disk failed at {folder} ({error.strerror}). Check it, then try again."
        )
    return EnvironmentProblem(
        f"{folder} cannot be written ({error.strerror or error}). Mend its rights, or move "
        "voxmend's folder: VOXMEND_HOME=FOLDER"
    )


def _folder_for_file(error: OSError) -> str:
    """The folder that stands where a file was to be written; empty if it was something else."""
    if not isinstance(error, IsADirectoryError | FileExistsError | PermissionError):
        return ""
    # Of a rename the second name is where the file was to stand.
    last = error.filename2 or error.filename
    if not isinstance(last, str | bytes | os.PathLike) or not os.path.isdir(last):
        return ""
    return os.fsdecode(last) if isinstance(error, IsADirectoryError) or error.filename2 else ""


def disk_error(error: OSError) -> VoxmendError:
    """The error for an OSError that was met somewhere: the file is known where the system told."""
    file = f" at {error.filename}" if error.filename else ""
    if full(error):
        return DiskFull(f"There is no room left{file}. Free some, then try again.")
    return EnvironmentProblem(
        f"A disk failed{file} ({error.strerror or error}). Check it, then try again. "
        "See: voxmend worker logs"
    )


def met(error: BaseException) -> VoxmendError | None:
    """The error for what no caller foresaw, where the system has refused a file and said which:
    a folder that may not be entered, a name that is too long, a disk that is gone. None where it
    was something else."""
    if isinstance(error, safe_files.UnsafeError):
        return EnvironmentProblem(shown(str(error)))
    if not isinstance(error, OSError) or not isinstance(error.filename, str | bytes | Path):
        return None
    file = shown(os.fsdecode(error.filename))
    if full(error):
        return DiskFull(f"There is no room left at {file}. Free some, then try again.")
    return EnvironmentProblem(
        f"{file} cannot be used ({error.strerror or error}). Mend its rights or its disk, or name "
        "another place."
    )


def crowded(folder: Path) -> bool:
    """Whether the disk under ``folder`` takes not even a small file more. It is asked by writing
    one: quotas, and room kept for the system, are in no number that could be read."""
    try:
        handle, name = tempfile.mkstemp(prefix=".room-", dir=folder)
    except OSError as error:
        return full(error)
    try:
        with open(handle, "wb", buffering=0) as file:
            left = memoryview(bytes(_SMALL))
            while left:
                left = left[file.write(left) :]
            os.fsync(file.fileno())
    except OSError as error:
        return full(error)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)
    return False


def private(folder: Path) -> str:
    """Make a folder that only its owner may enter, with the parents it needs; see that it is mine,
    and close it to others where it was not.

    Returns:
        What the user should know, as a sentence; empty where all was as it should be.

    Raises:
        EnvironmentProblem: it, or what lies in it, is another's or open to others.
        OSError: it cannot be made.
    """
    with safely():
        return safe_files.keep_private(folder)


def mine(folder: Path) -> None:
    """Make a folder that others may read, or see that nobody but me or root can write the one that
    is there.

    Raises:
        EnvironmentProblem: somebody can.
        OSError: it cannot be made.
    """
    with safely():
        safe_files.make_folders(folder, 0o755)
        safe_files.insist_mine(folder)


@contextmanager
def safely() -> Iterator[None]:
    """Within it a file that is not to be trusted is refused with the next step.

    Raises:
        EnvironmentProblem: it is not to be trusted.
    """
    try:
        yield
    except safe_files.UnsafeError as error:
        raise EnvironmentProblem(shown(str(error))) from None


def own_text(file: Path, limit: int) -> str:
    """A text of the user's own: settings that decide what is done.

    Args:
        limit: bytes that it may have.

    Raises:
        EnvironmentProblem: others may write it, or it is no file, or larger.
        OSError: it is not there, or cannot be read.
        UnicodeDecodeError: it is no UTF-8.
    """
    with safely():
        return safe_files.read_text(file, limit)


def put(file: Path, content: bytes, mode: int = 0o666) -> None:
    """Put ``content`` into ``file`` in one step: whoever reads it meets the old one or the new one.

    Args:
        mode: of the new file, less the umask.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    with safe_files.put_beside(file, mode) as new:
        new.write(content)


def write_json(file: Path, data: Any, mode: int = 0o666) -> None:
    """Put ``data`` into ``file`` in one step, durably.

    Args:
        mode: of the new file, less the umask.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    with safe_files.put_beside(file, mode, durable=True) as new:
        text = io.TextIOWrapper(new, encoding="utf-8", write_through=True)
        json.dump(data, text, indent=1, ensure_ascii=False)
        text.detach()


def sync(folder: Path) -> None:
    """Make what was renamed within ``folder`` durable, where the system can."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def anchor(path: Path) -> None:
    """Make the name of ``path`` durable, and that of each folder above it on its disk: one that was
    made lately may be gone after a power cut, and all that lies in it."""
    with contextlib.suppress(OSError):
        disk = path.parent.stat().st_dev
        for folder in path.parents:
            if folder.stat().st_dev != disk:
                return
            sync(folder)
