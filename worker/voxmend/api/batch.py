"""The way of songs through the worker: a few at a time, each result as it is done.

At most two jobs of a batch wait in the worker, so that who asks next, from REAPER perhaps, waits
for two songs and not for three hundred. Whatever ends it before its time (Ctrl-C, an exception in
``on_progress``, a caller that leaves the loop) cancels the jobs that are still open, and waits
until they have ended, so that nothing is written afterwards.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import voxmend_protocol
from voxmend_protocol import JobRecord, VoxmendError
from voxmend_protocol.errors import QueueFull, UnknownJob, WorkerUnreachable
from voxmend_protocol.messages import Ack, Cancel

from . import sound
from .links import Links, send
from .options import Options
from .progress import OnProgress, Progress, Teller, progress
from .result import Result, of_job, result
from .source import Source, source

WAITING = 2
"""Jobs of one batch that may wait in the worker."""

FULL_S = 2.0
"""Between two tries where others fill the worker's queue."""

STOP_S = 15.0
"""How long a job that is cancelled is waited for; the worker needs at most 10 s."""


@dataclass(slots=True)
class _Song:
    """A song whose job is open."""

    index: int
    source: Source
    last: Progress
    record: JobRecord | None = None

    @property
    def waits(self) -> bool:
        """Whether it has not begun."""
        return self.record is None or self.record.state == "queued"


class Batch:
    """Songs of one call.

    Args:
        link: a connection that is this batch's alone.
        songs: paths, or samples with their rates; taken one by one, when there is room.
        on_progress: is called in the thread that asks for results: whenever something is new, and
            at least about every half second.
    """

    def __init__(
        self,
        link: voxmend_protocol.Client,
        songs: Iterable[Any],
        options: Options,
        on_progress: OnProgress | None = None,
        group: str | None = None,
    ) -> None:
        self._link, self._options, self._teller = link, options, Teller(on_progress)
        self._songs = enumerate(songs)
        self._more = True
        self._open: dict[str, _Song] = {}
        self._group = group

    def results(self) -> Iterator[Result[Any]]:
        """Each result as it is done.

        Raises:
            WorkerUnreachable: there is no worker any more, and none can be started.
        """
        try:
            while True:
                while self._room():
                    yield from self._next()
                if not self._open:
                    return
                ended = self._follow()
                if ended is None or ended.job is None:
                    continue
                song = self._open.pop(ended.job)
                with song.source:
                    found = self._result(song, ended)
                yield found
        except WorkerUnreachable:  # jobs are kept: they go on once a worker starts
            raise
        except BaseException:
            self._cancel()
            raise
        finally:
            for song in self._open.values():
                song.source.close()

    def _room(self) -> bool:
        return self._more and sum(song.waits for song in self._open.values()) < WAITING

    def _next(self) -> Iterator[Result[Any]]:
        """Queue the next song; its result where it was refused."""
        index, given = next(self._songs, (0, self))
        if given is self:
            self._more = False
            return
        job, path = str(uuid.uuid4()), None
        try:
            found = source(given)
            path = found.path
        except VoxmendError as error:
            yield Result(index=index, error=error)
            return
        song = _Song(index, found, Progress(job, index, path, "queued", 0.0))
        self._open[job] = song  # before it is sent: it may arrive although no answer does
        try:
            while not self._submitted(job, found):
                time.sleep(FULL_S)  # others fill the queue
                self._teller.again()
        except WorkerUnreachable as error:
            raise of_job(error, job) from None
        except VoxmendError as error:
            del self._open[job]
            found.close()
            yield Result(index=index, path=path, error=error)

    def _submitted(self, job: str, song: Source) -> bool:
        """Queue a song. False where the queue is full and this is one of many."""
        folder = song.folder if self._options.folder is None else None
        try:
            send(self._link, self._options.order(job, song.file, self._group, folder))
        except QueueFull:
            if self._group is None:
                raise
            return False
        return True

    def _follow(self) -> JobRecord | UnknownJob | None:
        """Follow the open jobs until one has ended, or there is room for another: None. Somebody
        may have cleared one that had just ended: nothing is known of it."""
        try:
            return self._heard()
        except UnknownJob as error:
            for job in self._open:
                try:
                    record = self._link.job(job)
                except UnknownJob:
                    of_job(error, job)
                    return error
                if record.terminal:
                    return record
            return None

    def _heard(self) -> JobRecord | None:
        for record in self._link.follow(list(self._open), tick=self._teller.again):
            song = self._open[record.job]
            song.record = record
            song.last = progress(record, song.index, song.source.path, song.last.fraction)
            self._teller.tell(song.last)
            if record.terminal:
                return record
            if self._room():
                return None
        return None

    def _result(self, song: _Song, record: JobRecord | UnknownJob) -> Result[Any]:
        """The result of a job that has ended."""
        if isinstance(record, UnknownJob):
            return Result(index=song.index, path=song.source.path, error=record)
        found: Result[Any] = result(record, song.index)
        if song.source.folder is None:
            return found
        kept = found.folder if self._options.folder else None
        try:
            stems = {name: sound.read(f, song.source.flat) for name, f in found.stems.items()}
        except VoxmendError as error:
            return replace(found, stems={}, path=None, error=of_job(error, record.job))
        return replace(found, stems=stems, path=None, folder=kept)

    def _cancel(self) -> None:
        """End the jobs that are open, and wait until they have."""
        deadline = time.monotonic() + STOP_S

        def late() -> None:
            if time.monotonic() > deadline:
                raise WorkerUnreachable("The jobs do not end. See: voxmend jobs list")

        with contextlib.suppress(VoxmendError):
            for job in list(self._open):
                with contextlib.suppress(VoxmendError):
                    self._link.request(Cancel(job), Ack)
            for _ in self._link.follow(list(self._open), tick=late):
                late()


def batch(
    links: Links,
    songs: Iterable[Any],
    chosen: Options,
    on_progress: OnProgress | None = None,
    group: str | None = None,
) -> Iterator[Result[Any]]:
    """Songs over a connection of their own; as ``Batch.results``."""
    with links.borrow(new_job=True) as link:
        yield from Batch(link, songs, chosen, on_progress, group).results()


def alone(
    links: Links, song: Any, chosen: Options, on_progress: OnProgress | None = None
) -> Result[Any]:
    """One song.

    Raises:
        VoxmendError: it failed.
    """
    (found,) = batch(links, [song], chosen, on_progress)
    if found.error is not None:
        raise found.error
    return found
