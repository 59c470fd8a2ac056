"""SCR lines of reaper-kb.ini: how REAPER remembers which scripts are actions.

    SCR <flags> <section> <id> "<description>" <path relative to Scripts>

Bytes in, bytes out. REAPER rewrites the file when an action or a shortcut changes, so it may only
be edited while REAPER is closed. Flags 4 is what "New action... Load ReaScript..." writes: REAPER
then asks what to do with a script that is started while it runs. From 7.03 on ours settle that
themselves (``set_action_options``); older ones go by the flags here: 512 more is a new instance,
which takes up what the first one was at, 256 more ends the one that runs, so that a second click
on the Jobs panel closes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .actions import Action
from .lines import after, ending, split

FILE = "reaper-kb.ini"
_LINE = re.compile(rb"\s*SCR\s+(\d{1,9})\s+(\d{1,9})\s+(\"[^\"]*\"|\S+)(?=\s)", re.IGNORECASE)
_BOUND = re.compile(rb"\s*(?:KEY|ACT)\s")


def flags(action: Action) -> int:
    """What REAPER does when the script is started while it runs."""
    return 4 | (256 if action.toggles else 512)


def scr_line(action: Action) -> bytes:
    """The line that makes a script an action."""
    return f'SCR {flags(action)} 0 {action.id} "Script: {action.file}" "{action.path}"'.encode()


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


def renew(data: bytes, actions: Iterable[Action]) -> bytes:
    """The file with our lines of old, by which REAPER asks, as they are written now. What the user
    answered REAPER for good stands in other flags, and stays."""
    ours = {action.id: action for action in actions}
    return b"".join(_renewed(line, ours) for line in split(data))


def _renewed(line: bytes, ours: Mapping[str, Action]) -> bytes:
    action = ours.get(_id(line) or "")
    match = _LINE.match(line)
    if action is None or match is None or int(match[1]) != 4:
        return line
    return line[: match.start(1)] + str(flags(action)).encode() + line[match.end(1) :]


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
