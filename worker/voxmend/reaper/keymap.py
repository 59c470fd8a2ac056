"""SCR lines of reaper-kb.ini: how REAPER remembers which scripts are actions.

    SCR <flags> <section> <id> "<description>" <path relative to Scripts>

Bytes in, bytes out. REAPER rewrites the file when an action or a shortcut changes, so it may only
be edited while REAPER is closed. Flags 4 is what "New action... Load ReaScript..." writes: a
script started twice asks what to do. Ours settle that among themselves before REAPER can ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .actions import Action
from .lines import after, ending, split

FILE = "reaper-kb.ini"
_LINE = re.compile(rb"\s*SCR\s+(\d{1,9})\s+(\d{1,9})\s+(\"[^\"]*\"|\S+)(?=\s)", re.IGNORECASE)
_BOUND = re.compile(rb"\s*(?:KEY|ACT)\s")


def scr_line(action: Action) -> bytes:
    """The line that makes a script an action."""
    return f'SCR 4 0 {action.id} "Script: {action.file}" "{action.path}"'.encode()


def registered(data: bytes) -> set[str]:
    """Ids in the main section."""
    return {found for line in split(data) if (found := _id(line)) is not None}


def add(data: bytes, actions: Iterable[Action]) -> bytes:
    """The file with a line for each action that it lacks, at its end."""
    known = registered(data)
    lacking = [action for action in actions if action.id not in known]
    if not lacking:
        return data
    end = ending(data)
    lines = split(data)
    if lines:
        lines[-1] = after(lines[-1], end)
    return b"".join(lines) + b"".join(scr_line(action) + end for action in lacking)


def remove(data: bytes, ids: Iterable[str]) -> bytes:
    """The file without the lines of these ids. Shortcuts stay: they work again after the next
    install, and do nothing until then."""
    gone = set(ids)
    return b"".join(line for line in split(data) if _id(line) not in gone)


def bound(data: bytes, ids: Iterable[str]) -> int:
    """How many shortcuts and custom actions use these ids."""
    commands = [f"_{one}".encode() for one in ids]
    return sum(
        any(command in line.split() for command in commands)
        for line in split(data)
        if _BOUND.match(line)
    )


def _id(line: bytes) -> str | None:
    match = _LINE.match(line)
    if match is None or int(match[2]) != 0:
        return None
    return match[3].strip(b'"').decode("ascii", "replace")
