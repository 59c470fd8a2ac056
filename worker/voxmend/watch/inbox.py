"""One watched folder as a machine: candidates come in, jobs go out, outcomes are filed.

It knows no thread, no socket and no disk: the folder is a ``Place``, the worker a ``Worker``, time
a number. What always holds: a file is sent only at rest and whole (``settle``), under an id made
of its contents (``recipe``), and noted after the worker has it (``memory``); so what a crash loses
the next scan finds, and what is found twice is one job. Under one name one file is in flight.
Blame is sorted here: a file's own faults are filed and wait for it to be dropped again; what is no
file's fault holds its preset back (``holds``); a worker that cannot answer is the caller's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from voxmend_protocol import JobRecord
from voxmend_protocol.errors import (
    BadRequest,
    DiskFull,
    EngineBroken,
    EnvironmentProblem,
    InputError,
    InputMissing,
    InputUnreadable,
    InternalError,
    JobConflict,
    OutputError,
    UnknownJob,
    VoxmendError,
    from_code,
)
from voxmend_protocol.values import STATES

from ..disk import shown
from . import names
from .client import Worker
from .filing import Filing
from .holds import Holds
from .memory import Entry, Memory
from .place import Place
from .recipe import Recipe, folder_id, job_id, order_for, recipe_for
from .registry import Watched
from .settle import Pace, Stamp, Waiting, due, judge, observe

ATTEMPTS = 1000
"""Tries of one file that the worker may remember as failed."""

LOOKS = 8
"""Files that are read through before the jobs under way get a glance again."""

_CHANGED = ("input_changed", "input_missing")
_OF_THE_PLACE = (EnvironmentProblem, OutputError, EngineBroken, BadRequest)
"""No file's fault: a preset or a parameter of it is none either."""


@dataclass(frozen=True, slots=True)
class _Flight:
    """A file that the worker has: its name on the disk, and what is made of it."""

    name: str
    entry: Entry
    preset: str


