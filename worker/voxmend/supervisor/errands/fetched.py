"""Results of a remote worker on their way into a job's local folder: each as a file that grows,
proved by its hash once it is whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from voxmend_protocol import codec
from voxmend_protocol.errors import RemoteDiffers
from voxmend_protocol.values import Stem

from ... import foreign, safe_files
from ...disk import put, write_json
from ...engine import orders
from ...plain_names import stem_name
from ...remote import forms
from ...report import shelf as reports

MANIFEST = "job.json"
SUFFIXES = (".wav", ".flac", ".aiff", ".mp3")
MOST_SMALL = 100_000_000
"""Bytes of what is no stem."""


@dataclass(slots=True)
class Growing:
    """One result."""

    result: forms.Result
    file: BinaryIO
    have: int = 0
    sha: Any = field(default_factory=hashlib.sha256)

    def take(self, data: bytes) -> None:
        """Put bytes behind those that are here."""
        self.file.write(data)
        self.sha.update(data)
        self.have += len(data)

    @property
    def whole(self) -> bool:
        """Whether all of it is here."""
        return self.have >= self.result.size

    def insist(self, name: str) -> None:
        """Refuse what is not what it was said to be.

        Raises:
            RemoteDiffers: it is other bytes.
        """
        if (self.have, self.sha.hexdigest()) != (self.result.size, self.result.sha256):
            raise RemoteDiffers(
                f"{name} sent other bytes than it had promised. Retry the job; if it stays so, "
                "look at the machine's disk and memory."
            )


class Fetched:
    """All results of one job. Keeps what has come while a connection is made anew."""

    def __init__(self, order: orders.Run, asked: Sequence[str], mode: int) -> None:
        """
        Args:
            asked: the names of the stems: of no other is a file made.
            mode: of the stems' files.
        """
        self._order, self._asked, self._mode = order, asked, mode
        self._folder = Path(order.partial)
        self._growing: dict[str, Growing] = {}
        self.stems: tuple[Stem, ...] = ()

    def __enter__(self) -> Fetched:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for growing in self._growing.values():
            growing.file.close()

    @property
    def have(self) -> int:
        """How many bytes are here."""
        return sum(growing.have for growing in self._growing.values())

    def begin(self, state: forms.State, name: str) -> Sequence[Growing]:
        """What is to be fetched, with what of it is here already.

        Args:
            name: of the remote worker.

        Raises:
            RemoteDiffers: that is not what was asked for.
            OSError: the folder cannot be written.
        """
        said = {result.name: result for result in state.results}
        stems = {stem.name: stem for stem in state.stems}
        small = {forms.MANIFEST, forms.SKETCH}
        wrong = (
            forms.MANIFEST not in said
            or said.keys() - small != stems.keys()
            or not stems.keys() <= set(self._asked)
            or any(Path(stem.file).suffix not in SUFFIXES for stem in stems.values())
            or any(said[each].size > MOST_SMALL for each in small & said.keys())
        )
        if wrong:
            raise RemoteDiffers(f"{name} gives other results than were asked for. Retry the job.")
        self.stems = tuple(self._local(stem) for stem in state.stems)
        files = {stem.name: stem.file for stem in self.stems}
        for each, result in said.items():
            known = self._growing.get(each)
            if known is None or known.result != result:
                if known is not None:
                    known.file.close()
                file = files.get(each) or f".{each}"
                safe_files.remove(self._folder / file)
                handle = safe_files.create(self._folder / file, self._mode)
                self._growing[each] = Growing(result, os.fdopen(handle, "w+b", 0))
        return [self._growing[each] for each in said]

    def again(self, growing: Growing) -> None:
        """Begin a result anew, whose bytes were not what was promised."""
        growing.file.seek(0)
        growing.file.truncate()
        growing.have, growing.sha = 0, hashlib.sha256()

    def manifest(self) -> dict[str, Any]:
        """What job.json says there.

        Raises:
            RemoteDiffers: it is none.
        """
        try:
            return foreign.table(self._small(forms.MANIFEST))
        except foreign.ForeignError:
            raise RemoteDiffers("The remote worker's job.json cannot be read. Retry.") from None

    def finish(self, told: dict[str, Any], state: Path) -> None:
        """Put what the report draws into its place, and job.json last.

        Args:
            state: the state folder.

        Raises:
            OSError: the folder cannot be written.
        """
        for stem in self.stems:
            os.fsync(self._growing[stem.name].file.fileno())
        if forms.SKETCH in self._growing:
            place = reports.file_of(state, self._order.job)
            try:
                place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                put(place, self._small(forms.SKETCH), 0o600)
            except OSError:
                pass  # a report without pictures is poorer, and no failure
        for name in (forms.MANIFEST, forms.SKETCH):
            safe_files.remove(self._folder / f".{name}")
        write_json(self._folder / MANIFEST, told, self._mode)

    def plain(self) -> list[dict[str, Any]]:
        """The stems as job.json has them."""
        return [codec.to_dict(stem) for stem in self.stems]

    def _small(self, name: str) -> bytes:
        file = self._growing[name].file
        file.seek(0)
        return file.read()

    def _local(self, stem: Stem) -> Stem:
        """A stem with the name that its file has here: made here, of what was asked for."""
        submit = self._order.submit
        song = submit.output.name or Path(submit.clip.path).stem
        called = stem_name(submit.output.files or "{stem}", song, stem.name, submit.preset)
        return replace(stem, file=called + Path(stem.file).suffix)
