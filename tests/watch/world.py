"""A watched folder and a worker that exist in memory only, in a time of their own.

Files follow a script of states; the worker does what the real one promises: one id is one job. Both
outlive the inbox, which can be killed at any call, before or after that call has had its effect.
"""

from __future__ import annotations

import bisect
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from voxmend.watch import names
from voxmend.watch.event import Event
from voxmend.watch.filing import Filing
from voxmend.watch.inbox import Inbox
from voxmend.watch.look import Look
from voxmend.watch.memory import Memory
from voxmend.watch.recipe import Recipe, folder_id, job_id
from voxmend.watch.registry import Watched
from voxmend.watch.scan import Sight
from voxmend.watch.settle import LOCAL, Stamp, Verdict
from voxmend_protocol import JobRecord
from voxmend_protocol.errors import InputMissing, JobConflict, UnknownJob
from voxmend_protocol.messages import Accepted, Submit
from voxmend_protocol.values import Clip, ErrorBody

ROOT = "/exports"
PRESETS = ("quick", "restore", "studio")


class Killed(BaseException):
    """``kill -9``, here and now."""


@dataclass(frozen=True)
class Moment:
    """A file from a time on; ``content`` None: it is not there."""

    at: float
    size: int
    content: str | None
    verdict: Verdict = "complete"


def digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def copied(at: float, content: str) -> list[Moment]:
    """A fast copy, whose first part has a header that promises more."""
    half = [Moment(at, 500, content + "½", "unfinished")]
    return [*half, Moment(at + 0.4, 1000, content)]


def written_slowly(at: float, content: str, told_by_header: bool) -> list[Moment]:
    """Ten seconds, a piece every two; in some formats every beginning of it is a whole file."""
    verdict: Verdict = "unfinished" if told_by_header else "complete"
    parts = [Moment(at + s, 100 * (s + 1), f"{content} to {s}", verdict) for s in range(0, 10, 2)]
    return [*parts, Moment(at + 10, 1100, content)]


def renamed_in(at: float, content: str) -> list[Moment]:
    return [Moment(at, 1000, content)]


def set_aside_and_filled(at: float, content: str, chance: random.Random) -> list[Moment]:
    """All of its size at once, in zeros; long pauses, and the size never changes."""
    moments = [Moment(at, 1000, content + " zeros", "unfinished")]
    for part in range(3):
        at += chance.uniform(2, 25)
        moments.append(Moment(at, 1000, f"{content} filled {part}", "doubtful"))
    return [*moments, Moment(at + chance.uniform(2, 25), 1000, content)]


