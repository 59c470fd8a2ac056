"""The laptops that a remote worker works for: each has its own shelf and its own jobs, and sees
nothing of another's. Questions go in, answers come out; knows no socket.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from voxmend_protocol.errors import BadRequest, QueueFull, UnknownJob

from .. import build
from ..config import Remote
from ..log import log
from ..paths import Paths
from ..version import __version__
from . import forms, keys, same
from .peers import Guest, clear_strangers
from .shelf import Shelf, full
from .task import Around, Task

MOST_LIVE = 16
"""Jobs of one laptop that wait or run."""
MOST_KEPT = 64
"""Jobs of one laptop that are remembered, with those that have ended."""

WANTED_S = 3600.0
"""A job whose sound does not come is forgotten after so long."""

Insist = Callable[[forms.Order, Paths], None]


@dataclass(slots=True)
class Room:
    """One laptop's part."""

    guest: Guest
    shelf: Shelf
    tasks: dict[tuple[str, int], Task] = field(default_factory=dict)

    @property
    def live(self) -> list[Task]:
        """Jobs that have not ended."""
        return [task for task in self.tasks.values() if task.live]

    @property
    def busy(self) -> set[str]:
        """Hashes of what they need."""
        return {sha for task in self.live for sha in task.sources}

    @property
    def promised(self) -> int:
        """Bytes that are still to come, or to be made."""
        sizes = {
            sha: size for task in self.live if task.wanted for sha, size in task.sources.items()
        }
        coming = sum(self.shelf.missing(sha, size) for sha, size in sizes.items())
        return coming + sum(task.due for task in self.live)

    def find(self, job: str) -> Task:
        """The newest order of a job; it is asked about now.

        Raises:
            UnknownJob: it was never given, or is forgotten.
        """
        found = [task for (name, _), task in self.tasks.items() if name == job]
        if not found:
            raise UnknownJob("There is no such job here.")
        found[-1].touched = self.shelf.now()
        return found[-1]


class Guests:
    """All laptops."""

    def __init__(
        self,
        paths: Paths,
        settings: Remote,
        around: Around,
        engines: Callable[[], tuple[int, int]],
        insist: Insist = same.insist,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            engines: how many the worker has, and how many jobs wait.
            insist: refuses an order that this machine would carry out otherwise than it is meant.
        """
        self._paths, self._settings, self._around = paths, settings, around
        self._engines, self._insist, self._clock = engines, insist, clock
        self._rooms: dict[str, Room] = {}

    def answer(
        self, guest: Guest, asked: forms.Question, data: bytes
    ) -> tuple[forms.Answer, bytes]:
        """The answer to a laptop's question, and the sound that goes with it.

        Raises:
            VoxmendError: it is not carried out.
        """
        room = self._room(guest)
        match asked:
            case forms.Hello():
                engines, queued = self._engines()
                left = max(0, min(self._left(), self._share - room.shelf.used()))
                return forms.Welcome(
                    __version__, forms.FORM, engines, queued, left, build.mark()
                ), b""
            case forms.Order():
                return self._order(room, asked), b""
            case forms.Chunk():
                return self._chunk(room, asked, data), b""
            case forms.Look():
                return room.find(asked.job).state(), b""
            case forms.Fetch():
                found = room.find(asked.job).read(asked.name, asked.offset)
                return forms.Piece(asked.name, asked.offset), found
            case forms.Drop():
                self._drop(room, asked.job)
                return forms.Gone(), b""

    def sweep(self, known: Collection[Guest]) -> None:
        """Remove what nobody has used for long; and all of those who are not let in any more.

        Args:
            known: those who are.
        """
        keep_s = self._settings.keep_hours * 3600
        for room in list(self._rooms.values()):
            if room.guest not in known:
                for task in room.tasks.values():
                    task.stop()
                del self._rooms[room.guest.key]
        for room in map(self._room, known):
            self._forget_old(room, keep_s)
            folders = {name for task in room.tasks.values() for name in task.folders}
            gone = room.shelf.sweep(keep_s, room.busy, folders)
            if gone:
                log("remote_swept", guest=room.guest.name, files=gone)
        clear_strangers(self._paths, known)

    def _room(self, guest: Guest) -> Room:
        room = self._rooms.get(guest.key)
        if room is None:
            folder = folder_of(self._paths, guest.key)
            room = self._rooms[guest.key] = Room(
                guest, Shelf(folder, self._share, self._around.room, self._clock)
            )
        return room

    @property
    def _share(self) -> int:
        return round(self._settings.share_gb * 1e9)

    def _left(self) -> int:
        """Bytes of the disk that may be promised."""
        return self._around.room() - sum(room.promised for room in self._rooms.values())

    def _order(self, room: Room, order: forms.Order) -> forms.State:
        key = (order.job, order.attempt)
        known = room.tasks.get(key)
        if known is not None:
            if known.order != order:
                raise BadRequest("This job was ordered before, otherwise.")
            return known.state()
        if len(room.live) >= MOST_LIVE:
            raise QueueFull("{name} has as many jobs of this machine as it takes. Retry later.")
        self._insist(order, self._paths)
        task = Task(order, room.guest, room.shelf, self._around, self._clock)
        more = sum(room.shelf.missing(sha, size) for sha, size in task.sources.items())
        room.shelf.make_room(more + room.promised, {*room.busy, *task.sources})
        if more > self._left():
            raise full()
        room.tasks[key] = task
        self._forget_old(room, self._settings.keep_hours * 3600)
        task.begin()
        return task.state()

    def _chunk(self, room: Room, chunk: forms.Chunk, data: bytes) -> forms.Took:
        """Bytes of a file: taken only while a job of this laptop waits for them."""
        waiting = [task for task in room.live if task.wanted and chunk.sha256 in task.sources]
        if not waiting:
            raise UnknownJob("No job waits for this file.")
        size = min(task.sources[chunk.sha256] for task in waiting)
        if room.shelf.whole(chunk.sha256):
            have = size
        else:
            have = room.shelf.take(chunk.sha256, size, chunk.offset, data)
        for task in waiting:
            task.touched = self._clock()
            task.begin()
        return forms.Took(chunk.sha256, have)

    def _drop(self, room: Room, job: str) -> None:
        for key in [key for key in room.tasks if key[0] == job]:
            task = room.tasks.pop(key)
            task.stop()
            for sha in task.sources.keys() - room.busy:
                room.shelf.forget(sha)

    def _forget_old(self, room: Room, keep_s: float) -> None:
        """Forget jobs that ended long ago, or wait for sound that nobody sends."""
        over = len(room.tasks) - MOST_KEPT
        now = self._clock()
        for key, task in list(room.tasks.items()):
            idle_s = now - task.touched
            if (not task.live and (over > 0 or idle_s > keep_s)) or (
                task.wanted and idle_s > WANTED_S
            ):
                room.tasks.pop(key).stop()
                over -= 1


def folder_of(paths: Paths, key: str) -> Path:
    """Where what a laptop has sent lies."""
    return paths.remote / "guests" / keys.mark(key)
