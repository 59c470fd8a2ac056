"""Fetches models in the background: one thread, one model at a time, and nobody waits for it.

The desk asks, stops and looks; all work on the store is done in the thread. What is under way lives
in memory alone: after a crash the part that came is on disk, and the next pull takes it up. A stop
is seen with the next piece that comes; a thread that hears nothing from its server is left to
itself, holds nothing but the store's lock, and ends when it hears something or its time is up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from voxmend_protocol.errors import InternalError, VoxmendError
from voxmend_protocol.values import ErrorBody

from ..log import log, log_defect
from ..models.fetch import Fetcher, Progress, from_environment
from ..models.model import Model
from ..models.part import Part
from ..models.store import Store
from .endings import shorten

CLOSE_S = 2.0
"""How long an ending worker waits for the thread; it may be waiting for a silent server."""


MAX_ERROR = 1000
"""Characters of an error that are kept: each address may have its reason in it."""


class StoppedError(Exception):
    """Somebody wants nothing more to be fetched: raised inside the thread, never out of it."""


@dataclass(frozen=True, slots=True)
class Course:
    """How one pull stands: ``waiting`` for its turn or for another voxmend at the store; ``got``
    of ``total`` bytes, as far as that is known."""

    waiting: bool
    got: int | None = None
    total: int | None = None


@dataclass(slots=True)
class _Round:
    """What one thread has to do. ``files`` are those of the model at work: bytes here, bytes in
    all. A round that was stopped changes nothing any more."""

    todo: dict[str, tuple[Store, Model]] = field(default_factory=dict)
    current: str | None = None
    held_up: bool = False
    files: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def heed(self) -> None:
        if self.stopped.is_set():
            raise StoppedError

    def pause(self, seconds: float) -> None:
        """Sleep, or until it is stopped."""
        self.stopped.wait(seconds)
        self.heed()


class Pulls:
    """All that is fetched. Its methods return at once, from any thread."""

    def __init__(self, fetcher: Callable[[], Fetcher] = from_environment) -> None:
        self._fetcher = fetcher
        self._lock = threading.Lock()
        self._round: _Round | None = None
        self._thread: threading.Thread | None = None
        self._errors: dict[str, ErrorBody] = {}

    @property
    def busy(self) -> bool:
        """Whether anything is fetched or waits for it."""
        return self._round is not None

    def ask(self, store: Store, models: Sequence[Model]) -> int:
        """Fetch these, after all that is under way; what is under way already stays so.

        Returns:
            How many of them are fetched or wait; those that are here and proved are not.

        Raises:
            EnvironmentProblem: no address may be asked, or a mirror is none.
        """
        fetcher = self._fetcher()
        looks = [store.glance(model) for model in models]
        wanted = [now.model for now in looks if now.state != "present" or not now.proved]
        for now in looks:
            for group in now.model.needs:
                for file in () if any(now.is_there(f.name) for f in group) else group:
                    fetcher.refuse_if_offline(now.model.id, file)
        with self._lock:
            if self._round is None and wanted:
                self._round = _Round()
                self._thread = threading.Thread(
                    target=self._work, args=(self._round, fetcher), name="pulls", daemon=True
                )
                self._thread.start()
            for model in wanted:
                if self._round and model.id != self._round.current:
                    self._round.todo.setdefault(model.id, (store, model))
                    self._errors.pop(model.id, None)
        return len(wanted)

    def stop(self) -> int:
        """Fetch nothing more; how many pulls ended so."""
        with self._lock:
            ended, self._round = self._round, None
        if ended is None:
            return 0
        ended.stopped.set()
        return len(ended.todo) + (ended.current is not None)

    def close(self) -> None:
        """Stop, and give the thread a moment to put down what it holds."""
        self.stop()
        if self._thread is not None:
            self._thread.join(CLOSE_S)

    def course(self, model: str) -> Course | None:
        """How the pull of a model stands; None where there is none."""
        with self._lock:
            under_way = self._round
            if under_way is None:
                return None
            if model in under_way.todo or (model == under_way.current and under_way.held_up):
                return Course(waiting=True)
            if model != under_way.current:
                return None
            totals = [total for _, total in under_way.files.values() if total is not None]
            known = len(totals) == len(under_way.files)
            got = sum(got for got, _ in under_way.files.values())
            return Course(False, got, sum(totals) if known else None)

    def error(self, model: str) -> ErrorBody | None:
        """Why the last pull of a model failed."""
        with self._lock:
            return self._errors.get(model)

    def _work(self, mine: _Round, fetcher: Fetcher) -> None:
        fetcher = replace(fetcher, sleep=mine.pause)
        while (task := self._next(mine)) is not None:
            store, model = task
            error: VoxmendError | None = None
            try:
                files = {group[0].name: _here(store, model, group[0].name) for group in model.needs}
                with self._lock:
                    mine.files = files
                self._pull(mine, store, model, fetcher)
            except StoppedError:
                break
            except VoxmendError as problem:
                error = problem
            except Exception:  # noqa: BLE001  it becomes this model's error; the next one may do
                log_defect("pull_failed", model=model.id)
                error = InternalError("voxmend failed at this model. See: voxmend worker logs")
            with self._lock:
                if error is not None and not mine.stopped.is_set():
                    body = ErrorBody.of(error)
                    self._errors[model.id] = replace(body, message=shorten(body.message, MAX_ERROR))
            log("model_pulled", model=model.id, error=error.code if error else None)

    def _next(self, mine: _Round) -> tuple[Store, Model] | None:
        """The next model, or the end of the round: then the next request begins another."""
        with self._lock:
            mine.current, mine.held_up, mine.files = None, False, {}
            if mine.stopped.is_set():
                return None
            if not mine.todo:
                self._round = None
                return None
            mine.current = next(iter(mine.todo))
            return mine.todo.pop(mine.current)

    def _pull(self, mine: _Round, store: Store, model: Model, fetcher: Fetcher) -> None:
        first = {file.name: group[0].name for group in model.needs for file in group}

        def tell(now: Progress) -> None:
            mine.heed()
            with self._lock:
                mine.held_up = False
                _, before = mine.files[first[now.file]]
                mine.files[first[now.file]] = (now.done, now.total or before)

        def waiting() -> None:
            mine.heed()
            with self._lock:
                mine.held_up = True

        store.pull([model], fetcher, tell, waiting)


def _here(store: Store, model: Model, name: str) -> tuple[int, int | None]:
    """Bytes of a file that are here, and of how many."""
    (file,) = (file for file in model.files if file.name == name)
    (now,) = (now for now in store.glance(model).files if now.name == name)
    if now.state == "present":
        return now.size, now.size
    return Part.of(store.folder(model) / name).size, file.bytes
