"""One song as it was given: a file, or samples, which lie in a folder of their own meanwhile."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from voxmend_protocol.errors import BadRequest

from .. import disk
from . import sound
from .options import whole


@dataclass(slots=True)
class Source:
    """A song that the worker can open, until ``close``.

    Attributes:
        file: where its sound lies.
        path: the same where a file was given; None where samples were.
        flat: the samples were (frames,), and so are the stems.
    """

    file: Path
    path: Path | None
    flat: bool = False
    place: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)

    @property
    def folder(self) -> Path | None:
        """A folder that goes with it; None where a file was given."""
        return Path(self.place.name) if self.place else None

    def close(self) -> None:
        """Remove what was written for it."""
        if self.place is not None:
            self.place.cleanup()

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def file_like(given: Any) -> bool:
    """Whether it is a path, and not samples."""
    return isinstance(given, str | bytes | os.PathLike)


def pair(given: Any, rate: Any) -> Any:
    """A song, where its rate was given beside it."""
    return given if rate is None else (given, rate)


def several(given: Any) -> Any:
    """Songs to go through one by one.

    Raises:
        BadRequest: it is one song, whose letters or frames nobody wants restored.
    """
    pair_of_one = isinstance(given, tuple) and len(given) == 2 and hasattr(given[0], "__array__")
    if file_like(given) or hasattr(given, "__array__") or pair_of_one:
        raise BadRequest("restore_many takes many songs. Put one into a list, or call restore.")
    return given


def source(given: Any, name: str = "path") -> Source:
    """A song: a path, or ``(samples, rate)``.

    Raises:
        BadRequest, UnsupportedAudio, InputUnreadable: it is none.
        DiskFull, OutputUnwritable: the samples find no room.
    """
    if not hasattr(given, "__array__") and not isinstance(given, list | tuple):
        path = whole(given, name)
        return Source(path, path)
    samples, rate = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
    if file_like(samples):
        raise BadRequest("A file has its rate in it. Give rate only with samples.")
    return _samples(samples, rate)


def _samples(given: Any, rate: Any) -> Source:
    plain, found = sound.judged(given, rate)
    place = temporary()
    try:
        file = Path(place.name) / "song.wav"
        sound.write(file, plain, found)
    except BaseException:
        place.cleanup()
        raise
    return Source(file, None, getattr(given, "ndim", 2) == 1, place)


def temporary() -> tempfile.TemporaryDirectory[str]:
    """A folder that only this user can read, and that goes.

    Raises:
        DiskFull, OutputUnwritable: none can be made.
    """
    try:
        return tempfile.TemporaryDirectory(prefix="voxmend-", ignore_cleanup_errors=True)
    except OSError as error:
        raise disk.write_error(
            "The folder for temporary files", error, "Name another one: TMPDIR=FOLDER"
        ) from None
