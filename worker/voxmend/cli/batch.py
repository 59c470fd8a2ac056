"""Files of any number carried out, on the worker or on a cluster, for the command line: shown as
they go, told at the end, written into a report. What decides stands in ``voxmend.batch``.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from voxmend_protocol import Client, features
from voxmend_protocol.errors import (
    DiskFull,
    EnvironmentProblem,
    VoxmendError,
    WorkerUnreachable,
)
from voxmend_protocol.messages import Accepted, Report, Status, Submit

from .. import speech
from ..batch import summary
from ..batch.done import Shelf
from ..batch.drive import Doer, cancel, drive, finish
from ..batch.forecast import Forecast
from ..batch.history import LOOKED_AT, History
from ..batch.listing import Listed
from ..batch.queue import Item, Queue
from ..batch.survey import Rule, survey
from . import overall, results
from .go_on import how_to_go_on
from .manners import held
from .overall import Overall
from .progress import Display, tell
from .screen import complain, exit_code, say, say_as_typed
from .written import write_report

NOTHING_DONE = Rule({})

KEPT = "The jobs that the worker has are kept: they go on once the worker starts again."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: the items as ``--json`` has them, counts, and the exit code."""

    items: list[dict[str, Any]]
    summary: summary.Summary
    code: int


@dataclass(slots=True)
class Batch:
    """A batch under way.

    Args:
        order: makes the job of a file.
        rule: which results count as done.
        report: where a report goes.
        loud: whether stems are printed as they come.
        shelf: where results lie that were made before; None: on the disk.
    """

    files: Sequence[Listed]
    order: Callable[[Listed], Submit]
    rule: Rule = NOTHING_DONE
    report: Path | None = None
    loud: bool = False
    shelf: Shelf | None = None
    queue: Queue = field(default_factory=lambda: Queue(()))
    outcome: Outcome | None = None
    _numbers: dict[int, int] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)
    _began_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def many(self) -> bool:
        """Whether it is shown as a whole, and not as one file."""
        return len(self.files) > 1 or not all(file.named for file in self.files)

    def carry_out(self, client: Client) -> Outcome:
        """Do all of it on the worker; as ``do``."""
        for item in self.queue.items:
            if item.submit is not None:
                features.check(item.submit, client.welcome.features)
        return self.do(client, KEPT, self._history(client))

    def do(self, doer: Doer, kept: str, history: History | None = None) -> Outcome:
        """Do all of it.

        Args:
            kept: what is said of its jobs where it ends before its time.
            history: of earlier jobs.

        Raises:
            KeyboardInterrupt: the user has stopped it. Its jobs are cancelled; what was done is
                told, and how to go on.
            VoxmendError: nobody does its jobs any more; what was done is told.
        """
        speech.doing("waiting for the jobs" if self.many else "waiting for the job")
        try:
            self._carry_out(doer, history or History())
        except KeyboardInterrupt:
            self._stop(doer)
            self.told()
            say_as_typed(how_to_go_on(self.rule, self.files, self._began_at))
            raise
        except (WorkerUnreachable, DiskFull, EnvironmentProblem):
            say(kept)
            self.told()
            raise
        return self.told()

    def detach(self, client: Client) -> Outcome:
        """Give all of it to the worker, and wait for nothing."""
        for item in self.queue.items:
            if item.submit is not None:
                features.check(item.submit, client.welcome.features)
        for item in self.queue.items:
            if item.state != "waiting" or self.queue.halted is not None:
                continue
            assert item.submit is not None
            self.queue.submitted(item, item.submit)
            try:
                client.request(item.submit, Accepted)
            except KeyboardInterrupt:
                cancel(client, self.queue)
                raise
            except VoxmendError as error:
                self.queue.withdraw(item)
                self.queue.refused(item, error)
                self._say_error(item)
        waiting = len(self.queue.open_jobs)
        if self.many:
            say(
                f"{waiting} jobs are in the worker's queue and go on without this command. A job "
                "that you start elsewhere, in REAPER too, comes after them. See: voxmend jobs list"
            )
        if waiting:
            with contextlib.suppress(VoxmendError):  # the jobs are there, whatever is asked now
                for hold in client.request(Status(), Report).paused[:1]:
                    say(f"The worker is paused {held(hold)}")
        return self.told(quiet=True)

    def told(self, quiet: bool = False) -> Outcome:
        """Say and write what became of it, as far as it has come."""
        rows = [summary.row(item) for item in self.queue.items]
        counts = summary.Summary.of(rows, time.monotonic() - self._began)
        items = [results.item_of(item) for item in self.queue.items]
        if self.many and not quiet:
            overall.table(counts)
        if self.report is not None:
            say(f"Report: {write_report(self.report, rows, counts, items)}")
        self.outcome = Outcome(items, counts, code_of(self.queue))
        return self.outcome

    def survey(self) -> bool:
        """Look at all files, before anything is done; whether there is work for the worker."""
        found: list[Item] = []
        said = time.monotonic()
        for item in survey(self.files, self.order, self.rule, self.shelf):
            found.append(item)
            if time.monotonic() - said > 2:
                said = time.monotonic()
                say(f"Looking at the files: {len(found)} of {len(self.files)}")
        self.queue = Queue(found)
        self._numbers = {id(item): n for n, item in enumerate(found)}
        for item in found:
            if item.error is not None:
                self._say_error(item)
        return not self.queue.ended

    def _carry_out(self, doer: Doer, history: History) -> None:
        if not self.many:
            with Display() as display:
                for item in drive(doer, self.queue):
                    if item.record is not None:
                        display.show(item.record)
            self._tell_one(self.queue.items[0])
            return
        forecast = Forecast([item.sound_s for item in self.queue.items], history.on())
        skipped = [item for item in self.queue.items if item.ended]
        with Overall(len(self.queue.items), forecast) as shown:
            for item in skipped:
                forecast.skip(self._numbers[id(item)])
            shown.skipped(len(skipped))
            device = None
            for item in drive(doer, self.queue):
                if item.record is not None and item.record.device not in (None, device):
                    device = item.record.device
                    forecast.learn(history.on(device))
                self._show(item, forecast, shown)

    def _show(self, item: Item, forecast: Forecast, shown: Overall) -> None:
        number, now = self._numbers[id(item)], time.monotonic()
        if item.record is not None and not item.ended:
            shown.stands(item.record.paused)
        if item.state == "running":
            fraction = item.record.fraction if item.record is not None else None
            forecast.progress(number, fraction or 0.0, now)
            shown.runs(number, item)
        elif item.ended:
            if item.state == "succeeded":
                forecast.end(number, now)
            else:
                forecast.skip(number)
            shown.ended(number, summary.row(item))
            if self.loud:
                results.put_paths(item)

    def _stop(self, doer: Doer) -> None:
        """Cancel what is under way, and wait until it is let go."""
        if not self.queue.open_jobs:
            return
        cancel(doer, self.queue)
        say("Cancelling …")
        for item in finish(doer, self.queue):
            if item.ended:
                self._say_end(item)

    def _say_end(self, item: Item) -> None:
        if self.loud and item.state == "succeeded":
            results.put_paths(item)
        if self.many:
            say(overall.end_of(summary.row(item)).plain)
        elif item.record is not None:
            tell(item.record)

    def _tell_one(self, item: Item) -> None:
        if item.record is not None and item.record.terminal:
            tell(item.record)
            if self.loud:
                results.put_paths(item)
        elif item.error is not None:
            self._say_error(item)

    def _say_error(self, item: Item) -> None:
        assert item.error is not None
        name = Path(item.file.path).name.strip() or f"“{item.file.path}”"
        complain(f"{name}: {item.error.message} [{item.error.code}]")

    def _history(self, client: Client) -> History:
        presets = [item.submit.preset for item in self.queue.items if item.submit is not None]
        if not presets or self.queue.ended:
            return History()
        return History.of(islice(client.records("succeeded"), LOOKED_AT), presets[0])


def code_of(queue: Queue) -> int:
    """0, or the exit code of the first file that failed."""
    first = summary.first_error(queue)
    if first is None:
        return 0
    return exit_code(first.error) if first.error is not None else 1
