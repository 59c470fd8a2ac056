"""A batch as it goes, on stderr: on a terminal one bar over all files and the files that run, above
which a line scrolls by for each file that has ended; elsewhere only lines.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .. import speech, typed
from ..batch.forecast import Forecast
from ..batch.queue import Item
from ..batch.summary import WORDS, Row, Summary
from ..disk import shown
from ..report.words import clock
from .manners import RESUME
from .progress import duration
from .screen import complain, say

STYLES = {"succeeded": "green", "failed": "bold red", "cancelled": "yellow", "skipped": "dim"}
_BAR = 24
_ROWS = 8
"""Files that stand above the bar: a cluster does hundreds at once."""


class Overall:
    """The whole batch in one bar.

    Args:
        count: of its files; those that were done before are among them.
    """

    def __init__(
        self,
        count: int,
        forecast: Forecast,
        clock: Callable[[], float] = time.monotonic,
        console: Console | None = None,
    ) -> None:
        self._count, self._forecast, self._clock = count, forecast, clock
        self._console = console or speech.console(sys.stderr)
        self._running: dict[int, Item] = {}
        self._begun: set[int] = set()
        self._ended = 0
        self._said_at = clock()
        self.stopping = False
        self._paused = False
        self._live: Live | None = None
        redraws = not self._console.is_dumb_terminal and self._console.is_terminal
        if (redraws if console else speech.redraws(sys.stderr)) and not speech.MANNER.quiet:
            self._live = Live(
                get_renderable=self.bar, console=self._console, transient=True,
                refresh_per_second=4,
            )  # fmt: skip

    def __enter__(self) -> Overall:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def skipped(self, count: int) -> None:
        """So many files were at their end before it began."""
        self._ended += count
        if count:
            self._line(Text(f"{count} of {self._count} files were done before."))

    def stands(self, paused: bool) -> None:
        """The worker is paused, or goes on."""
        if paused and not self._paused:
            self._line(Text(typed.rewritten(f"The worker is paused, go on with: {RESUME}")))
        self._paused = paused

    def runs(self, number: int, item: Item) -> None:
        """A file of the list is at work."""
        self._running[number] = item
        if self._live is None:
            if number not in self._begun:
                self._begun.add(number)
                where = f" on {item.record.device}" if item.record and item.record.device else ""
                say(f"{self._place(self._ended + 1)} {_name(item.file.path)}: running{where}")
                self._said_at = self._clock()
            elif self._clock() - self._said_at >= speech.AGAIN_S:
                self._said_at = self._clock()
                say(self.line())

    def ended(self, number: int, row: Row) -> None:
        """A file of the list has come to its end."""
        self._running.pop(number, None)
        self._ended += 1
        self._said_at = self._clock()
        self._line(
            Text.assemble((f"{self._place(self._ended)} ", "dim"), end_of(row)),
            row.state == "failed",
        )

    def _line(self, text: Text, failed: bool = False) -> None:
        if self._live is not None:
            self._console.print(text, soft_wrap=True, highlight=False)
        else:
            (complain if failed else say)(text.plain)

    def line(self) -> str:
        """The whole in one line."""
        share = f"{self._ended} of {self._count} files, {100 * self._forecast.fraction:.0f} %"
        left = self._forecast.left(self._clock())
        if self._paused:
            return f"{share}, paused"
        return share if left is None else f"{share}, {duration(left)} left"

    def bar(self) -> RenderableType:
        """What stands below the lines: the files that run, and the bar over all of them."""
        width = self._console.width
        running = list(self._running.values())
        parts: list[RenderableType] = [self._row(item, width) for item in running[:_ROWS]]
        if len(running) > _ROWS:
            parts.append(Text(f"and {len(running) - _ROWS} more at work", "dim", no_wrap=True))
        share = f"{100 * self._forecast.fraction:3.0f} %"
        left = self._forecast.left(self._clock())
        count = f"{self._ended} of {self._count}"
        time_left = "" if left is None else f"{duration(left)} left"
        if self._paused:
            time_left = "paused"
        if self.stopping:
            time_left = "stopping"
        said = (count, share, time_left)
        room = width - sum(len(word) + 2 for word in said)
        grid = Table.grid(padding=(0, 1))
        bar = ProgressBar(
            total=1.0, completed=self._forecast.fraction, width=min(max(room, 4), 2 * _BAR)
        )
        cells: list[RenderableType] = [Text(word, no_wrap=True) for word in said if word]
        if room >= 6:
            cells.insert(1, bar)
        grid.add_row(*cells)
        return Group(*parts, grid)

    def _row(self, item: Item, width: int) -> RenderableType:
        """One file that runs: its name gives way to what is behind it."""
        record = item.record
        share = f"{100 * (record.fraction or 0.0 if record else 0.0):3.0f} %"
        stage = shown(record.stage or record.state) if record else item.state
        behind = f"  {share}  {stage}"
        name = _name(item.file.path)
        room = max(8, width - len(behind))
        return Text(f"{_cut(name, room)}{behind}", "dim", no_wrap=True, overflow="ellipsis")

    def _place(self, number: int) -> str:
        return f"{number:>{len(str(self._count))}}/{self._count}"


def end_of(row: Row) -> Text:
    """How a file ended, in a line."""
    result = (WORDS[row.state], STYLES.get(row.state, ""))
    return Text.assemble(f"{_name(row.file)}: ", result, _about(row))


def _about(row: Row) -> str:
    """What a line says behind the result: where the stems are, or why there are none."""
    if row.message:
        return f". {shown(typed.rewritten(row.message))} [{row.code}]"
    took = f" in {duration(row.took_s)}" if row.took_s is not None else ""
    warned = f", {len(row.warnings)} warnings" if len(row.warnings) > 1 else ""
    if len(row.warnings) == 1:
        warned = f", warning: {shown(typed.rewritten(row.warnings[0]))}"
    where = f", {shown(_near(row.folder))}" if row.folder else ""
    came = f". {shown(row.verdict)}" if row.verdict else ""
    return f"{took}{where}{warned}{came}"


def _near(path: str) -> str:
    """A path from here, where that is shorter."""
    try:
        here = os.path.relpath(path)
    except (OSError, ValueError):  # another drive; a folder that is gone
        return path
    return here if len(here) < len(path) and not here.startswith("..") else path


def _name(path: str) -> str:
    return shown(path)


def _cut(name: str, room: int) -> str:
    """The end of a path says most: it loses its beginning."""
    return name if len(name) <= room else f"…{name[len(name) - room + 1 :]}"


def table(summary: Summary) -> None:
    """What became of all of it, at the end."""
    rows = (
        ("done", summary.done, _work(summary)),
        ("done before", summary.skipped, "nothing was to do"),
        ("failed", summary.failed, ""),
        ("cancelled", summary.cancelled, ""),
        ("not begun", summary.not_begun, ""),
    )
    for word, number, said in rows:
        if number:
            say(f"{word:12} {number:5}  {said}".rstrip())
    if summary.warned:
        say(f"{'warnings':12} {summary.warned:5}  files have some: each job.json has them")


def _work(summary: Summary) -> str:
    return f"{clock(summary.sound_s)} of sound in {duration(summary.took_s)}"
