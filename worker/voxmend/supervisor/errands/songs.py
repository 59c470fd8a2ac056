"""The files of a job that is done elsewhere, open here from the first look to the last byte: what
is sent is what was hashed, and not what a name has become since."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from voxmend_protocol.errors import InputMissing, InputUnreadable
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip

from ... import build, presets, safe_files
from ...clip_file import ClipFile
from ...engine import orders
from ...models import store as stores
from ...paths import Paths
from ...remote import forms, same
from ...version import __version__

_BRACES = re.compile(r"\{[a-z' ]+\}")


@dataclass(frozen=True, slots=True)
class Song:
    """A file of the job."""

    source: forms.Source
    file: BinaryIO

    def read(self, offset: int) -> bytes:
        """As much from there on as one message takes."""
        self.file.seek(offset)
        return self.file.read(min(forms.CHUNK, self.source.size - offset))


@dataclass(frozen=True, slots=True)
class Songs:
    """All of them, by their hashes: two parts of a job may be one file.

    Attributes:
        sources: of each part.
        clip: the source of the job, as who may read it is judged by.
    """

    files: dict[str, Song]
    sources: tuple[forms.Source, ...]
    clip: ClipFile

    @property
    def size(self) -> int:
        """Their bytes together."""
        return sum(song.source.size for song in self.files.values())


def parts(submit: Submit) -> dict[forms.Role, Clip]:
    """What a job is made of."""
    found: dict[forms.Role, Clip | None] = {
        "clip": submit.clip, "mixture": submit.mixture, "voice": submit.voice,
    }  # fmt: skip
    return {role: part for role, part in found.items() if part is not None}


@contextmanager
def opened(order: orders.Run, check: Callable[[], None]) -> Iterator[Songs]:
    """Open and hash the files of a job.

    Args:
        check: called at each block; what it raises ends it.

    Raises:
        InputMissing, InputChanged, InputUnreadable: one of them.
    """
    clip = ClipFile(order)
    songs: list[Song] = []
    with contextlib.ExitStack() as stack:
        for role, part in parts(order.submit).items():
            file = stack.enter_context(os.fdopen(_open(role, part, clip), "rb", 0))
            size = os.fstat(file.fileno()).st_size
            if not size:
                raise InputUnreadable(f"{part.path} is empty (0 bytes); export it again.")
            source = forms.Source(role, _hash(file, check), size, part.start_s, part.end_s)
            songs.append(Song(source, file))
        sources = tuple(song.source for song in songs)
        yield Songs({song.source.sha256: song for song in songs}, sources, clip)


def ask(order: orders.Run, songs: Songs, paths: Paths) -> forms.Order:
    """What is asked of the remote worker.

    Raises:
        EnvironmentProblem: the user's own catalogue of models is not valid.
        BadRequest: the frozen preset is none.
    """
    submit, preset = order.submit, presets.parse(order.plan)
    stems = submit.stems or preset.usual
    catalogue = stores.for_blocks(paths, preset.blocks).catalogue
    needed = same.needed(order.plan, stems, submit.voice is not None, catalogue)
    return forms.Order(
        __version__, order.job, order.attempt, order.plan, stems, submit.output.format,
        songs.sources, same.expected(catalogue, needed), build.mark(),
    )  # fmt: skip


def filled(value: Any, submit: Submit, name: str) -> Any:
    """A remote worker's words, or a whole job.json, with what stands in braces as it is here.

    Args:
        name: of the remote worker.
    """
    words = {"{name}": name}
    for role, part in parts(submit).items():
        words |= {f"{{{role}}}": part.path, f"{{{role}'s name}}": Path(part.path).name}
    return _filled(value, words)


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):  # at once: a song may be called “{name}.wav”
        return _BRACES.sub(lambda hit: words.get(hit[0], hit[0]), value)
    if isinstance(value, list):
        return [_filled(each, words) for each in value]
    if isinstance(value, dict):
        return {key: _filled(each, words) for key, each in value.items()}
    return value


def _open(role: forms.Role, part: Clip, clip: ClipFile) -> int:
    try:
        if role == "clip":
            return clip.open(Path(part.path))
        return safe_files.opened(part.path, "named")
    except FileNotFoundError:
        raise InputMissing(f"{part.path} is gone. Put it back, then retry the job.") from None
    except OSError as error:
        raise InputUnreadable(
            f"{part.path} cannot be read ({error.strerror or error}). Check its rights and its "
            "drive."
        ) from None


def _hash(file: BinaryIO, check: Callable[[], None]) -> str:
    sha = hashlib.sha256()
    while data := file.read(1 << 20):
        check()
        sha.update(data)
    return sha.hexdigest()
