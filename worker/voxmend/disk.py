"""Files that are whole or not there, and the system's refusals in words a user understands."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import DiskFull, OutputError, OutputUnwritable


def write_error(folder: str | Path, error: OSError) -> OutputError:
    """The error for an OSError met while writing into ``folder``."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"There is no room left in {folder}. Free some, then try again.")
    return OutputUnwritable(
        f"{folder} cannot be written ({error.strerror or error}). "
        "Choose another folder: --out FOLDER"
    )


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
