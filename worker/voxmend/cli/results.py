"""What ``restore`` prints of its files: the same form for one and for many."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voxmend_protocol import JobRecord, VoxmendError, codec
from voxmend_protocol.values import Stem

from .. import foreign, safe_files
from ..batch.done import manifest
from ..batch.queue import Item
from ..batch.summary import Summary
from ..report.facts import MOST_BYTES
from .screen import error_object, put, show


def item_of(item: Item) -> dict[str, Any]:
    """One file as ``--json`` has it."""
    told: dict[str, Any] = {"file": item.file.path, "state": item.state}
    if item.job is not None:
        told.update(job=item.job, stems=[])
    if item.record is not None:
        _fill(told, item.record)
    elif item.folder is not None:  # done before
        found = manifest(Path(item.folder))  # empty if it was taken away meanwhile
        told.update(job=found.get("job"), folder=item.folder)
        told["stems"] = [
            {**stem, "path": os.path.join(item.folder, stem["file"])}
            for stem in found.get("stems") or ()
        ]
        if found.get("verdict"):
            told["verdict"] = found["verdict"]
    if item.error is not None:
        told["error"] = error_object(item.error)
    return told


def _fill(told: dict[str, Any], record: JobRecord) -> None:
    if record.terminal:  # a later worker may have an end that this version has no word for
        told["state"] = record.state
    told["preset"] = record.preset
    told["device"] = record.device
    told["folder"] = record.folder
    told["stems"] = [{**codec.to_dict(stem), "path": _path(record, stem)} for stem in record.stems]
    if record.decisions:
        told["decisions"] = codec.to_dict(record.decisions)
    if record.verdict:
        told["verdict"] = codec.to_dict(record.verdict)
    told["warnings"] = [codec.to_dict(warned) for warned in record.warnings]
    if record.folder and any(warned.code == "voice_placed" for warned in record.warnings):
        with contextlib.suppress(OSError, ValueError):  # the folder may have been moved
            file = Path(record.folder) / "job.json"
            found = foreign.table(safe_files.read(file, MOST_BYTES, "named"))
            told["voice"] = found.get("voice")


def _path(record: JobRecord, stem: Stem) -> str:
    return os.path.join(record.folder or "", stem.file)


def put_paths(item: Item) -> None:
    """The stems of a file that has just been done, one a line."""
    if item.record is not None:
        for stem in item.record.stems:
            put(_path(item.record, stem))


def show_all(
    items: Sequence[dict[str, Any]], summary: Summary, error: VoxmendError | None = None
) -> None:
    """All of it as JSON, with the error that ended it before its time."""
    told = {"items": list(items), "summary": summary.plain()}
    show(told if error is None else {**told, "error": error_object(error)})
