"""What the long trials share: a folder that git ignores, a count that goes on where it stopped, and
a drawing of what was measured."""

from __future__ import annotations

import csv
import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

FOLDER = Path(__file__).resolve().parents[2] / ".endurance"
_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd")


def asked(name: str, usual: int) -> int:
    """How much of a trial to do in this go: ``VOXMEND_KILLS=100``."""
    return int(os.environ.get(name) or usual)


@dataclass
class Tally:
    """How far a trial is, kept in a file: seed, count, and what was seen."""

    name: str
    seed: int = 1
    done: int = 0
    goes: int = 0
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str) -> Tally:
        """As the last go left it."""
        try:
            found = json.loads((FOLDER / f"{name}.json").read_text())
        except FileNotFoundError:
            return cls(name)
        return cls(**found)

    def chance(self) -> random.Random:
        """The dice of this step: the same whenever it is done."""
        return random.Random(f"{self.seed}:{self.done}")

    def count(self, what: str, by: int = 1) -> None:
        """Note something."""
        self.seen[what] = self.seen.get(what, 0) + by

    def keep(self) -> None:
        """Write it down."""
        FOLDER.mkdir(exist_ok=True)
        file = FOLDER / f"{self.name}.json"
        new = file.with_suffix(".new")
        new.write_text(json.dumps(self.__dict__, indent=1))
        new.replace(file)


def of_home(home: Path) -> list[psutil.Process]:
    """Every process that works in this state folder."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("VOXMEND_HOME") == str(home)
            if mine and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The straight line through points, by least squares: its rise for one step to the right."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    width = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / width if width else 0.0


def append(file: Path, names: Sequence[str], row: Sequence[object]) -> None:
    """One row more in a table."""
    file.parent.mkdir(exist_ok=True)
    new = not file.exists()
    with open(file, "a", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        if new:
            writer.writerow(names)
        writer.writerow(row)


def draw(file: Path, title: str, curves: dict[str, list[tuple[float, float]]]) -> None:
    """Curves over the number of jobs, each drawn on a scale of its own, from zero to its peak."""
    width, height, edge = 900, 360, 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{edge}" y="20">{title}</text>',
    ]
    for number, (name, points) in enumerate(curves.items()):
        if not points:
            continue
        last, top = max(x for x, _ in points) or 1, max(y for _, y in points) or 1
        colour = _COLOURS[number % len(_COLOURS)]
        line = " ".join(
            f"{edge + x / last * (width - 2 * edge):.1f},"
            f"{height - edge - y / top * (height - 3 * edge):.1f}"
            for x, y in points
        )
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}"/>')
        parts.append(
            f'<text x="{edge + number * 210}" y="{height - 12}" fill="{colour}">{name}: '
            f"{points[-1][1]:,.1f} (peak {top:,.1f})</text>"
        )
    file.write_text("\n".join([*parts, "</svg>"]), "utf-8")
