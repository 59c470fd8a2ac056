"""Opening weights as data: what a file asks for is held against what it holds, before it is read.

A checkpoint is a pickle, alone or in a zip; a pickle may run code, and both may promise more than
there is. torch reads nothing but what it is told is data (``weights_only``); here is what comes
before it and around it, for every reader of weights: sizes that a file cannot have are refused, and
whatever is raised over one is that file's fault. Where memory ran out over a file that asks for no
more than it holds, nothing is wrong with it, and the exception goes on its way.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import torch

from voxmend_protocol.errors import VoxmendError

from ..foreign import ForeignError, why
from .memory import out_of_memory

ROOM = 64_000_000
"""Bytes that a small file may ask for beyond its own size."""

MOST_STEPS = 5_000_000
"""Steps of a pickle; the largest published have some ten thousand."""

_PARTS = 5
"""Pickles in a checkpoint of the older form: a mark, a version, the system, the content, keys."""

_ASKED = re.compile(r"allocate ([0-9.]+) ?(bytes|[KMGTPE]i?B)")
_UNITS = {unit: 1024**n for n, unit in enumerate(("bytes", "K", "M", "G", "T", "P", "E"))}


@contextmanager
def opening(
    refused: Callable[[str], VoxmendError], size: int, what: str = "weights"
) -> Iterator[None]:
    """Within it, a file of weights is opened.

    Args:
        refused: makes the error of a reason, which is the end of a sentence.
        size: bytes of the file.
        what: what it should hold.

    Raises:
        MemoryError, RuntimeError: memory ran out, and the file is not to blame.
    """
    try:
        yield
    except (VoxmendError, ImportError):
        raise
    except pickle.UnpicklingError:
        raise refused(f"holds more than {what} and is not opened") from None
    except Exception as error:
        if out_of_memory(error) and not _absurd(error, size):
            raise
        raise refused(f"cannot be read as {what} ({why(error)})") from None


def _absurd(error: BaseException, size: int) -> bool:
    """Whether so much memory was asked for as no file of this size needs."""
    asked = _ASKED.search(str(error))
    if asked is None:
        return size < ROOM
    unit = asked[2] if asked[2] == "bytes" else asked[2][0]
    return bool(float(asked[1]) * _UNITS[unit] > 8 * size + ROOM)


def load(source: Path | IO[bytes], allowed: Sequence[Any] = ()) -> Any:
    """What a checkpoint holds.

    Args:
        allowed: classes and functions that it may name beside what torch knows to be data.

    Raises:
        ForeignError, UnpicklingError, and what torch raises: within ``opening``.
    """
    if isinstance(source, Path):
        with open(source, "rb") as opened:
            return load(opened, allowed)
    mind(source)
    source.seek(0)
    with torch.serialization.safe_globals(list(allowed)):
        return torch.load(source, map_location="cpu", weights_only=True)


def mind(source: IO[bytes]) -> None:
    """Refuse a checkpoint that promises more than it has.

    Raises:
        ForeignError, ValueError: it does, or it is none.
    """
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    if source.read(2) != b"PK":
        source.seek(0)
        bounded = cast("IO[bytes]", _Bounded(source, size))
        for _ in range(_PARTS):
            if bounded.tell() >= size:  # a pickle alone is no checkpoint: torch says of what kind
                return
            _walk(bounded)
        return
    with zipfile.ZipFile(source) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > size + ROOM:
            raise ForeignError("it would swell beyond reason")
        for entry in entries:
            if entry.filename.endswith("data.pkl"):
                _walk(io.BytesIO(archive.read(entry)))


def _walk(source: IO[bytes]) -> None:
    """Read a pickle's steps and make nothing of them: each must have what it says it has."""
    for n, _ in enumerate(pickletools.genops(source)):
        if n > MOST_STEPS:
            raise ForeignError(f"it has more than {MOST_STEPS:,} steps")


class _Bounded:
    """A file of which nobody can ask for more than there is left."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source, self._size = source, size

    def _left(self, wanted: int) -> int:
        left = max(0, self._size - self._source.tell())
        return left if wanted < 0 else min(wanted, left)

    def read(self, count: int = -1) -> bytes:
        """At most what is left."""
        return self._source.read(self._left(count))

    def readline(self, count: int = -1) -> bytes:
        """A line, or what is left."""
        return self._source.readline(self._left(count))

    def tell(self) -> int:
        """The byte that comes next."""
        return self._source.tell()
