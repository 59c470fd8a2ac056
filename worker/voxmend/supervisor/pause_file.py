"""A pause that is to last, written down: it holds over a crash, a restart and the next log-in.

The running worker writes it; where none runs, whoever holds the worker's lock.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from voxmend_protocol import codec
from voxmend_protocol.errors import VoxmendError
from voxmend_protocol.pause import USER, Hold

from .. import safe_files
from ..disk import own_error, put
from ..foreign import table
from ..log import log

_MOST_BYTES = 4096


def read(file: Path) -> Hold | None:
    """The pause that lasts, if there is one. A file that cannot be read still says that somebody
    wanted no work."""
    if not file.exists():
        return None
    try:
        return codec.from_dict(Hold, table(safe_files.read(file, _MOST_BYTES)))
    except (OSError, ValueError, VoxmendError) as error:
        log("pause_unreadable", logging.WARNING, why=error)
        return Hold(USER, "unknown", "an unknown time")


def write(file: Path, hold: Hold | None) -> None:
    """Write it down; None: there is none any more.

    Raises:
        DiskFull, EnvironmentProblem: it cannot be.
    """
    try:
        if hold is None:
            file.unlink(missing_ok=True)
        else:
            put(file, json.dumps(codec.to_dict(hold)).encode(), 0o600)
    except OSError as error:
        raise own_error(file.parent, error) from None
