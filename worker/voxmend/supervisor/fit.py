"""Records made small enough for one message, and pages of as many as fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from voxmend_protocol import codec, envelope
from voxmend_protocol.messages import ModelList, Page, PresetList
from voxmend_protocol.values import JobRecord, ModelInfo, PresetInfo

from .store import Row

ROOM = envelope.MAX_REPLY - 512
"""Bytes for the body: the header's fields take the rest."""


MOST_HELD = 20
"""Blocks and models that a menu names of one preset."""


def size(record: JobRecord) -> int:
    """Bytes of a record as JSON."""
    return len(codec.dump(codec.to_dict(record)))


def fit(record: JobRecord) -> JobRecord:
    """The record, less the last warnings where it would be too large; then less the verdict, and
    what a stem may lack. job.json has it all."""
    while record.warnings and size(record) > ROOM:
        record = replace(record, warnings=record.warnings[:-1])
    if size(record) > ROOM:
        record = replace(record, verdict=None)
    if size(record) > ROOM:
        bare = tuple(replace(stem, true_peak=None, coding=None) for stem in record.stems)
        record = replace(record, stems=bare)
    return record


def page(rows: Iterable[Row], limit: int) -> Page:
    """As many records as fit into one message; ``next`` where there are more."""
    items: list[JobRecord] = []
    used, last = 0, None
    for row in rows:
        record = fit(row.job.record)
        used += size(record) + 1
        if items and (used > ROOM or len(items) >= limit):
            return Page(tuple(items), last)
        items.append(record)
        last = row.seq
    return Page(tuple(items))


def preset_list(items: Iterable[PresetInfo]) -> PresetList:
    """As many presets as fit into one message, their texts cut and of what they hold the first. One
    that has no room left is passed over, so that it hides none behind it."""
    taken: list[PresetInfo] = []
    used = 0
    for item in items:
        short = replace(
            item, title=item.title[:100], description=item.description[:200],
            blocks=item.blocks[:MOST_HELD], models=item.models[:MOST_HELD],
            missing=item.missing[:MOST_HELD],
        )  # fmt: skip
        size = len(codec.dump(codec.to_dict(short))) + 1
        if used + size <= ROOM:
            used += size
            taken.append(short)
    return PresetList(tuple(taken))


def model_list(items: Iterable[ModelInfo]) -> ModelList:
    """As many models as fit into one message, their texts cut; ``next`` where there are more."""
    taken: list[ModelInfo] = []
    used = 0
    for item in items:
        short = replace(
            item, title=item.title[:100], stage=item.stage[:40], purpose=item.purpose[:300],
            licence=item.licence[:200], terms=item.terms[:600], presets=item.presets[:20],
        )  # fmt: skip
        used += len(codec.dump(codec.to_dict(short))) + 1
        if taken and used > ROOM:
            return ModelList(tuple(taken), taken[-1].id)
        taken.append(short)
    return ModelList(tuple(taken))
