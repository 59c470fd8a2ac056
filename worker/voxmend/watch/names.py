"""What a name says: a sound, perhaps one, or nothing of ours. Pure; the scan asks.

The list of sounds is what libsndfile and ffmpeg read. What DAWs, browsers and systems leave beside
an export is left alone unseen. A name that says nothing, for it has no ending or one of nobody's,
leaves it to the contents. Whether a file is finished, no name tells.
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
        ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".alac", ".amr", ".ape", ".asf", ".au", ".avi",
        ".bwf", ".caf", ".dff", ".dsf", ".dts", ".eac3", ".flac", ".m4a", ".m4b", ".m4v", ".mka",
        ".mkv", ".mov", ".mp1", ".mp2", ".mp3", ".mp4", ".mpa", ".mpc", ".oga", ".ogg", ".ogv",
        ".opus", ".rf64", ".sd2", ".snd", ".spx", ".tak", ".tta", ".w64", ".wav", ".wave", ".webm",
        ".wma", ".wmv", ".wv",
    )
)  # fmt: skip
"""Sound, or a film with sound."""
QUIET = frozenset(
    (
        ".als", ".asd", ".bak", ".cfg", ".conf", ".cpr", ".crdownload", ".csv", ".cue", ".db",
        ".dmg", ".doc", ".docx", ".download", ".exe", ".filepart", ".flp", ".gif", ".gz", ".htm",
        ".html", ".ini", ".jpeg", ".jpg", ".json", ".lnk", ".lock", ".log", ".logicx", ".lrc",
        ".lua", ".m3u", ".m3u8", ".md", ".mid", ".midi", ".nfo", ".odt", ".opdownload", ".ovw",
        ".par2", ".part", ".partial", ".pdf", ".pek", ".pk", ".pkf", ".pls", ".png", ".ptx", ".py",
        ".reapeaks", ".reapindex", ".rpp", ".rpp-bak", ".rtf", ".sfk", ".sfv", ".sh", ".sqlite",
        ".svg", ".swp", ".temp", ".tmp", ".toml", ".torrent", ".txt", ".url", ".wpk", ".xml",
        ".xmp", ".yaml", ".yml", ".zip",
    )
)  # fmt: skip
"""What lies beside sounds and is none, downloads under way among it."""

_LONGEST = 8
"""An ending longer than this is the rest of a title with a full stop in it."""

_SYSTEM = frozenset(
    name.casefold()
    for name in (
        "$RECYCLE.BIN", "#recycle", "@eaDir", "__MACOSX", "lost+found", "System Volume Information",
    )
)  # fmt: skip
"""Folders that systems and storage boxes put anywhere."""

Kind = Literal["sound", "unnamed", "strange", "other"]
"""unnamed: without an ending, the contents decide. strange: with one of nobody's; if it holds
sound, that is said."""


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
    if suffix in QUIET:
        return "other"
    return "strange" if suffix and len(suffix) <= _LONGEST and " " not in suffix else "unnamed"


def top(relative: str) -> str | None:
    """The sub-folder of the watched folder that a file lies in; None for one at the root."""
    first, slash, _ = relative.partition("/")
    return first if slash else None


def folded(relative: str) -> str:
    """The one spelling of a name where the disk takes all spellings for one."""
    return unicodedata.normalize("NFC", relative).casefold()