class Inbox:
    """The machine. ``scan``, ``follow`` and ``send`` are called in turn, by one thread.

    Args:
        folder: what is asked for.
        place: where the files are.
        memory: what became of them.
        presets: the names of all presets there are now.
        pace: how patient to be.
        filing: takes what is to be said.
        one_spelling: whether the disk takes ``Song.wav`` and ``song.wav`` for one file.
    """

    def __init__(
        self,
        folder: Watched,
        place: Place,
        memory: Memory,
        presets: Callable[[], Sequence[str]],
        pace: Pace,
        filing: Filing,
        one_spelling: bool = False,
    ) -> None:
        self._folder, self._pace, self._one_spelling = folder, pace, one_spelling
        self._place, self._memory, self._presets, self._filing = place, memory, presets, filing
        self._id = folder_id(folder.path)
        self._waiting: dict[str, Waiting] = {}
        self._holds = Holds()
        self._unseen = 0  # files that came back from the worker unmended, since the last scan
        self._recipes: dict[str | None, Recipe | None] = {}
        self._flights: dict[str, _Flight] = {}
        for entry in memory:
            if entry.state == "sent":
                recipe = self._recipe(entry.name)
                preset = recipe.preset if recipe else folder.preset
                self._flights[entry.name] = _Flight(entry.name, entry, preset)

    @property
    def flying(self) -> int:
        """Jobs that the worker has."""
        return len(self._flights)

    @property
    def names(self) -> list[str]:
        """Files that wait to be sent."""
        return list(self._waiting)

    @property
    def waiting(self) -> int:
        """Files that have not been sent and may still be."""
        return self._unseen + sum(not self._stuck(name) for name in self._waiting)

    @property
    def stuck(self) -> int:
        """Files that wait for what only the user can mend."""
        return sum(self._stuck(name) for name in self._waiting)

    @property
    def restless(self) -> bool:
        """Whether files are coming to rest, so that the next scan should be soon."""
        return self._unseen > 0 or any(
            not due(candidate, self._pace) for candidate in self._waiting.values()
        )

    def due(self, now: float) -> bool:
        """Whether there is a file that may be sent now."""
        flying = self._flying_presets()
        return any(
            due(candidate, self._pace)
            and (recipe := self._recipe(name)) is not None
            and self._holds.may_try(recipe.preset, flying, now)
            for name, candidate in self._waiting.items()
        )

    def _stuck(self, name: str) -> bool:
        recipe = self._recipe(name)
        if recipe is None:
            return due(self._waiting[name], self._pace)
        return recipe.preset in self._holds

    # --- what is there --------------------------------------------------------------------------

    def scan(self, now: float) -> None:
        """Observe the folder once.

        Raises:
            OSError: it is gone.
        """
        sight = self._place.scan()
        self._recipes.clear()
        self._unseen = 0
        for name, sentence in sight.remarks.items():
            self._filing.remark(name, sentence)
        keys = {name: self._key(name) for name in sight.files}
        stamps = {
            name: stamp
            for name, stamp in sight.files.items()
            if keys[name] not in self._flights
            and self._wanted(name, stamp)
            and (self._recipe(name) or names.kind(PurePosixPath(name).name) == "sound")
        }
        self._waiting = observe(self._waiting, stamps, now, self._pace)
        if not sight.bare:  # a share that is not there looks empty
            self._memory.prune(set(keys.values()))
        recipes = {name: self._recipe(name) for name in self._waiting}
        for name, recipe in recipes.items():
            if recipe is None and due(self._waiting[name], self._pace):
                self._filing.unknown_preset(name, self._presets())
        self._filing.unknown_presets_are({names.top(n) for n, r in recipes.items() if r is None})
        for sub, found in self._recipes.items():
            if found is not None and found.remark:
                self._filing.former_preset(sub, found.remark)
        wanted = {recipe.preset for recipe in recipes.values() if recipe}
        for preset in self._holds.idle(wanted | self._flying_presets()):
            self._filing.freed(preset, self._holds.lift(preset))

    def _wanted(self, name: str, stamp: Stamp) -> bool:
        """Whether a file has to be looked at, by what is known of it."""
        entry, recipe = self._memory.get(self._key(name)), self._recipe(name)
        if entry is None or recipe is None or entry.recipe != recipe.key:
            return True
        if entry.state == "done" and entry.stamp.same_contents(stamp):
            if self._folder.done:
                self._filing.away(name)
            return False
        return entry.state != "failed" or entry.stamp != stamp

    def _key(self, name: str) -> str:
        return names.folded(name) if self._one_spelling else name

    def _recipe(self, name: str) -> Recipe | None:
        """The recipe of a file, by its sub-folder: found anew at each scan."""
        sub = names.top(name)
        if sub not in self._recipes:
            self._recipes[sub] = recipe_for(self._folder, sub, self._presets())
        return self._recipes[sub]

    def _flying_presets(self) -> set[str]:
        return {flight.preset for flight in self._flights.values()}

    # --- what goes out --------------------------------------------------------------------------

    def send(self, now: float, worker: Worker, room: int) -> int:
        """Look at files at rest and send those that are whole, the longest there first.

        Args:
            room: how many jobs the worker may be given.

        Returns:
            How many it was given.

        Raises:
            WorkerError: it cannot take any now.
        """
        given = looks = 0
        for name, candidate in list(self._waiting.items()):
            if looks >= LOOKS:
                break
            if not due(candidate, self._pace) or given >= room:
                continue
            recipe = self._recipe(name)
            if recipe is None or not self._holds.may_try(
                recipe.preset, self._flying_presets(), now
            ):
                continue
            looks += 1
            try:
                given += self._consider(name, candidate, recipe, now, worker)
            except InputMissing:
                del self._waiting[name]
            except InputError as error:
                if names.kind(PurePosixPath(name).name) == "sound":
                    self._refuse(name, candidate.stamp, recipe, error)
                else:
                    self._pass_over(name, candidate.stamp, recipe)
        return given

    def _consider(
        self, name: str, candidate: Waiting, recipe: Recipe, now: float, worker: Worker
    ) -> bool:
        """Look at one file; whether it was sent."""
        look = self._place.look(name)
        if not look.before == look.after == candidate.stamp:
            self._waiting[name] = Waiting(look.after, now)  # it is still being written
            return False
        step = judge(candidate, look.verdict, self._pace)
        kind = names.kind(PurePosixPath(name).name)
        if kind != "sound" and (look.verdict == "wrong" or step == "complain"):
            self._pass_over(name, candidate.stamp, recipe)
        elif kind == "strange" and step == "take":
            self._filing.strange(name)
            self._pass_over(name, candidate.stamp, recipe)
        elif step == "wait":
            self._waiting[name] = replace(candidate, verdict=look.verdict)
        elif step == "complain":
            raise look.error or InputUnreadable(
                f"{shown(name)} was never finished. Export it anew."
            )
        elif (room := look.stem_bytes * recipe.count) > self._place.free():
            self._hold(recipe.preset, now, DiskFull(
                f"{shown(name)} needs {room / 1e9:.2f} GB for its stems, and the disk "
                f"of {shown(self._folder.path)} has less. Free some room."
            ))  # fmt: skip
        else:
            return self._send(name, candidate.stamp, look.digest, recipe, now, worker)
        return False

    def _send(
        self, name: str, stamp: Stamp, digest: str, recipe: Recipe, now: float, worker: Worker
    ) -> bool:
        key = self._key(name)
        old = self._memory.get(key)
        known = old is not None and (old.digest, old.recipe) == (digest, recipe.key)
        if old is not None and known and old.state == "done":
            self._known(name, replace(old, stamp=stamp))
            return False
        first = old.attempt + 1 if old is not None and known else 1
        for attempt in range(first, first + ATTEMPTS):
            job = job_id(self._id, recipe, key, digest, attempt)
            entry = Entry(key, stamp, digest, recipe.key, attempt, job, "sent")
            result = self._place.result(name, recipe.preset, job)
            if result is not None:  # the worker's list was cleared, the folder was not
                self._known(name, replace(entry, state="done", result=result))
                return False
            path, output = self._place.path(name), self._place.output(name)
            order = order_for(path, output, job, recipe, self._id)
            try:
                accepted = worker.submit(order)
            except JobConflict:  # another version of voxmend asked for it otherwise
                continue
            except (EnvironmentProblem, BadRequest) as error:  # the preset or its models
                self._hold(recipe.preset, now, self._with_the_way_out(error, recipe))
                return False
            if accepted.state not in ("failed", "cancelled"):
                break
        same = self._memory.same_sound(digest, key)
        self._memory.put(entry)
        self._flights[key] = _Flight(name, entry, recipe.preset)
        del self._waiting[name]
        self._filing.taken(name, recipe.preset, job, same)
        return True

    # --- what comes back ------------------------------------------------------------------------

    def follow(self, now: float, worker: Worker) -> None:
        """Ask how the jobs stand and file those that have ended.

        Raises:
            WorkerError: it does not answer.
        """
        for key, flight in list(self._flights.items()):
            try:
                record = worker.record(flight.entry.job)
            except UnknownJob:  # its list was cleared: the next scan sends it again, or finds it
                del self._flights[key]
                self._memory.forget(key)
                self._unseen += 1
                continue
            if record.terminal:
                del self._flights[key]
                self._end(flight, record, now)

    def _end(self, flight: _Flight, record: JobRecord, now: float) -> None:
        entry, preset = flight.entry, record.preset
        name = Path(record.clip.path).relative_to(self._folder.path).as_posix()
        error = from_code(record.error.code, record.error.message) if record.error else None
        if record.state == "succeeded":
            self._memory.put(replace(entry, state="done", result=record.folder))
            self._filing.done(
                name, preset, entry.job, record.folder, record.warnings, record.verdict
            )
            self._filing.freed(preset, self._holds.lift(preset))
        elif error is None and record.state not in STATES:
            what = f"The worker ended it as “{record.state}”, which this version has no word for."
            self._filing.failed(name, InternalError(what), preset, entry.job)
            self._memory.put(replace(entry, state="failed"))
        elif error is None or record.state == "cancelled":
            self._memory.put(replace(entry, state="failed"))
            self._filing.cancelled(name, preset, entry.job)
        elif error.code in _CHANGED or isinstance(error, _OF_THE_PLACE):
            self._memory.put(replace(entry, state="again"))
            self._unseen += 1
            if error.code not in _CHANGED:
                recipe = self._recipe(name)
                self._hold(preset, now, self._with_the_way_out(error, recipe) if recipe else error)
        else:
            # First the sentence: if we die in between, the restart files it again.
            self._filing.failed(name, error, preset, entry.job)
            self._memory.put(replace(entry, state="failed"))

    # --- what is in the way ---------------------------------------------------------------------

    def _refuse(self, name: str, stamp: Stamp, recipe: Recipe, error: InputError) -> None:
        """File a fault that needs no worker to be seen."""
        self._filing.failed(name, error, recipe.preset)
        self._memory.put(Entry(self._key(name), stamp, "", recipe.key, 0, "", "failed"))
        del self._waiting[name]

    def _pass_over(self, name: str, stamp: Stamp, recipe: Recipe) -> None:
        """Leave a file alone whose name does not say that it is sound, until it changes."""
        self._memory.put(Entry(self._key(name), stamp, "", recipe.key, 0, "", "failed"))
        del self._waiting[name]

    def _known(self, name: str, entry: Entry) -> None:
        self._memory.put(entry)
        del self._waiting[name]
        self._filing.known(name, entry.job, entry.result)

    def _with_the_way_out(self, error: VoxmendError, recipe: Recipe) -> VoxmendError:
        """What the worker says of a parameter, with where it was set: with the folder."""
        if type(error) is not BadRequest or not recipe.set:
            return error
        again = f"voxmend watch add {shown(self._folder.path)} --preset {recipe.preset}"
        return from_code(error.code, f"{error.message} To watch the folder without it: {again}")

    def _hold(self, preset: str, now: float, error: VoxmendError) -> None:
        if self._holds.hold(preset, error.message, now):
            self._filing.held(preset, error)
