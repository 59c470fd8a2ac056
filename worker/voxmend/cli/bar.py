"""The line of a job that runs, at any width: what matters most stays where there is little room.

The order from left to right is fixed; what has no room is left out, the device first, then the bar,
the stage, the time that is left. The percentage is always there, and so is the beginning of the
name.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

NAME_MOST, NAME_LEAST = 40, 12
BAR_MOST, BAR_LEAST = 24, 10
_FULL, _REST = "━", "─"
_PLAIN_FULL, _PLAIN_REST = "#", "-"


@dataclass(frozen=True, slots=True)
class Row:
    """What a line tells.

    Attributes:
        fraction: of the job that is done, 0 to 1.
        left: how long it will take yet, in words; empty where nobody knows.
    """

    name: str
    fraction: float
    stage: str = ""
    left: str = ""
    device: str = ""


def fitted(row: Row, width: int, encoding: str = "utf-8") -> Text:
    """The line, at most ``width`` columns."""
    percent = f"{100 * row.fraction:3.0f} %"
    room = width - len(percent) - 1
    name = min(max(cell_len(row.name), 1), NAME_MOST)
    parts: dict[str, str] = {}
    spare = room - min(name, NAME_LEAST)
    for part, text in (("left", row.left), ("stage", row.stage)):
        if spare > cell_len(text) > 0:
            parts[part] = text
            spare -= cell_len(text) + 1
        elif text:  # what matters less has no room either, though it may be shorter
            spare = 0
    least = min(name, NAME_LEAST)
    bar = BAR_LEAST if spare > BAR_LEAST else 0
    spare -= bar + 1 if bar else 0
    # First the name grows, since two files may begin alike, then the bar.
    grown = min(name, least + max(spare, 0))
    spare -= grown - least
    if bar:
        more = min(BAR_MOST - bar, spare)
        bar, spare = bar + more, spare - more
        if row.device and spare > cell_len(row.device) + 2:
            parts["device"] = row.device
    line = Text(no_wrap=True, end="")
    line.append(_cut(row.name, min(grown, room), encoding))
    if bar:
        line.append(" ")
        _draw(line, row.fraction, bar, encoding)
    line.append(f" {percent}")
    if "stage" in parts:
        line.append(f" {parts['stage']}")
    tail = " · ".join(parts[part] for part in ("left", "device") if part in parts)
    if tail:
        line.append(f" {tail}", "dim")
    return line


def _cut(name: str, columns: int, encoding: str) -> str:
    if cell_len(name) <= columns:
        return set_cell_size(name, columns)
    sign = "…" if encoding.lower().startswith("utf") else "~"
    return set_cell_size(name, columns - 1) + sign


def _draw(text: Text, fraction: float, columns: int, encoding: str) -> None:
    """The bar; its two parts differ without colour too."""
    known = encoding.lower().startswith("utf")
    full, rest = (_FULL, _REST) if known else (_PLAIN_FULL, _PLAIN_REST)
    done = min(max(int(fraction * columns), 0), columns)
    text.append(full * done, "cyan")
    text.append(rest * (columns - done), "dim")
