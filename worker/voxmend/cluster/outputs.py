"""Where an engine on a node puts a job's stems: into a folder that all nodes share, or into a
bucket. Both are claimed before the work, and job.json says last that it is done.

A job's id is the same for the same song, preset and place. So who begins a job anew, after a node
or a whole cluster went, takes up its own claim, and nobody else's.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from voxmend_protocol import codec
from voxmend_protocol.errors import BadRequest, OutputUnwritable, VoxmendError
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Stem

from .. import claims, safe_files
from ..disk import write_error
from ..engine import orders
from ..plain_names import folder_name
from .bucket import Bucket
from .messages import Task

MOST = 10_000


class Output(Protocol):
    """The place of one job's stems, claimed.

    Attributes:
        partial: the folder that is to be filled.
        before: what lies in the final place already, made by this very job: its engine died
            between the last step and the answer.
    """

    partial: Path
    before: orders.Done | None

    def keep(self) -> str:
        """Give the filled folder its final name, and say it."""
        ...

    def drop(self) -> None:
        """Give it up."""
        ...


@contextmanager
def output(task: Task) -> Iterator[Output]:
    """Claim a place for a job; what was not kept by the end is given up.

    Raises:
        OutputUnwritable, DiskFull: there is none.
    """
    if task.store:
        with tempfile.TemporaryDirectory(prefix="voxmend-stems-") as scratch:
            yield from _held(_Uploaded.claimed(task, Path(scratch)))
        return
    yield from _held(_Folder.claimed(task))


def abandon(task: Task) -> None:
    """Take away what an engine that died left of a job: its claim, and nothing else. What cannot
    be reached now stays, until the same command takes it up."""
    with contextlib.suppress(VoxmendError, OSError):
        (_Uploaded if task.store else _Folder).abandon(task)


def _held(place: Output) -> Iterator[Output]:
    try:
        yield place
    finally:
        place.drop()


@dataclass(slots=True)
class _Folder:
    """A folder on a disk that all nodes share: as the supervisor does it."""

    submit: Submit
    partial: Path
    final: Path
    before: orders.Done | None = None
    kept: bool = False

    @classmethod
    def claimed(cls, task: Task) -> _Folder:
        for final in claims.candidates(task.submit):
            partial = final.with_name(final.name + claims.PARTIAL)
            if os.path.lexists(final):
                if task.attempt > 1 and _same(claims.manifest(final), task):
                    return cls(
                        task.submit,
                        partial,
                        final,
                        _done(claims.manifest(final), task.job),
                        kept=True,
                    )
            elif not os.path.lexists(partial):
                break
            elif claims.owner(partial) == task.job:
                claims.drop(partial, task.job)
                break
        return cls(task.submit, *claims.claim(task.submit, lambda *_: None, lambda _: None))

    @staticmethod
    def abandon(task: Task) -> None:
        for final in claims.candidates(task.submit):
            partial = final.with_name(final.name + claims.PARTIAL)
            if claims.owner(partial) == task.job:
                claims.drop(partial, task.job)
                return
            if not os.path.lexists(final) and not os.path.lexists(partial):
                return

    def keep(self) -> str:
        if self.kept:
            return str(self.final)
        try:
            for final in (self.final, *claims.candidates(self.submit)):
                if not os.path.lexists(final):
                    with contextlib.suppress(FileExistsError):
                        claims.keep(self.partial, final)
                        self.kept = True
                        return str(final)
        except OSError as error:
            raise write_error(str(self.final.parent), error) from None
        raise OutputUnwritable(f"{self.partial.parent} has no free name left. Choose another.")

    def drop(self) -> None:
        if not self.kept:
            claims.drop(self.partial, self.submit.job)


def _done(told: dict[str, Any], job: str) -> orders.Done:
    """A result as its engine would have said it."""
    try:
        return orders.Done(job, tuple(codec.from_dict(Stem, stem) for stem in told["stems"]))
    except (BadRequest, TypeError, KeyError):
        return orders.Done(job, ())


def _same(told: dict[str, object], task: Task) -> bool:
    """Whether a result is of this very job in this very batch."""
    return told.get("job") == task.job and told.get("created") == task.created


def _places(submit: Submit) -> Iterator[str]:
    """Folders of a bucket to try, in order."""
    name = folder_name(submit.output.name or Path(submit.clip.path).stem, submit.preset)
    for number in range(1, MOST):
        yield f"{submit.output.folder.rstrip('/')}/{name}{f'_{number}' * (number > 1)}"


@dataclass(slots=True)
class _Uploaded:
    """A folder on the node, whose files go into a bucket: job.json first as a claim, last as the
    result."""

    bucket: Bucket
    partial: Path
    final: str
    job: str
    before: orders.Done | None = None
    kept: bool = False
    sent: list[str] = field(default_factory=list)

    @classmethod
    def claimed(cls, task: Task, scratch: Path) -> _Uploaded:
        submit = task.submit
        bucket = Bucket.of(task.store)
        partial = scratch / "job"
        safe_files.make_folder(partial, 0o700)
        for final in _places(submit):
            if bucket.claim(final, task.job):
                claims.own(partial, task.job)
                return cls(bucket, partial, final, task.job)
            told = bucket.manifest(final)
            if task.attempt > 1 and told.get("state") == "succeeded" and _same(told, task):
                return cls(bucket, partial, final, task.job, _done(told, task.job), kept=True)
        raise OutputUnwritable(f"{submit.output.folder} has no free name left. Choose another.")

    @staticmethod
    def abandon(task: Task) -> None:
        bucket = Bucket.of(task.store)
        for final in _places(task.submit):
            told = bucket.manifest(final)
            if not told:
                return
            if told.get("job") == task.job and told.get("state") == "running":
                names = sorted(bucket.names(final), key=lambda name: name == claims.MANIFEST)
                bucket.remove([f"{final}/{name}" for name in names])
                return

    def keep(self) -> str:
        if self.kept:
            return self.bucket.address(self.final)
        names = sorted(os.listdir(self.partial), key=lambda name: (name == claims.MANIFEST, name))
        for name in names:
            self.sent.append(name)
            self.bucket.put(self.partial / name, f"{self.final}/{name}")
        self.kept = True
        return self.bucket.address(self.final)

    def drop(self) -> None:
        if not self.kept:
            self.bucket.remove([f"{self.final}/{name}" for name in (*self.sent, claims.MANIFEST)])
