"""The entries of the right-click menu of items in reaper-menu.ini.

Bytes in, bytes out. A section that is there replaces REAPER's own menu, and one with our entries
alone would take all others away: so the section is never made, only extended. Entries are
numbered 0..n-1; REAPER ignores what follows a gap, so where there is one nothing is added, since
that would bring entries back that the user does not see. Format: tests/reaper/data/
reaper_menu_format.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voxmend_protocol.errors import EnvironmentProblem

from .lines import after, ending, split

FILE = "reaper-menu.ini"
SECTION = b"[Media item context]"
_KEY = re.compile(rb"(\s*)(item|icon|tbf)_(\d{1,9})(\s*=)(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the number of its line in the file, its own number, and what it does."""

    line: int
    number: int
    value: bytes

    @property
    def command(self) -> bytes:
        """The id before the label."""
        return self.value.strip().split(None, 1)[0] if self.value.strip() else b""


def customised(data: bytes) -> bool:
    """Whether the user has a menu of their own, which ours can join."""
    return bool(_entries(split(data)))


def shown(data: bytes, commands: Iterable[str]) -> set[str]:
    """Which of these commands the menu has."""
    there = {entry.command.decode("ascii", "replace") for entry in _entries(split(data))}
    return there & set(commands)


def add(data: bytes, label: str, items: Sequence[tuple[str, str]]) -> bytes:
    """The file with a submenu at the end of the menu, or one plain entry where there is one item.

    Args:
        label: of the submenu.
        items: command and label of each entry.

    Raises:
        EnvironmentProblem: there is no such section, its numbers have gaps, or a submenu is
            left open.
    """
    lines = split(data)
    entries = _entries(lines)
    if not entries:
        raise EnvironmentProblem(f"{FILE} has no menu for items.")
    if sorted(entry.number for entry in entries) != list(range(len(entries))):
        raise EnvironmentProblem(
            f"The numbers of the menu for items in {FILE} have gaps or doubles, and an entry more "
            "could show or hide others. In REAPER open “Customize menus/toolbars…”, choose Media "
            "item context, Save, close REAPER, then type it again."
        )
    ordered = sorted(entries, key=lambda entry: entry.number)
    depth = 0
    for entry in ordered:
        depth = max(0, depth + {b"-2": 1, b"-3": -1}.get(entry.command, 0))
    if depth:
        raise EnvironmentProblem(
            f"The menu for items in {FILE} leaves a submenu open. In REAPER open “Customize "
            "menus/toolbars…”, choose Media item context, Save, close REAPER, then type it again."
        )
    values = [f"{command} {words}" for command, words in items]
    if len(items) > 1:
        values = [f"-2 {label}", *values, "-3"]
    end = ending(data)
    last = max(entry.line for entry in entries)
    lines[last] = after(lines[last], end)
    first = len(entries)
    lines[last + 1 : last + 1] = [
        f"item_{first + place}={value}".encode() + end for place, value in enumerate(values)
    ]
    return b"".join(lines)


def remove(data: bytes, commands: Iterable[str]) -> bytes:
    """The file without entries of these commands and without submenus that this empties; the
    others are numbered anew, in their order."""
    lines = split(data)
    ordered = sorted(_entries(lines), key=lambda entry: entry.number)
    ours = {command.encode() for command in commands}
    gone = {place for place, entry in enumerate(ordered) if entry.command in ours}
    if not gone:
        return data
    gone |= _emptied(ordered, gone)
    dropped = {ordered[place].number for place in gone}
    kept = [entry.number for entry in ordered if entry.number not in dropped]
    # Numbers that stood after a gap keep their distance: they were out of sight and stay so.
    numbers = {number: number - sum(other < number for other in dropped) for number in kept}
    within = _within(lines)
    out = []
    for place, line in enumerate(lines):
        match = _KEY.match(line) if place in within else None
        if match is None:
            out.append(line)
        elif (number := int(match[3])) not in dropped:
            new = numbers.get(number, number)
            mark = match[3] if new == number else b"%d" % new
            out.append(match[1] + match[2] + b"_" + mark + match[4] + match[5])
    return b"".join(out)


def _emptied(ordered: Sequence[Entry], gone: set[int]) -> set[int]:
    """Places of the openers and closers of submenus of which nothing is left."""
    found: set[int] = set()
    open_: list[tuple[int, bool, bool]] = []  # place, whether anything stays, whether any went
    for place, entry in enumerate(ordered):
        if entry.command == b"-2":
            open_.append((place, False, False))
        elif entry.command == b"-3":
            if open_:
                start, stays, went = open_.pop()
                if went and not stays:
                    found |= {start, place}
                    open_ = [(p, s, True) for p, s, _ in open_]
                else:
                    open_ = [(p, True, w) for p, _, w in open_]
        elif place in gone:
            open_ = [(p, s, True) for p, s, _ in open_]
        else:
            open_ = [(p, True, w) for p, _, w in open_]
    return found


def _within(lines: Sequence[bytes]) -> range:
    """The places of the lines of our section; REAPER reads the first of that name."""
    start = None
    for place, line in enumerate(lines):
        if line.lstrip().startswith(b"["):
            if start is not None:
                return range(start, place)
            if line.strip().lower() == SECTION.lower():
                start = place + 1
    return range(0) if start is None else range(start, len(lines))


def _entries(lines: Sequence[bytes]) -> list[Entry]:
    found = []
    for place in _within(lines):
        match = _KEY.match(lines[place])
        if match is not None and match[2].lower() == b"item":
            found.append(Entry(place, int(match[3]), match[5]))
    return found
