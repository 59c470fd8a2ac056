"""The output folder of a job, as ``claims`` makes and keeps it, and what a finished one holds."""

from __future__ import annotations

from pathlib import Path

from voxmend_protocol import codec
from voxmend_protocol.errors import BadRequest
from voxmend_protocol.values import Decisions, Diagnosis, Stem, Verdict

from ..claims import (
    MANIFEST,
    MOST_BYTES,
    PARTIAL,
    candidates,
    claim,
    drop,
    folder_mode,
    keep,
    manifest,
    own,
    owner,
)
from ..engine import orders
from ..plain_names import within

__all__ = [
    "MANIFEST",
    "MOST_BYTES",
    "PARTIAL",
    "candidates",
    "claim",
    "drop",
    "folder_mode",
    "keep",
    "kept",
    "manifest",
    "own",
    "owner",
]


def kept(final: Path, job: str) -> orders.Done | None:
    """What lies in a final folder, as its engine said it, if it is this job's and complete."""
    found = manifest(final)
    if found.get("job") != job or found.get("state") != "succeeded":
        return None
    stems, decided = found.get("stems"), found.get("decided")
    damage, verdict = found.get("diagnosis"), found.get("verdict")
    try:
        read = tuple(codec.from_dict(Stem, stem) for stem in stems or ())
        for stem in read:
            within(final, stem.file)
        return orders.Done(
            job,
            read,
            codec.from_dict(Decisions, decided) if decided else None,
            codec.from_dict(Diagnosis, damage) if damage else None,
            codec.from_dict(Verdict, verdict) if verdict else None,
        )
    except (BadRequest, TypeError, ValueError):  # edited, or of another version: stems are there
        return orders.Done(job, ())
