"""Icons for REAPER's toolbars: copied to where its “Icon…” dialog lists them.

REAPER takes them from ``Data/toolbar_icons`` and, for dense screens, from ``150`` and ``200`` in
it. Only files of ours are written over or removed: what a user put there under our name, or
painted over, stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import disk
from .refusals import refusing
from .scripts import hash_of

FOLDER = "toolbar_icons"


def contents(scripts: Path) -> dict[str, Path]:
    """What to install: the path within REAPER's Data folder, and the file it comes from."""
    found = sorted((scripts / FOLDER).rglob("voxmend_*.png"))
    return {file.relative_to(scripts).as_posix(): file for file in found}


def put(files: Mapping[str, Path], data: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Install icons, and take away those of an earlier version that are no more.

    Args:
        files: as ``contents`` gives them.
        data: REAPER's Data folder.
        known: hashes of the icons of the last install.

    Returns:
        The hash of each icon that is ours now.

    Raises:
        OutputError: the folder cannot be written.
    """
    hashes: dict[str, str] = {}
    with refusing(data / FOLDER):
        for place, file in files.items():
            content = file.read_bytes()
            hash_ = hashlib.sha256(content).hexdigest()
            there = data / place
            if os.path.lexists(there) and not _is_one_of(there, (hash_, known.get(place))):
                continue
            there.parent.mkdir(parents=True, exist_ok=True)
            disk.put(there, content)
            hashes[place] = hash_
    remove(data, {place: hash_ for place, hash_ in known.items() if place not in files})
    return hashes


def remove(data: Path, known: Mapping[str, str], others: Iterable[str] = ()) -> list[str]:
    """Take icons away as far as nobody changed them; those that went.

    Raises:
        OutputError: one cannot be removed.
    """
    gone = []
    theirs = {other.lower() for other in others}
    with refusing(data / FOLDER):
        for place, hash_ in known.items():
            ours = place.startswith(f"{FOLDER}/") and ".." not in Path(place).parts
            if ours and place.lower() not in theirs and _is_one_of(data / place, (hash_,)):
                (data / place).unlink()
                gone.append(place)
    for folder in ("150", "200", "") if gone else ():
        with contextlib.suppress(OSError):
            (data / FOLDER / folder).rmdir()
    return gone


def _is_one_of(file: Path, hashes: Iterable[str | None]) -> bool:
    try:
        return not file.is_symlink() and hash_of(file) in hashes
    except OSError:
        return False
