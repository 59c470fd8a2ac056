"""What became of a batch: one row for each file, and how many of each kind. Pure."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from voxmend_protocol import JobRecord

from .forecast import Past
from .queue import Item, Queue, State

WORDS: dict[State, str] = {
    "succeeded": "done",
    "skipped": "done before",
    "failed": "failed",
    "cancelled": "cancelled",
    "queued": "queued",
    "running": "running",
    "waiting": "not begun",
}
"""What each state is called where people read it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One file, in plain values; None where nothing is known.

    Attributes:
        file: as it was named.
        state: see ``WORDS``.
        sound_s, took_s: seconds of sound, and of work.
        stems: whole paths.
        verdict: what came of it, in a sentence.
    """

    file: str
    state: State
    preset: str | None = None
    job: str | None = None
    folder: str | None = None
    device: str | None = None
    sound_s: float | None = None
    took_s: float | None = None
    stems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    code: str | None = None
    message: str | None = None
    verdict: str | None = None


def row(item: Item) -> Row:
    """The row of a file."""
    record, error = item.record, item.error
    asked = record or item.submit
    took = past(record) if record is not None else None
    return Row(
        item.file.path,
        item.state,
        asked.preset if asked else None,
        item.job,
        item.folder,
        record.device if record else None,
        took.sound_s if took else item.sound_s,
        took.took_s if took else None,
        stems(record) if record else (),
        tuple(f"{w.message} [{w.code}]" for w in record.warnings) if record else (),
        error.code if error else None,
        error.message if error else None,
        record.verdict.headline if record and record.verdict else None,
    )


def stems(record: JobRecord) -> tuple[str, ...]:
    """The whole paths of a job's stems."""
    return tuple(os.path.join(record.folder or "", stem.file) for stem in record.stems)


def past(record: JobRecord) -> Past | None:
    """What a job that succeeded says of the time that others will take."""
    if record.state != "succeeded" or not record.stems or not record.started or not record.finished:
        return None
    try:
        took = datetime.fromisoformat(record.finished) - datetime.fromisoformat(record.started)
    except ValueError:
        return None
    stem = record.stems[0]
    seconds = took.total_seconds()
    return Past(stem.frames / stem.rate, seconds) if seconds > 0 and stem.rate > 0 else None


@dataclass(frozen=True, slots=True)
class Summary:
    """How many files of each kind there are, and what they amount to.

    Attributes:
        sound_s: seconds of sound in the files that were done now.
        took_s: seconds that the batch took.
    """

    files: int
    done: int
    skipped: int
    failed: int
    cancelled: int
    not_begun: int
    warned: int
    sound_s: float
    took_s: float

    @classmethod
    def of(cls, rows: Sequence[Row], took_s: float) -> Summary:
        """Count the rows."""
        states = Counter(row.state for row in rows)
        return cls(
            len(rows),
            states["succeeded"],
            states["skipped"],
            states["failed"],
            states["cancelled"],
            states["waiting"] + states["queued"] + states["running"],
            sum(bool(row.warnings) for row in rows),
            round(sum(row.sound_s or 0.0 for row in rows if row.state == "succeeded"), 3),
            round(took_s, 3),
        )

    def plain(self) -> dict[str, int | float]:
        """As ``--json`` has it."""
        return {name: getattr(self, name) for name in self.__slots__}


def first_error(queue: Queue) -> Item | None:
    """The first file of the list that failed or was cancelled."""
    return next((item for item in queue.items if item.state in ("failed", "cancelled")), None)
