"""What an installation made, so that an uninstall takes that away and nothing else.

One line for each thing, ``kind<TAB>path``, appended before the thing is made: whoever is killed in
between leaves a line too many, never one too few. The installers' scripts write the first lines
themselves.

    dir    a folder that was not there before; goes if it is empty by then
    tree   a folder that belongs to voxmend alone; goes with all that is in it
    mine   such a folder in which the user may keep files too: settings and presets
    file   a file or link
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

Kind = Literal["dir", "tree", "mine", "file"]
_LIKE_A_PATH = {"encoding": "utf-8", "errors": "surrogateescape"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line."""

    kind: Kind
    path: Path


def read(file: Path) -> tuple[Entry, ...]:
    """The lines, each once, in the order in which things were made. A broken line is no line,
    nor is one that would take the user's home away."""
    try:
        text = file.read_text(**_LIKE_A_PATH)
    except FileNotFoundError:
        return ()
    found: dict[Entry, None] = {}
    for line in text.split("\n"):  # names may hold what else ends a line
        kind, tab, path = line.partition("\t")
        if tab and kind in get_args(Kind) and os.path.isabs(path) and "\0" not in path:
            entry = Entry(cast("Kind", kind), Path(path))
            if kind not in ("tree", "mine") or not _holds_more(entry.path):
                found[entry] = None
    return tuple(found)


def _holds_more(folder: Path) -> bool:
    """Whether a folder cannot be voxmend's alone, whatever a line says: the user's home lies in
    it, or is it."""
    home = os.path.realpath(Path.home())
    return Path(home).is_relative_to(os.path.realpath(folder))


def note(file: Path, entries: Iterable[Entry]) -> None:
    """Append what is about to be made, durably; what stands there already is not repeated.

    Raises:
        OSError: the file cannot be written.
    """
    known = set(read(file))
    new = [entry for entry in dict.fromkeys(entries) if entry not in known]
    if not new:
        return
    with open(file, "a", **_LIKE_A_PATH) as handle:  # type: ignore[call-overload]
        for entry in new:
            handle.write(f"{entry.kind}\t{entry.path}\n")
        handle.flush()
        os.fsync(handle.fileno())


def missing_folders(folder: Path) -> list[Entry]:
    """The folders above ``folder`` that are not there yet, outermost first."""
    found = []
    for parent in folder.parents:
        if parent.exists():
            break
        found.append(Entry("dir", parent))
    return found[::-1]
