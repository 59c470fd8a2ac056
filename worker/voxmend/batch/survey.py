"""The look at each file before a batch begins: what is asked for, whether it is done, how long it
is. Reads the disk and changes nothing; an error of one file is that file's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import VoxmendError
from voxmend_protocol.messages import Submit

from ..audio.probe import probe
from .done import Definition, Disk, Results, Shelf
from .listing import Listed
from .queue import Item


@dataclass(frozen=True, slots=True)
class Rule:
    """Which results count as done.

    Attributes:
        preset: its definition as job.json has it, with the values that were set.
        redo: those of folders and patterns do not count either; those of files that were named
            never do.
        since: results from this moment on count all the same: of a run that is taken up again.
    """

    preset: Mapping[str, Any]
    redo: bool = False
    since: datetime | None = None

    def definition(self, file: Listed) -> Definition | None:
        """What a result of this file must be; None where none counts."""
        if not (file.named or self.redo):
            return Definition(self.preset)
        return None if self.since is None else Definition(self.preset, self.since)


def survey(
    files: Sequence[Listed],
    order: Callable[[Listed], Submit],
    rule: Rule,
    shelf: Shelf | None = None,
) -> Iterator[Item]:
    """Look at the files, one after the other.

    Args:
        order: makes the job of a file; what it raises is that file's error.
        shelf: where results lie; None: on the disk.
    """
    items = [_ordered(file, order) for file in files]
    results = Results(
        {item.submit.clip.path for item in items if item.submit is not None},
        shelf or Disk(),
    )
    for item in items:
        if item.submit is not None:
            wanted = rule.definition(item.file)
            found = None if wanted is None else results.of(item.submit, wanted)
            if found is not None:
                item.state, item.folder = "skipped", found
            else:
                item.sound_s = _seconds(item.submit)
        yield item


def _ordered(file: Listed, order: Callable[[Listed], Submit]) -> Item:
    item = Item(file)
    try:
        item.submit = order(file)
    except VoxmendError as error:
        item.state, item.error = "failed", error
    return item


def _seconds(submit: Submit) -> float | None:
    """Seconds of sound in the stretch that is asked for."""
    clip = submit.clip
    try:
        whole = probe(Path(clip.path)).seconds
    except (VoxmendError, OSError, ValueError):  # its job says what is wrong
        return None
    start, end = clip.start_s or 0.0, whole if clip.end_s is None else min(clip.end_s, whole)
    return max(0.0, end - start)
