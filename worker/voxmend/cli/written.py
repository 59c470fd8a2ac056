"""Where a batch's report goes: whole or not at all, and never over a file that exists."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import BadRequest, OutputUnwritable

from .. import disk, safe_files
from ..batch.sheet import FORMATS, sheet
from ..batch.summary import Row, Summary
from ..disk import shown


def mind_report(file: Path) -> None:
    """Refuse before the work what could not be written after it.

    Raises:
        BadRequest: its name has no known ending.
        OutputUnwritable: it exists, or there is no such folder, or it may not be written.
    """
    if _form(file) not in FORMATS:
        raise BadRequest(
            f"--report {shown(file.name)}: name a file that ends in .html, .csv or .json."
        )
    if os.path.lexists(file):
        raise OutputUnwritable(f"{shown(file)} exists. Choose another name for --report.")
    if not os.path.isdir(file.parent) or not os.access(file.parent, os.W_OK):
        raise OutputUnwritable(
            f"{shown(file.parent)} is no folder that can be written. Choose another for --report."
        )


def write_report(
    file: Path, rows: Sequence[Row], summary: Summary, items: Sequence[dict[str, Any]]
) -> Path:
    """Write it in one step; if its name was taken meanwhile, under the next that is free.

    Returns:
        Where it lies.

    Raises:
        OutputUnwritable, DiskFull: it cannot be written.
    """
    data = sheet(_form(file), rows, summary, items).encode("utf-8", "backslashreplace")
    try:
        for number in range(2, 10_000):
            taken = file if number == 2 else file.with_stem(f"{file.stem}_{number - 1}")
            if not os.path.lexists(taken) and safe_files.put_new(taken, data):
                return taken
    except OSError as error:
        raise disk.write_error(file, error, "Choose another place: --report FILE") from None
    raise OutputUnwritable(f"{shown(file)} exists. Choose another name for --report.")


def _form(file: Path) -> str:
    return file.suffix.lower().removeprefix(".")
