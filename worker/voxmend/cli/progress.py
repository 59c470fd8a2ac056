"""Shows jobs as they go: bars on a terminal, lines elsewhere, on stderr; how they end in words."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, ProgressColumn, Task, TaskID
from rich.text import Text

from voxmend_protocol import JobRecord

from .. import speech, typed
from ..disk import shown
from .bar import Row, fitted
from .manners import RESUME
from .screen import complain, say
from .verdict import columns, lines


class _Line(ProgressColumn):
    """A job's line, as wide as the terminal is now."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def render(self, task: Task) -> Text:
        """The line of a task."""
        row = Row(task.description, task.completed, **task.fields)
        return fitted(row, self._console.width - 1, self._console.encoding)


class Display:
    """Bars, or plain a line whenever a stage begins, and one every 30 s."""

    def __init__(
        self, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console or speech.console(sys.stderr)
        live = self._console.is_terminal if console else speech.redraws(sys.stderr)
        self._bars: Progress | None = None
        if live and not speech.MANNER.quiet:
            self._bars = Progress(_Line(self._console), console=self._console, transient=True)
        self._rows: dict[str, TaskID] = {}
        self._said: dict[str, tuple[str, str | None, bool]] = {}
        self._clock = clock
        self._next: dict[str, float] = {}

    def __enter__(self) -> Display:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars:
            self._bars.stop()

    def show(self, record: JobRecord) -> None:
        """Take a newer record."""
        name = shown(Path(record.clip.path).name)
        if self._bars:
            self._bar(self._bars, name, record)
            return
        now = (record.state, record.stage, record.paused)
        new = self._said.get(record.job) != now
        if record.terminal or not (new or self._clock() >= self._next[record.job]):
            return
        self._said[record.job] = now
        self._next[record.job] = self._clock() + speech.AGAIN_S
        stage = f": {record.stage}" if record.stage else ""
        where = f" on {record.device}" if record.device else ""
        if record.paused:
            where = f"; the worker is paused, go on with: {RESUME}"
        far = f", {100 * record.fraction:.0f} %" if record.fraction and not new else ""
        left = f", {duration(record.eta_s)} left" if far and record.eta_s is not None else ""
        say(f"{name}: {record.state}{stage}{where}{far}{left}")

    def _bar(self, bars: Progress, name: str, record: JobRecord) -> None:
        if record.job not in self._rows:
            self._rows[record.job] = bars.add_task(name, total=1.0, stage="", left="", device="")
        stage = record.stage or record.state
        if record.stages and record.stage_index is not None:
            stage += f" {record.stage_index + 1}/{record.stages}"
        bars.update(
            self._rows[record.job],
            completed=record.fraction or 0.0,
            stage="cancelling" if record.cancelling else _paused(record) or shown(stage),
            left=f"{duration(record.eta_s)} left" if record.eta_s is not None else "",
            device=shown(record.device or ""),
        )


def _paused(record: JobRecord) -> str:
    """What stands in a job's stage while the worker is paused."""
    return typed.rewritten(f"paused, go on with: {RESUME}") if record.paused else ""


def follow(records: Iterable[JobRecord], each: Callable[[JobRecord], None]) -> dict[str, JobRecord]:
    """Show records until all jobs have ended; the last record of each."""
    last = {}
    for record in records:
        each(record)
        last[record.job] = record
    return last


def tell(record: JobRecord) -> None:
    """How a job ended, in words."""
    name = shown(Path(record.clip.path).name)
    for warned in record.warnings:
        if warned.code == "voice_placed":  # what was found, and no trouble
            say(f"{name}: {warned.message}")
        else:
            say(f"{name}: warning: {warned.message} [{warned.code}]")
    if record.verdict:
        for line in lines(name, record.verdict, columns()):
            say(line)
    if record.error:
        complain(f"{name}: {record.error.message} [{record.error.code}]")
    elif record.state != "succeeded":
        complain(f"{name}: {record.state}")


def duration(seconds: float) -> str:
    """Seconds as a person reads them."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def interactive() -> bool:
    """Whether a person looks at stdout."""
    return sys.stdout.isatty()
