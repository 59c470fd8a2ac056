"""What an install put where, so that an uninstall removes that and nothing else.

Lies in ``<resource>/Data/voxmend/scripts.json``. One that cannot be read counts as none: then
nothing is known to be ours, and nothing is removed.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .. import disk, foreign, safe_files
from ..plain_names import fault_of_path
from .edits import Edit
from .refusals import refusing

NAME = "scripts.json"
MOST_BYTES = 10_000_000
SCHEMA = 1

_HASH = re.compile(r"[0-9a-f]{64}|")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One install.

    Attributes:
        version: of voxmend.
        files: hash of each file, by its path within the folder of scripts.
        ids: of the actions that REAPER may know of us, those of earlier versions too.
        keymap: the edit of reaper-kb.ini, if there was one.
        menu: the edit of reaper-menu.ini, if there was one.
        commands: the named commands that the menu got.
        icons: hash of each toolbar icon, by its path within REAPER's Data folder.
    """

    version: str
    files: dict[str, str] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    keymap: Edit | None = None
    menu: Edit | None = None
    commands: tuple[str, ...] = ()
    icons: dict[str, str] = field(default_factory=dict)


def read(data: Path) -> Receipt | None:
    """The receipt of the last install, if there is one."""
    try:
        found = foreign.table(safe_files.read(data / NAME, MOST_BYTES))
        if found["schema"] != SCHEMA or any(map(fault_of_path, found["files"])):
            return None
        icons = dict(found.get("icons") or {})  # receipts of earlier versions have none
        if any(map(fault_of_path, icons)):
            return None
        return Receipt(
            str(found["version"]),
            {str(path): str(hash_) for path, hash_ in found["files"].items()},
            tuple(map(str, found["ids"])),
            _edit(found["keymap"]),
            _edit(found["menu"]),
            tuple(map(str, found["commands"])),
            {str(path): str(hash_) for path, hash_ in icons.items()},
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _edit(told: Any) -> Edit | None:
    """An edit by its hashes; a copy is named after one, so they are nothing else."""
    if not told:
        return None
    edit = Edit(**told)
    if not all(_HASH.fullmatch(hash_) for hash_ in (edit.before, edit.after)):
        raise ValueError("no hash")
    return edit


def write(data: Path, receipt: Receipt) -> None:
    """Keep a receipt.

    Raises:
        OutputError: it cannot be written.
    """
    with refusing(data):
        data.mkdir(parents=True, exist_ok=True)
        disk.write_json(data / NAME, {"schema": SCHEMA, **asdict(receipt)})


def remove(data: Path) -> None:
    """Forget an install.

    Raises:
        OutputError: it cannot be removed.
    """
    with refusing(data):
        (data / NAME).unlink(missing_ok=True)