@dataclass
class World:
    """Disk, worker, and a time that only the test moves."""

    memory_file: Path
    folder: Watched = field(default_factory=lambda: Watched(ROOT, "quick"))
    presets: tuple[str, ...] = PRESETS
    now: float = 0.0
    clock_off: float = 0.0
    scripts: dict[str, list[Moment]] = field(default_factory=dict)
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    orders: dict[str, Submit] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    verdicts: dict[str, ErrorBody] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    away: dict[str, str] = field(default_factory=dict)
    room: int = 10**12
    job_s: float = 1.0
    slots: int = 2
    kill_in: int | None = None
    deaths: int = 0
    _due: dict[str, float] = field(default_factory=dict)
    _memory: Memory | None = None

    # --- the inbox and its death ----------------------------------------------------------------

    def inbox(self) -> Inbox:
        """A watcher that has just started."""
        self.close()
        self._memory = memory = Memory(self.memory_file)
        filing = Filing(self.folder, self, self.events.append)
        return Inbox(self.folder, self, memory, lambda: self.presets, LOCAL, filing)

    def close(self) -> None:
        if self._memory is not None:
            self._memory.close()

    def turn(self, inbox: Inbox, seconds: float = 1.0) -> None:
        """Let time pass, then do what the watcher does in a turn."""
        self.now += seconds
        clock = self.now + self.clock_off
        inbox.scan(clock)
        inbox.follow(clock, self)
        inbox.send(clock, self, self.slots - inbox.flying)

    def _maybe_die(self) -> None:
        if self.kill_in is not None:
            self.kill_in -= 1
            if self.kill_in < 0:
                self.kill_in = None
                self.deaths += 1
                raise Killed

    # --- the disk -------------------------------------------------------------------------------

    def file(self, name: str) -> Moment | None:
        """A file as it is now."""
        script = self.scripts[name]
        index = bisect.bisect_right([moment.at for moment in script], self.now) - 1
        found = script[index] if index >= 0 else None
        return found if found is not None and found.content is not None else None

    def stamp(self, found: Moment) -> Stamp:
        return Stamp(found.size, int(found.at * 1e9), int(found.at * 1e9))

    def scan(self) -> Sight:
        self._maybe_die()
        sight = Sight(bare=not self.scripts)
        for name in self.scripts:
            found = self.file(name)
            if found is not None and name not in self.away:
                sight.files[name] = self.stamp(found)
        return sight

    def look(self, name: str) -> Look:
        self._maybe_die()
        found = self.file(name)
        if found is None:
            raise InputMissing(f"There is no file {name}.")
        stamp = self.stamp(found)
        return Look(found.verdict, stamp, stamp, digest(found.content or ""), 100)

    def path(self, name: str) -> str:
        return f"{ROOT}/{name}"

    def output(self, name: str) -> str:
        return f"{ROOT}/{names.RESTORED}"

    def result(self, name: str, preset: str, job: str) -> str | None:
        return None

    def free(self) -> int:
        return self.room

    def complain(self, name: str, sentence: str) -> None:
        self._maybe_die()
        self.errors[name] = sentence
        self._maybe_die()

    def withdraw(self, name: str) -> None:
        self.errors.pop(name, None)

    def file_away(self, name: str) -> str:
        self.away[name] = f"{ROOT}/{names.DONE}/{name}"
        return self.away[name]

    # --- the worker -----------------------------------------------------------------------------

    def submit(self, order: Submit) -> Accepted:
        self._maybe_die()
        known = self.orders.get(order.job)
        if known is not None and known != order:
            raise JobConflict("another payload")
        if known is None:
            self.orders[order.job] = order
            self.jobs[order.job] = JobRecord(
                order.job, "queued", 1, 0, Clip(order.clip.path), order.preset, 1, ""
            )
            self._due[order.job] = self.now + self.job_s
        self._maybe_die()
        return Accepted(order.job, self.record(order.job).state)

    def record(self, job: str) -> JobRecord:
        self._maybe_die()
        if job not in self.jobs:
            raise UnknownJob("no such job")
        record = self.jobs[job]
        if not record.terminal and self.now >= self._due[job]:
            self.runs.append(job)
            error = self.verdicts.get(Path(record.clip.path).name)
            state = {None: "succeeded", "cancelled": "cancelled"}.get(
                error.code if error else None, "failed"
            )
            folder = None if error else f"{ROOT}/Restored/{Path(record.clip.path).stem}"
            record = JobRecord(
                job, state, 1, 1, record.clip, record.preset, 1, "", error=error, folder=folder  # type: ignore[arg-type]
            )  # fmt: skip
            self.jobs[job] = record
        return record

    # --- what came of it ------------------------------------------------------------------------

    def told(self, kind: str) -> list[str | None]:
        """The files of all events of a kind."""
        return [event.file for event in self.events if event.kind == kind]

    def id_of(self, name: str, content: str, attempt: int = 1, preset: str = "quick") -> str:
        """The id that the job of these contents must have."""
        return job_id(folder_id(ROOT), Recipe(preset), name, digest(content), attempt)


def until_quiet(world: World, inbox: Inbox, most: int = 400) -> Iterator[int]:
    """Turn until nothing is left to do, at most so many seconds."""
    for second in range(most):
        yield second
        world.turn(inbox)
        last = max((m.at for script in world.scripts.values() for m in script), default=0.0)
        if world.now > last + 1 and not inbox.flying and not inbox.waiting:
            return


def settle_down(world: World, inbox: Inbox, most: int = 400) -> None:
    for _ in until_quiet(world, inbox, most):
        pass
