"""Files that are whole or not there, paths that can be printed, and the system's refusals in words
a user understands."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import (
    DiskFull,
    EnvironmentProblem,
    OutputError,
    OutputUnwritable,
    VoxmendError,
)

_FULL = (errno.ENOSPC, errno.EDQUOT)
_SMALL = 65_536
"""Bytes that a disk with room takes: what sqlite needs beside its list to open it."""


def shown(path: Path | str) -> str:
    """A path as it may stand in a sentence: what cannot be printed (line breaks, undecodable
    bytes, marks that turn the text around) is written as an escape."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(path)
    )


def write_error(
    folder: str | Path, error: OSError, instead: str = "Choose another folder: --out FOLDER"
) -> OutputError:
    """The error for an OSError met while writing into ``folder``; ``instead`` is the next step
    where there is room."""
    if error.errno in _FULL:
        return DiskFull(f"There is no room left in {folder}. Free some, then try again.")
    return OutputUnwritable(f"{folder} cannot be written ({error.strerror or error}). {instead}")


def own_error(folder: str | Path, error: OSError) -> VoxmendError:
    """The same where the folder is voxmend's own: a job cannot choose another one."""
    if error.errno in _FULL:
        return DiskFull(f"There is no room left in {folder}. Free some, then try again.")
    if error.errno == errno.EIO:
        return EnvironmentProblem(
            f"The disk failed at {folder} ({error.strerror}). Check it, then try again."
        )
    return EnvironmentProblem(
        f"{folder} cannot be written ({error.strerror or error}). Mend its rights, or move "
        "voxmend's folder: VOXMEND_HOME=FOLDER"
    )


def disk_error(error: OSError) -> VoxmendError:
    """The error for an OSError that was met somewhere: the file is known where the system told."""
    file = f" at {error.filename}" if error.filename else ""
    if error.errno in _FULL:
        return DiskFull(f"There is no room left{file}. Free some, then try again.")
    return EnvironmentProblem(
        f"A disk failed{file} ({error.strerror or error}). Check it, then try again. "
        "See: voxmend worker logs"
    )


def crowded(folder: Path) -> bool:
    """Whether the disk under ``folder`` takes not even a small file more. It is asked by writing
    one: quotas, and room kept for the system, are in no number that could be read."""
    try:
        handle, name = tempfile.mkstemp(prefix=".room-", dir=folder)
    except OSError as error:
        return error.errno in _FULL
    try:
        with open(handle, "wb", buffering=0) as file:
            left = memoryview(bytes(_SMALL))
            while left:
                left = left[file.write(left) :]
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno in _FULL
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)
    return False


def private(folder: Path) -> None:
    """Make a folder that only its owner may enter, with the parents it needs.

    Raises:
        OSError: it cannot be made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)  # mkdir's own mode holds for the last alone
    folder.mkdir(exist_ok=True, mode=0o700)


def put(file: Path, content: bytes) -> None:
    """Put ``content`` into ``file`` in one step: whoever reads it meets the old one or the new one.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        new.write_bytes(content)
        os.replace(new, file)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def write_json(file: Path, data: Any) -> None:
    """Put ``data`` into ``file`` in one step, durably.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    new = file.with_name(f".{file.name}")
    with open(new, "w", encoding="utf-8") as handle:
        json.dump(data, handle, indent=1, ensure_ascii=False)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(new, file)
    sync(file.parent)


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
    """Make the name of ``path`` durable, and that of each folder above it: one that was made lately
    may be gone after a power cut, and all that lies in it."""
    for folder in path.parents:
        sync(folder)
