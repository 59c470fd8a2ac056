"""What came of one song."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from voxmend_protocol import JobRecord, VoxmendError
from voxmend_protocol.errors import BadRequest, Cancelled, from_code
from voxmend_protocol.values import Decisions, Diagnosis, Verdict, Warned

S = TypeVar("S")
"""A stem: the path of its file, or its samples where samples were given."""

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, repr=False)
class Result(Generic[S]):
    """The stems of one song, or why there are none.

    Attributes:
        stems: by name, ``vocals``, ``vocals_raw`` and ``instrumental`` unless others were asked
            for: paths of files, or, where samples were given, float32 arrays (frames, channels)
            as long as those. Empty where ``error`` is set.
        rate: samples a second of every stem: that of the song. 0 where there is no stem.
        index: which of the songs of ``restore_many`` it is, from 0.
        path: the song; None where samples were given.
        folder: where the stems lie; None where samples were given without ``out``.
        error: why it failed; only ``restore_many`` gives such a result, ``restore`` raises it.
        record: the job as the worker keeps it; None where it was refused before it was one.
    """

    stems: Mapping[str, S] = field(default_factory=lambda: _NONE)
    rate: int = 0
    index: int = 0
    path: Path | None = None
    folder: Path | None = None
    error: VoxmendError | None = None
    record: JobRecord | None = None

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.error is None

    @property
    def vocals(self) -> S:
        """The voice, mended.

        Raises:
            VoxmendError: there is none: the song failed, or this stem was not asked for.
        """
        return self.stem("vocals")

    @property
    def instrumental(self) -> S:
        """The song less the voice as it was separated.

        Raises:
            VoxmendError: as ``vocals``.
        """
        return self.stem("instrumental")

    def stem(self, name: str) -> S:
        """A stem by its name.

        Raises:
            VoxmendError: as ``vocals``.
        """
        if name in self.stems:
            return self.stems[name]
        if self.error is not None:
            raise self.error
        written = ", ".join(self.stems) or "no sound"
        raise BadRequest(
            f"There is no stem {name}: this job wrote {written}. Name the stems that you want, "
            "for example stems=['vocals', 'instrumental'], and a preset that separates."
        )

    @property
    def job(self) -> str | None:
        """The job's id, for ``voxmend report`` and ``voxmend jobs``."""
        return self.record.job if self.record else None

    @property
    def preset(self) -> str | None:
        """The preset that was used."""
        return self.record.preset if self.record else None

    @property
    def device(self) -> str | None:
        """What it was computed on."""
        return self.record.device if self.record else None

    @property
    def warnings(self) -> tuple[Warned, ...]:
        """What you should know although it went on, each with ``code`` and ``message``."""
        return self.record.warnings if self.record else ()

    @property
    def damage(self) -> Diagnosis | None:
        """How damaged the voice was before and is after, in words."""
        return self.record.damage if self.record else None

    @property
    def verdict(self) -> Verdict | None:
        """What came of it, in sentences: what was wrong, what was done, what stays, what to do
        next. None of a job that made no voice."""
        return self.record.verdict if self.record else None

    @property
    def decisions(self) -> Decisions | None:
        """How many repairs were kept, refused, or had nothing to change."""
        return self.record.decisions if self.record else None

    def __repr__(self) -> str:
        name = self.path.name if self.path else f"song {self.index}"
        if self.error is not None:
            return f"<Result {name}: {self.error.code}: {self.error}>"
        where = f" in {self.folder}" if self.folder else ""
        return f"<Result {name}: {', '.join(self.stems) or 'no stems'}{where}>"


def failure(record: JobRecord) -> VoxmendError | None:
    """The error of a job that has ended; None where it succeeded."""
    if record.state == "succeeded":
        return None
    if record.error is not None:
        found = from_code(record.error.code, record.error.message)
    else:
        found = Cancelled("The job was cancelled. Start it again if that was not meant.")
    return of_job(found, record.job)


def of_job(error: VoxmendError, job: str | None) -> VoxmendError:
    """The same error, with the job that it is of."""
    error.job = job
    return error


def result(record: JobRecord, index: int = 0) -> Result[Path]:
    """The stems of a job that has ended, where they lie, or its error."""
    path, error = Path(record.clip.path), failure(record)
    folder = Path(record.folder) if record.folder else None
    if error is not None or folder is None:
        return Result(index=index, path=path, error=error, record=record)
    stems: dict[str, Path] = {stem.name: folder / stem.file for stem in record.stems}
    rate = record.stems[0].rate if stems else 0
    return Result(stems, rate, index, path, folder, None, record)
