"""Names from a manifest: each names a thing inside its folder, and nothing else.

A manifest may come from another machine, or from somebody who means harm. So one rule holds on
every system for all of them: what is no plain name on Windows or on POSIX is none at all. That
keeps out ways up, drives, shares, streams of a file, devices, and names that a system would
silently write otherwise.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from .foreign import ForeignError

MOST = 255
"""Bytes of a name, as most file systems have it."""

_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])", re.I)
_SIGNS = frozenset('/\\:*?"<>|')


def fault(name: object) -> str:
    """Why this is no plain name of one file or folder, as the end of a sentence; empty if it is."""
    if not isinstance(name, str) or not name:
        return "is no name"
    if name in (".", ".."):
        return "is a way to another folder"
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        return "has a character that is no letter, digit or sign"
    if found := sorted(_SIGNS & set(name)):
        return f"has “{found[0]}” in it, which no file name may have on every system"
    if name[-1] in ". ":
        return "ends with a dot or a space, which Windows leaves away"
    if len(name.encode("utf-8")) > MOST:
        return f"is longer than {MOST} bytes"
    if _DEVICE.fullmatch(name.partition(".")[0].rstrip()):
        return "is the name of a device on Windows"
    return ""


def fault_of_path(path: object) -> str:
    """The same of a path below a folder, plain names joined by ``/``."""
    if not isinstance(path, str) or not path:
        return "is no name"
    return next((wrong for part in path.split("/") if (wrong := fault(part))), "")


def within(folder: Path, name: object) -> Path:
    """The file of this name inside ``folder``: a plain name, or several joined by ``/``. That it is
    there is not asked; that no link leads out of the folder is.

    Raises:
        ForeignError: it names nothing inside.
    """
    wrong = fault_of_path(name)
    if wrong:
        raise ForeignError(f"a name in it {wrong}")
    path = folder / str(name)
    root = os.path.realpath(folder)
    if os.path.commonpath((root, os.path.realpath(path))) != root:
        raise ForeignError(f"{path.name} is a link that leads out of the folder")
    return path


def absolute(path: str, windows: bool = os.name == "nt") -> bool:
    """Whether a path begins at the root by the rules of a system: by default, of this one."""
    if not windows:
        return path.startswith("/")
    drive = re.match(r"[A-Za-z]:[\\/]", path)
    share = re.match(r"[\\/]{2}[^\\/?.]+[\\/]+[^\\/]", path)
    rest = path[2:].replace("\\", "/").split("/") if drive else []
    return bool(share) or (bool(drive) and not any(":" in part for part in rest))


_ROOM = MOST - len(".partial") - len("_9999")

_MOST_FILE = 200
"""Bytes of a stem's name without its ending: a DAW puts endings of its own behind it."""


def stem_name(pattern: str, song: str, stem: str, preset: str) -> str:
    """What a stem's file is called, less its ending. Signs that not every system takes become
    ``_``; a song's name that is too long loses its end.

    Args:
        pattern: with ``{song}``, ``{stem}`` and ``{preset}`` in it.
    """

    def made(song: str) -> str:
        words = {"song": song, "stem": stem, "preset": preset}
        return re.sub(r"\{(song|stem|preset)\}", lambda hit: words[hit[1]], pattern)

    song = "".join(
        "_" if c in _SIGNS or unicodedata.category(c) in ("Cc", "Cs") else c for c in song
    )
    while song and len(made(song).encode("utf-8")) > _MOST_FILE:
        song = song[:-1]
    name = made(song)
    return f"_{name}" if fault(f"{name}.wav") else name


def folder_name(name: str, preset: str) -> str:
    """What a job's folder is called, less the number that a taken name gets. A name that is too
    long for the disk loses its beginning."""
    made = f"{name}_{preset}"
    while len(made.encode()) > _ROOM:
        made = made[1:]
    return made
