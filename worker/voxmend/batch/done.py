"""What of a batch is done: a result on the disk that is exactly what would be made now.

A result counts if its job.json tells of the same sound, the same stretch, preset with its values,
stems, format and names of files, and if its stems lie beside it. Reads the disk, changes nothing.
Where a file lay when it was done does not matter: a tree may be moved as a whole.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from voxmend_protocol.errors import VoxmendError
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import DEFAULT_STEMS

from .. import foreign, safe_files, targets
from ..audio.read import load
from ..plain_names import folder_name, within
from .listing import MANIFEST, MOST_BYTES

_WORDS = ("title", "description")
"""What of a preset's definition makes no difference to the sound."""
_WIDTH = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}
_NUMBERED = re.compile(r"(.+)_([0-9]{1,4})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Definition:
    """What is to be made of each file.

    Attributes:
        preset: as it stands in job.json, with the values that were set.
        since: results from before this moment do not count; None counts all.
    """

    preset: Mapping[str, Any]
    since: datetime | None = None


class Shelf(Protocol):
    """Where results lie: on a disk, or in an object store."""

    def names(self, place: str, /) -> Sequence[str]:
        """What lies directly in a place; nothing where there is no such place."""
        ...

    def manifest(self, folder: str, /) -> dict[str, Any]:
        """What the job.json in a folder says; empty if there is none."""
        ...

    def size(self, file: str, /) -> int:
        """Bytes of a file.

        Raises:
            OSError: there is none.
        """
        ...

    def address(self, folder: str, /) -> str:
        """A folder as a user finds it."""
        ...


class Disk:
    """Results in folders."""

    def names(self, place: str, /) -> Sequence[str]:
        """As ``Shelf`` has it."""
        try:
            return os.listdir(place)
        except OSError:
            return []

    def manifest(self, folder: str, /) -> dict[str, Any]:
        """As ``Shelf`` has it."""
        return manifest(Path(folder))

    def size(self, file: str, /) -> int:
        """As ``Shelf`` has it; a link counts as itself."""
        return os.stat(file, follow_symlinks=False).st_size

    def address(self, folder: str, /) -> str:
        """As ``Shelf`` has it."""
        return folder


@dataclass(slots=True)
class Results:
    """The results that lie in output folders, read once each.

    Args:
        paths: of all files of the batch, whole: a result that was made of another of them is that
            one's.
    """

    paths: Container[str] = ()
    shelf: Shelf = field(default_factory=Disk)
    _folders: dict[str, dict[str, list[tuple[int, str]]]] = field(default_factory=dict)
    """Of each folder: the names in it, with their numbers, by what they are without it."""

    def of(self, submit: Submit, wanted: Definition) -> str | None:
        """The newest-named result that is what this job would make; None if there is none.

        A source that cannot be read has none: its job will say why.
        """
        source = _Source(submit)
        for folder in self._candidates(submit):
            told = self.shelf.manifest(folder)
            if told.get("state") != "succeeded" or not _asked(told, submit, wanted):
                continue
            if not _stems_there(told, folder, self.shelf):
                continue
            path = _at(told, "clip", "path")
            if path != submit.clip.path and path in self.paths:
                continue
            if source.is_that_of(told):
                return self.shelf.address(folder)
        return None

    def _candidates(self, submit: Submit) -> Iterator[str]:
        """The folders whose names such a job's folder may have, the last made first."""
        place = submit.output.folder
        if place not in self._folders:
            self._folders[place] = _by_name(self.shelf.names(place))
        name = folder_name(submit.output.name or Path(submit.clip.path).stem, submit.preset)
        found = sorted(self._folders[place].get(name, ()))[::-1]
        return (os.path.join(place, each) for _, each in found)


def _by_name(names: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
    """What lies in a folder, so that ten thousand files look through it once: ``a_2`` may be the
    first result of that name, or the second of ``a``."""
    found: dict[str, list[tuple[int, str]]] = {}
    for each in names:
        found.setdefault(each, []).append((1, each))
        if hit := _NUMBERED.fullmatch(each):
            found.setdefault(hit[1], []).append((int(hit[2]), each))
    return found


def manifest(folder: Path) -> dict[str, Any]:
    """What the job.json of a finished job says; empty if there is none."""
    try:
        told = foreign.table(safe_files.read(folder / MANIFEST, MOST_BYTES, "shared"))
    except (OSError, foreign.ForeignError):
        return {}
    return told if told.get("state") == "succeeded" else {}


def _asked(told: Mapping[str, Any], submit: Submit, wanted: Definition) -> bool:
    """Whether a result was asked for in the same way."""
    clip, preset = told.get("clip"), told.get("preset")
    if not isinstance(clip, dict) or not isinstance(preset, dict) or "voice" not in told:
        return False
    return (
        told["voice"] is None
        and submit.voice is None
        and (clip.get("start_s") or 0.0) == (submit.clip.start_s or 0.0)
        and clip.get("end_s") == submit.clip.end_s
        and _defined(preset) == _defined(wanted.preset)
        and told.get("asked") in asked_for(submit, wanted.preset)
        and _made_since(told.get("created"), wanted.since)
    )


def asked_for(submit: Submit, preset: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """What job.json may say of the stems that were asked for: where none are named, the preset's.
    Which of them are parts of the voice only the catalogue knows: with others comes the rest."""
    output = submit.output
    stems = tuple(submit.stems or preset.get("stems") or DEFAULT_STEMS)
    return tuple(
        {"stems": list(names), "format": output.format, "files": output.files}
        for names in dict.fromkeys((targets.written(stems), stems))
    )


def _defined(preset: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in preset.items() if key not in _WORDS}


def _made_since(created: object, since: datetime | None) -> bool:
    if since is None:
        return True
    try:
        return datetime.fromisoformat(str(created)) >= since
    except (ValueError, TypeError):
        return False


def _stems_there(told: Mapping[str, Any], folder: str, shelf: Shelf) -> bool:
    """Whether each stem is a file of the size that its samples need; of a packed format, not
    empty."""
    stems = told.get("stems")
    if not isinstance(stems, list):
        return False
    for stem in stems:
        try:
            within(Path(folder), stem["file"])
            size = shelf.size(os.path.join(folder, stem["file"]))
            container, _, coding = str(stem.get("coding") or "").partition(" ")
            width = 0 if container in ("FLAC", "MP3") else _WIDTH.get(coding, 0)
            if size < max(1, stem["frames"] * stem["channels"] * width):
                return False
        except (OSError, TypeError, KeyError, AttributeError, foreign.ForeignError):
            return False
    return True


class _Source:
    """The sound of one file, read when it is first asked for."""

    def __init__(self, submit: Submit) -> None:
        self._clip = submit.clip
        self._bytes: str | None = None
        self._sound: str | None = None

    def is_that_of(self, told: Mapping[str, Any]) -> bool:
        """Whether a result was made of it."""
        bytes_, sound = _at(told, "source", "sha256"), _at(told, "source", "digest")
        try:
            if bytes_ is not None:
                if _at(told, "source", "size") != os.path.getsize(self._clip.path):
                    return False
                self._bytes = self._bytes or _sha256(self._clip.path)
                return bool(self._bytes == bytes_)
            if self._sound is None:
                with tempfile.TemporaryDirectory(prefix="voxmend-") as scratch:
                    clip = self._clip
                    found = load(Path(clip.path), clip.start_s, clip.end_s, Path(scratch))
                    found.signal.close()
                    self._sound = found.digest
            return bool(self._sound == sound)
        except (OSError, VoxmendError):
            return False


def _sha256(path: str) -> str:
    with os.fdopen(safe_files.opened(path, "named"), "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _at(told: Mapping[str, Any], table: str, key: str) -> Any:
    inside = told.get(table)
    return inside.get(key) if isinstance(inside, dict) else None
