"""An engine on a node: networks stay loaded from song to song, and each song goes the same way as
in the engine of one machine.

Ray makes one of these in a process of its own, for each card or for a few cores. What the node
keeps goes with the engine: finished stages and what a report would draw are of no use in an
archive.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from voxmend_protocol import VoxmendError, codec
from voxmend_protocol.values import ErrorBody, Warned

from .. import claims, manners, paths, presets
from ..disk import write_json
from ..engine import orders
from ..engine.failure import failure, short
from ..engine.pool import ModelPool
from ..version import __version__
from .messages import Outcome, Ready, Task
from .outputs import output

MANIFEST = claims.MANIFEST


class Engine:
    """Does one song at a time. Ray calls ``run`` in one thread, the others in a second."""

    def __init__(self, plan: str, settings: orders.Configure) -> None:
        manners.keep_memory()
        manners.wait_asleep()
        manners.use_threads(settings.threads)
        self._preset, self._plan, self._settings = presets.parse(plan), plan, settings
        self._pool = ModelPool(settings.keep_alive_s, short=short)
        self._home = tempfile.TemporaryDirectory(prefix="voxmend-engine-")
        self._job, self._stopped = "", threading.Event()
        self._progress: orders.Progress | None = None

    def ready(self) -> Ready:
        """Who it is, and what it lacks; the first thing it is asked."""
        error = None
        try:
            from ..models import needs, store

            needs.insist(self._preset, store.for_blocks(paths.find(), self._preset.blocks))
        except VoxmendError as found:
            error = ErrorBody.of(found)
        return Ready(__version__, os.getpid(), error)

    def told(self) -> orders.Progress | None:
        """How far the song is."""
        return self._progress

    def stop(self, job: str) -> None:
        """End a job at its next window."""
        if job == self._job:
            self._stopped.set()

    def run(self, task: Task, data: Any = None) -> Outcome:
        """Do a song.

        Args:
            data: the file's bytes, where the node does not see it.
        """
        self._job, self._progress = task.job, None
        self._stopped.clear()
        warnings: list[Warned] = []
        try:
            if data is None and not _seen(task):
                return Outcome(None)
            with _source(task, data) as near, output(near) as place:
                done = place.before or self._do(near, place.partial, warnings)
                if near is not task and place.before is None:
                    _name_source(place.partial / MANIFEST, task)
                return Outcome(done, place.keep(), self._device, tuple(warnings))
        except Exception as error:  # noqa: BLE001  the engine must survive a defect in a block
            found = failure(error, task.job)
            return Outcome(
                orders.Failed(task.job, ErrorBody.of(found)), None, self._device, tuple(warnings)
            )
        finally:
            self._job = ""
            self._pool.reap()

    @property
    def _device(self) -> str | None:
        return self._progress.device if self._progress is not None else None

    def _do(self, task: Task, partial: Path, warnings: list[Warned]) -> orders.Done:
        """The way of every engine, into a folder that is there."""
        from ..engine.work import Line, Means, do  # torch loads here

        def say(message: object) -> None:
            if isinstance(message, orders.Progress):
                self._progress = message
            elif isinstance(message, orders.Warning):
                warnings.append(Warned(message.code, message.message))

        home = Path(self._home.name) / "job"
        shutil.rmtree(home, ignore_errors=True)
        means = replace(
            Means.of(paths.find(), self._settings, self._pool, self._preset.blocks),
            cache=home / "cache", state=home / "state",
        )  # fmt: skip
        order = orders.Run(
            job=task.job, submit=task.submit, plan=self._plan, size=task.size,
            mtime_ns=str(task.mtime_ns), partial=str(partial), created=task.created,
            attempt=task.attempt,
        )  # fmt: skip
        try:
            return do(order, self._preset, Line(say, self._stopped.is_set), means)
        finally:
            shutil.rmtree(home, ignore_errors=True)


def _seen(task: Task) -> bool:
    """Whether this node sees the file that the command sees."""
    try:
        found = os.stat(task.submit.clip.path)
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (task.size, task.mtime_ns)


@contextmanager
def _source(task: Task, data: Any) -> Iterator[Task]:
    """The song where this node can read it: the task as it is, or one for a copy of what came."""
    if data is None:
        yield task
        return
    clip = task.submit.clip
    with tempfile.TemporaryDirectory(prefix="voxmend-song-") as folder:
        copy = Path(folder) / Path(clip.path).name
        with open(copy, "wb") as file:
            file.write(memoryview(data))
        os.chmod(copy, task.mode)
        os.utime(copy, ns=(task.mtime_ns, task.mtime_ns))
        yield replace(task, submit=replace(task.submit, clip=replace(clip, path=str(copy))))


def _name_source(manifest: Path, task: Task) -> None:
    """Say in job.json where the song lies, and not where its copy lay."""
    told = claims.manifest(manifest.parent)
    told["clip"] = codec.to_dict(task.submit.clip)
    write_json(manifest, told, stat.S_IMODE(manifest.stat().st_mode))
