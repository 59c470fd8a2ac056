"""What a name says: a sound, a sound we cannot read, or nothing of ours. Pure; the scan asks.

The list of sounds is what libsndfile reads. Everything else is left alone without a word (DAWs
leave peak files, project files and their own temporaries beside an export), except containers a
musician would take for sound: those get a sentence. Whether a file is finished, no name tells.
"""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath
from typing import Literal

RESTORED, ERRORS, DONE = "Restored", "Errors", "Done"
OURS = frozenset(name.casefold() for name in (RESTORED, ERRORS, DONE))
"""Folders of our own making, at the top only."""

LOCK = ".voxmend-watch.lock"

SOUNDS = frozenset(
    (
        ".aif", ".aifc", ".aiff", ".au", ".bwf", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus",
        ".rf64", ".snd", ".w64", ".wav", ".wave",
    )
)  # fmt: skip
FOREIGN = frozenset(
    (
        ".aac", ".ac3", ".alac", ".ape", ".dsf", ".m4a", ".m4v", ".mka", ".mkv", ".mov", ".mp4",
        ".sd2", ".webm", ".wma", ".wv",
    )
)  # fmt: skip
"""Sound, or a film with sound, that libsndfile does not read."""

_SYSTEM = frozenset(
    name.casefold()
    for name in (
        "$RECYCLE.BIN", "#recycle", "@eaDir", "__MACOSX", "lost+found", "System Volume Information",
    )
)  # fmt: skip
"""Folders that systems and storage boxes put anywhere."""

Kind = Literal["sound", "foreign", "other"]


def hidden(name: str) -> bool:
    """Whether a file or folder is out of sight by its name: `.x`, `._x`, `~x`, `x~`."""
    return name.startswith((".", "~")) or name.endswith("~") or name.casefold() in _SYSTEM


def kind(name: str) -> Kind:
    """What a file's name promises. A download's `.part`, `.crdownload` or `.tmp` is "other"."""
    if hidden(name):
        return "other"
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in SOUNDS:
        return "sound"
    return "foreign" if suffix in FOREIGN else "other"


def top(relative: str) -> str | None:
    """The sub-folder of the watched folder that a file lies in; None for one at the root."""
    first, slash, _ = relative.partition("/")
    return first if slash else None


def folded(relative: str) -> str:
    """The one spelling of a name where the disk takes all spellings for one."""
    return unicodedata.normalize("NFC", relative).casefold()
