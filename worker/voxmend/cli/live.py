"""The worker as it is now, redrawn until Ctrl-C: ``voxmend worker status --watch``.

A screen is made of a report and of the records of what runs and waits: drawing knows no worker.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from voxmend_protocol import Client, JobRecord
from voxmend_protocol.errors import UnknownJob
from voxmend_protocol.messages import Report, Status
from voxmend_protocol.values import LoadedModel

from .. import speech, typed
from ..disk import shown
from .engines import jobs, processes, told
from .manners import held, manners
from .memory import resident
from .progress import duration

EVERY_S = 0.5
"""From one look to the next."""

SHOWN = 8
"""Jobs that wait and are named; more are counted."""

STATES = {"idle": "green", "busy": "cyan", "absent": "dim", "broken": "bold red"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the worker.

    Attributes:
        running, waiting: records, by their engines, and the next one first.
        memory: bytes that worker and engine hold; None where the system does not say.
    """

    report: Report
    running: Sequence[JobRecord]
    waiting: Sequence[JobRecord]
    memory: int | None


class Watcher:
    """Asks a worker. Who waits is asked again only when that has changed: a queue may be long."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._waiting: list[JobRecord] = []
        self._known: tuple[int, tuple[str, ...]] = (0, ())

    def look(self) -> Seen:
        """The worker as it is now.

        Raises:
            WorkerUnreachable: it is gone.
        """
        report = self._client.request(Status(), Report)
        running: list[JobRecord] = []
        for job in jobs(report):
            with contextlib.suppress(UnknownJob):  # cleared meanwhile
                running.append(self._client.job(job))
        if (report.queued, jobs(report)) != self._known:
            self._known = (report.queued, jobs(report))
            self._waiting = list(self._client.records("queued"))[::-1] if report.queued else []
        memory = resident(processes(report))
        return Seen(report, running, self._waiting, memory)


def watch(look: Callable[[], Seen], console: Console | None = None) -> None:
    """Show looks until Ctrl-C, or until ``look`` raises."""
    console = console or speech.console(sys.stdout)
    speech.rest()
    try:
        with Live(screen(look()), console=console, auto_refresh=False, screen=False) as live:
            while True:
                time.sleep(EVERY_S)
                live.update(screen(look()), refresh=True)
    except KeyboardInterrupt:
        return


def screen(seen: Seen) -> RenderableType:
    """One look, drawn."""
    parts: list[RenderableType] = [_head(seen), Text(), _running(seen)]
    if seen.report.queued:
        parts += [Text(), _queue(seen)]
    parts += [Text(), _models(seen.report.models)]
    return Group(*parts)


def _head(seen: Seen) -> Table:
    report = seen.report
    grid = Table.grid(padding=(0, 2))
    engines: list[Text] = []
    if len(report.engines) > 1:
        engines += [Text(shown(told(each)), STATES.get(each.state, "")) for each in report.engines]
    else:
        engines.append(Text(report.engine, STATES.get(report.engine, "")))
        if report.reason:
            engines[0].append(f" {shown(report.reason)}")
    if report.draining:
        engines[-1].append(" (ends when the queue is empty)", "yellow")
    grid.add_row("worker", Text(f"{report.version}, process {report.pid}, {_clients(report)}"))
    for n, engine in enumerate(engines):
        grid.add_row("" if n else "engine" if len(engines) == 1 else "engines", engine)
    for hold in report.paused:
        grid.add_row("paused", Text(shown(typed.rewritten(held(hold))), "yellow"))
    if report.priority:
        grid.add_row("manners", Text(shown(manners(report))))
    grid.add_row("device", Text(shown(report.device or "known once a job runs")))
    grid.add_row("memory", Text("unknown" if seen.memory is None else size(seen.memory)))
    if report.pulling:
        grid.add_row("pulling", Text(typed.rewritten("models, see: voxmend models list")))
    return grid


def _clients(report: Report) -> str:
    return "1 client" if report.clients == 1 else f"{report.clients} clients"


def _running(seen: Seen) -> RenderableType:
    if not seen.running:
        return Text("Nothing runs.", "dim")
    grid = Table.grid(padding=(0, 2))
    for record in seen.running:
        stage = shown(record.stage or "begins")
        if record.stages and record.stage_index is not None:
            stage += f" {record.stage_index + 1}/{record.stages}"
        left = "" if record.eta_s is None else f"{duration(record.eta_s)} left"
        bar = ProgressBar(total=1.0, completed=record.fraction or 0.0, width=24)
        share = f"{100 * (record.fraction or 0.0):3.0f} %"
        grid.add_row(
            _name(record), Text(shown(record.preset), "dim"), bar, share, stage, Text(left, "dim")
        )
    return grid


def _queue(seen: Seen) -> Table:
    table = Table.grid(padding=(0, 2))
    for n, record in enumerate(seen.waiting[:SHOWN], 1):
        table.add_row(Text(f"{n:>3}", "dim"), _name(record), Text(shown(record.preset), "dim"))
    more = seen.report.queued - min(SHOWN, len(seen.waiting))
    if more > 0:
        table.add_row("", Text(f"and {more} more", "dim"))
    return table


def _name(record: JobRecord) -> Text:
    return Text(shown(Path(record.clip.path).name), overflow="ellipsis", no_wrap=True)


def _models(models: Sequence[LoadedModel]) -> RenderableType:
    if not models:
        return Text("No models are loaded.", "dim")
    table = Table.grid(padding=(0, 2))
    for model in models:
        table.add_row(
            Text(shown(model.name)),
            size(model.bytes),
            Text(shown(model.device), "dim"),
            kept(model),
        )
    return table


def kept(model: LoadedModel) -> Text:
    """Whether a network is in use, and when it goes."""
    if model.idle_s is None:
        return Text("in use", "cyan")
    idle = f"idle for {duration(model.idle_s)}"
    if model.keep_s is None:
        return Text(f"{idle}, stays")
    return Text(f"{idle}, goes in {duration(max(0.0, model.keep_s - model.idle_s))}")


def size(count: int) -> str:
    """Bytes as a person reads them."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"
