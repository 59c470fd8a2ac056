"""A job's ``job.json`` as the report reads it: every number on the page is asked for by its path.

A path is keys and indices joined by dots, ``damage.before.found.bleed.value``. What an older or a
foreign job.json lacks is None, never a guess.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import InputMissing, InputUnreadable

from .. import foreign, safe_files
from . import form

MANIFEST = "job.json"
MOST_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands in a job.json, and where it lies."""

    data: Mapping[str, Any]
    folder: Path

    def at(self, path: str) -> Any:
        """What stands at a path, or None."""
        here: Any = self.data
        for key in path.split("."):
            if isinstance(here, Mapping):
                here = here.get(key)
            elif isinstance(here, list) and key.isdecimal() and int(key) < len(here):
                here = here[int(key)]
            else:
                return None
        return here

    def each(self, path: str) -> Iterator[str]:
        """The paths of a list's entries, or of an object's values."""
        here = self.at(path)
        keys = here if isinstance(here, Mapping) else range(len(here or ()))
        return (f"{path}.{key}" for key in keys)

    def text(self, path: str) -> str:
        """A text, empty where there is none."""
        found = self.at(path)
        return found if isinstance(found, str) else ""

    def number(self, path: str) -> float:
        """A number, 0 where there is none."""
        found = self.at(path)
        return found if isinstance(found, int | float) and not isinstance(found, bool) else 0.0

    @property
    def seconds(self) -> float:
        """Length of the clip."""
        rate = self.number("source.rate")
        return self.number("source.frames") / rate if rate else 0.0

    @property
    def title(self) -> str:
        """The clip's file name."""
        path = self.text("clip.path")
        return path.replace("\\", "/").rpartition("/")[2] or self.text("job")


def read(file: Path) -> Facts:
    """Read a job.json, or the one in a job's folder.

    Raises:
        InputMissing: there is none.
        InputUnreadable: it is not that of a finished job.
    """
    file = file / MANIFEST if os.path.isdir(file) else file
    try:
        data = foreign.table(safe_files.read(file, MOST_BYTES, "named"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputMissing(f"There is no {file}. Name a job or a job.json.") from None
    except (OSError, foreign.ForeignError) as error:
        raise InputUnreadable(
            f"{file} is no job.json ({foreign.why(error)}). Name a job or a job.json."
        ) from None
    if data.get("state") != "succeeded":
        raise InputUnreadable(f"{file} is not that of a finished job. See: voxmend jobs list")
    try:
        form.check(data)
    except foreign.ForeignError as error:
        raise InputUnreadable(
            f"{file} is not as voxmend writes it: {error}. Name the job.json of a job as it was "
            "written."
        ) from None
    return Facts(_known(data), file.parent)


def _known(told: Any) -> Any:
    """The same without what is null: nothing is known of it, as if it were absent."""
    if isinstance(told, dict):
        return {key: _known(value) for key, value in told.items() if value is not None}
    return [_known(value) for value in told] if isinstance(told, list) else told
