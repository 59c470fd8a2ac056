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
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

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
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Definition:
    """What is to be made of each file.

    Attributes:
        preset: as it stands in job.json, with the values that were set.
        since: results from before this moment do not count; None counts all.
    """

    preset: Mapping[str, Any]
    since: datetime | None = None


@dataclass(slots=True)
class Results:
    """The results that lie in output folders, read once each.

    Args:
        paths: of all files of the batch, whole: a result that was made of another of them is that
            one's.
    """

    paths: Container[str] = ()
    _folders: dict[str, list[str]] = field(default_factory=dict)

    def of(self, submit: Submit, wanted: Definition) -> Path | None:
        """The newest-named result that is what this job would make; None if there is none.

        A source that cannot be read has none: its job will say why.
        """
        source = _Source(submit)
        for folder in self._candidates(submit):
            told = manifest(folder)
            if not told or not _asked(told, submit, wanted) or not _stems_there(told, folder):
                continue
            path = _at(told, "clip", "path")
            if path != submit.clip.path and path in self.paths:
                continue
            if source.is_that_of(told):
                return folder
        return None

    def _candidates(self, submit: Submit) -> Iterator[Path]:
        """The folders whose names such a job's folder may have, the last made first."""
        place = submit.output.folder
        if place not in self._folders:
            try:
                self._folders[place] = os.listdir(place)
            except OSError:
                self._folders[place] = []
        name = folder_name(submit.output.name or Path(submit.clip.path).stem, submit.preset)
        numbered = re.compile(re.escape(name) + r"(?:_([0-9]{1,4}))?")
        found = [
            (int(hit[1] or 1), each)
            for each in self._folders[place]
            if (hit := numbered.fullmatch(each))
        ]
        return (Path(place, each) for _, each in sorted(found, reverse=True))


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


def _stems_there(told: Mapping[str, Any], folder: Path) -> bool:
    """Whether each stem is a file of the size that its samples need; of a packed format, not
    empty."""
    stems = told.get("stems")
    if not isinstance(stems, list):
        return False
    for stem in stems:
        try:
            size = os.stat(within(folder, stem["file"]), follow_symlinks=False).st_size
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
