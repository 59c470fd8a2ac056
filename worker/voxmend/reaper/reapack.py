"""Whether ReaPack put the scripts there: then they are ReaPack's to update and to remove.

ReaPack keeps ``ReaPack/registry.db`` (sqlite): a row of ``files`` for each installed file, its
``path`` relative to the resource folder with ``/``, and ``entries`` with the package it is of.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from .actions import PLACE

REGISTRY = Path("ReaPack") / "registry.db"


@dataclass(frozen=True, slots=True)
class Owned:
    """What ReaPack says.

    Attributes:
        files: paths of ours, within the folder of scripts.
        version: of the package.
        readable: false where there is a registry that could not be read.
    """

    files: tuple[str, ...] = ()
    version: str = ""
    readable: bool = True


def owned(resource: Path) -> Owned:
    """What ReaPack has of ours in this resource folder."""
    file = resource / REGISTRY
    if not file.is_file():
        return Owned()
    # While REAPER runs the registry can be locked; unlocked reading is right then, since what
    # matters here does not change in that moment.
    for how in ("mode=ro", "mode=ro&immutable=1"):
        with contextlib.suppress(sqlite3.Error, ValueError):
            return _ask(f"{file.absolute().as_uri()}?{how}")
    return Owned(readable=False)


def _ask(uri: str) -> Owned:
    head = f"scripts/{PLACE}/".lower()
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=0.5)) as database:
        rows = database.execute(
            "SELECT files.path, entries.version FROM files "
            "JOIN entries ON entries.id = files.entry ORDER BY files.path"
        ).fetchall()
    ours = [(path[len(head) :], version) for path, version in rows if _starts(path, head)]
    return Owned(tuple(path for path, _ in ours), str(ours[0][1]) if ours else "")


def _starts(path: object, head: str) -> bool:
    return isinstance(path, str) and path.replace("\\", "/").lower().startswith(head)
