"""The newest jobs as they stand on disk, for a shell that completes an id: no worker is asked or
started, nothing is written, and what cannot be read is nothing."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from voxmend_protocol import JobRecord, codec
from voxmend_protocol.errors import VoxmendError

from .. import safe_files

BUSY_S = 0.2


def newest(database: Path, most: int) -> list[JobRecord]:
    """At most so many jobs, the newest first; none where the list cannot be read."""
    try:
        safe_files.status(database)
        place = f"{database.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(place, timeout=BUSY_S, uri=True)) as db:
            rows = db.execute("SELECT record FROM job ORDER BY seq DESC LIMIT ?", (most,))
            return [codec.from_dict(JobRecord, codec.parse(text.encode())) for (text,) in rows]
    except (sqlite3.Error, OSError, VoxmendError, AttributeError, TypeError, ValueError):
        return []
