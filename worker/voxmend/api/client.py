"""A client of the worker for scripts: the calls of ``voxmend`` over one set of connections, and
jobs for who does not want to wait."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Unpack

from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import WorkerUnreachable
from voxmend_protocol.messages import PresetList, Presets, Report, Status
from voxmend_protocol.values import PresetInfo, State

from .. import paths, stopped
from . import finding
from .batch import alone, batch
from .finding import Diagnosis
from .job import Job
from .links import Links, send
from .options import File, More, Options, options, whole
from .progress import OnProgress
from .result import Result
from .source import file_like, pair, several, source, temporary


class Client:
    """A connection to this user's worker, which is started where there is none.

    It is a context manager, and may be used from several threads at once. Jobs outlive it.

    Raises:
        VoxmendError: there is no worker, and none can be started.
    """

    def __init__(self) -> None:
        self._links = Links()
        try:
            with self._links.borrow():  # what is wrong is said here, not at the first job
                pass
        except WorkerUnreachable:
            if not stopped.lies(paths.find()):  # one that was stopped waits for that job
                raise

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go; jobs go on."""
        self._links.close()

    def restore(
        self,
        path: Any,
        preset: str | None = None,
        *,
        rate: int | None = None,
        out: File | None = None,
        set: Mapping[str, Scalar] | None = None,
        on_progress: OnProgress | None = None,
        **more: Unpack[More],
    ) -> Result[Any]:
        """As ``voxmend.restore``."""
        chosen = options(preset, out, set, more)
        return alone(self._links, pair(path, rate), chosen, on_progress)

    def restore_many(
        self,
        paths: Iterable[Any],
        preset: str | None = None,
        *,
        out: File | None = None,
        set: Mapping[str, Scalar] | None = None,
        on_progress: OnProgress | None = None,
        **more: Unpack[More],
    ) -> Iterator[Result[Any]]:
        """As ``voxmend.restore_many``."""
        chosen = options(preset, out, set, more)
        return batch(self._links, several(paths), chosen, on_progress, uuid.uuid4().hex)

    def diagnose(
        self,
        path: Any,
        mixture: Any = None,
        *,
        rate: int | None = None,
        start: float | None = None,
        end: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Diagnosis:
        """As ``voxmend.diagnose``."""
        with temporary() as place:
            chosen = options("diagnose", place, None, {"start": start, "end": end})
            if mixture is None:
                return self._look(pair(path, rate), chosen, on_progress)
            with source(mixture if file_like(mixture) else pair(mixture, rate), "mixture") as song:
                beside = replace(chosen, mixture=chosen.clip(song.file))
                return self._look(pair(path, rate), beside, on_progress)

    def _look(self, voice: Any, chosen: Options, on_progress: OnProgress | None) -> Diagnosis:
        found = alone(self._links, voice, chosen, on_progress)
        assert found.record is not None  # it succeeded
        return finding.read(found.record)

    def submit(
        self,
        path: File,
        preset: str | None = None,
        *,
        out: File | None = None,
        set: Mapping[str, Scalar] | None = None,
        **more: Unpack[More],
    ) -> Job:
        """Queue a song and do not wait. Options as for ``restore``.

        Raises:
            VoxmendError: it is refused; ``code`` says why.
        """
        order = options(preset, out, set, more).order(str(uuid.uuid4()), whole(path, "path"))
        with self._links.borrow(new_job=True) as link:
            return Job(self._links, send(link, order))

    def job(self, id: str) -> Job:
        """A job that was queued before, by whatever client.

        Raises:
            VoxmendError: the worker knows none of this id.
        """
        with self._links.borrow() as link:
            return Job(self._links, link.job(id).job)

    def jobs(self, state: State | None = None) -> list[Job]:
        """All jobs that the worker keeps, newest first, or those in one state."""
        with self._links.borrow() as link:
            return [Job(self._links, record.job) for record in link.records(state)]

    def presets(self) -> tuple[PresetInfo, ...]:
        """The presets there are; ``missing`` names the models that each still needs."""
        with self._links.borrow() as link:
            return link.request(Presets(), PresetList).items

    def status(self) -> Report:
        """How the worker does."""
        with self._links.borrow() as link:
            return link.request(Status(), Report)
