"""Where weights lie: ``<state>/models/<id>/<file>``. A file in place under its name is a good file.

Everything new is written beside its place, proved, made durable and renamed. Whoever changes the
store holds one lock, so a second pull waits and then finds the files there; reading needs no lock.
Works with and without a worker. Nothing here opens weights as anything but bytes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import filelock

from voxmend_protocol.errors import EnvironmentProblem, ModelCorrupt, ModelMissing

from ..disk import sync
from ..log import log
from ..paths import Paths
from . import receipt
from .catalogue import Catalogue, File, Model, Proof, load, of_user
from .fetch import Fetcher, Tell
from .hashes import Digest, digest_of, fault
from .part import Part
from .transfer import writing

_LOOK_S = 0.1

State = Literal["absent", "partial", "present", "corrupt"]


@dataclass(frozen=True, slots=True)
class FileState:
    """How one file is.

    Attributes:
        size: bytes on disk, unfinished ones too.
        fault: why it is corrupt.
        proved: whether its bytes were ever read and found good; only a glance leaves that open.
    """

    name: str
    state: State
    size: int
    proof: Proof
    fault: str | None = None
    proved: bool = True


@dataclass(frozen=True, slots=True)
class ModelState:
    """How one model is: present with all it needs, else the worst of its files."""

    model: Model
    state: State
    files: tuple[FileState, ...]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)

    @property
    def proved(self) -> bool:
        """Whether nothing that is here waits for its proof."""
        return all(file.proved for file in self.files)

    def is_there(self, name: str) -> bool:
        """Whether this file is there and good."""
        return any(file.name == name and file.state == "present" for file in self.files)


def of(where: Paths) -> Store:
    """The store of this user.

    Raises:
        EnvironmentProblem: the user's own catalogue is not valid.
    """
    return Store(where.models, of_user(where.models_file))


def for_blocks(where: Paths, blocks: Iterable[str]) -> Store:
    """The store of this user, for a job of these blocks. A catalogue of the user's own that is not
    valid stops none that needs no models.

    Raises:
        EnvironmentProblem: that catalogue is not valid, and one of the blocks loads a model.
    """
    try:
        return of(where)
    except EnvironmentProblem:
        if load().of_blocks(blocks):
            raise
        return Store(where.models)


@dataclass(frozen=True, slots=True)
class Store:
    """The weights in one folder."""

    root: Path
    catalogue: Catalogue = field(default_factory=load)
    lock: filelock.FileLock = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lock", filelock.FileLock(self.root / ".lock"))

    def folder(self, model: Model) -> Path:
        """The folder of one model."""
        return self.root / model.id

    def state(self, model: Model, thorough: bool = False) -> ModelState:
        """How a model is. A file is hashed if it is new, has changed, or on a thorough look."""
        return self._judged(model, lambda file: self._look(model, file, thorough))

    def glance(self, model: Model) -> ModelState:
        """How a model seems to be, without reading its files: for who must not wait a second for
        the hash of one. A file of the wrong size is corrupt; one that nobody has proved, put there
        by hand, counts as present until whoever opens it proves it.
        """
        return self._judged(model, lambda file: self._glance(model, file))

    def _judged(self, model: Model, look: Callable[[File], FileState]) -> ModelState:
        found = {file.name: look(file) for file in model.files}
        held = [_best([found[file.name] for file in group]) for group in model.needs]
        states: set[State] = {file.state for file in held}
        whole: State = "partial"
        if "corrupt" in states:
            whole = "corrupt"
        elif len(states) == 1:
            whole = held[0].state
        return ModelState(model, whole, tuple(found.values()))

    def path(self, model: Model) -> Path:
        """The folder of a model that is there whole.

        Raises:
            ModelMissing: it is not.
            ModelCorrupt: a file is not what it should be.
        """
        self._whole(model)
        return self.folder(model)

    def files(self, model: Model) -> tuple[Path, ...]:
        """The proved files of a model, in the catalogue's order: of each group the one that is
        there.

        Raises:
            ModelMissing, ModelCorrupt: as ``path``.
        """
        now = self._whole(model)
        return tuple(
            self.folder(model) / next(file.name for file in group if now.is_there(file.name))
            for group in model.needs
        )

    def hashes(self, model: Model) -> tuple[tuple[str, str], ...]:
        """Name and sha256 of each of ``files``: what makes one set of weights another.

        Raises:
            ModelMissing, ModelCorrupt: as ``path``.
        """
        files = self.files(model)
        known = receipt.read(self.folder(model))
        return tuple(
            (file.name, entry.sha256 if entry and entry.fits(file) else digest_of(file).sha256)
            for file, entry in ((file, known.get(file.name)) for file in files)
        )

    def _whole(self, model: Model) -> ModelState:
        now = self.state(model)
        if now.state == "corrupt":
            bad = next(file for file in now.files if file.state == "corrupt")
            raise ModelCorrupt(
                f"{bad.name} of {model.id} {bad.fault}. Fetch it again: voxmend models pull "
                f"{model.id}"
            )
        if now.state != "present":
            raise ModelMissing(
                f"The model {model.id} ({model.title}, {size_words(model)}, licence: "
                f"{model.licence}) is not on this machine. Fetch it: voxmend models pull {model.id}"
            )
        return now

    def pull(
        self, models: Sequence[Model], fetcher: Fetcher, tell: Tell = lambda _: None,
        waiting: Callable[[], None] = lambda: None,
    ) -> list[tuple[Model, File]]:  # fmt: skip
        """Fetch what is missing or corrupt; the files that came.

        Args:
            waiting: called ten times a second while somebody else is at it and this must wait;
                what it raises gives up.

        Raises:
            EnvironmentProblem, ModelCorrupt, DiskFull: see ``Fetcher.fetch``. What was in place
                before is still there.
        """
        for model, group in self._missing(models):
            for file in group:
                fetcher.refuse_if_offline(model.id, file)
        if not self._missing(models):
            return []
        came = []
        with self.held(waiting):
            wanted = self._missing(models)  # another may have fetched them while this one waited
            needed = sum(
                max(0, (group[0].bytes or 0) - Part.of(self.folder(model) / group[0].name).size)
                for model, group in wanted
            )
            if wanted:
                fetcher.transfer.make_sure(self.root, needed)
            for model, group in wanted:
                came.append((model, self._pull_one_of(model, group, fetcher, tell)))
        return came

    def _missing(self, models: Sequence[Model]) -> list[tuple[Model, tuple[File, ...]]]:
        states = [self.state(model) for model in models]
        return [
            (now.model, group)
            for now in states
            for group in now.model.needs
            if not any(now.is_there(file.name) for file in group)
        ]

    def _pull_one_of(
        self, model: Model, group: tuple[File, ...], fetcher: Fetcher, tell: Tell
    ) -> File:
        first: EnvironmentProblem | None = None
        for file in group:
            part = Part.of(self.folder(model) / file.name)
            with writing(part.path):
                part.path.parent.mkdir(parents=True, exist_ok=True)
            before = receipt.read(part.path.parent).get(file.name)
            try:
                digest = fetcher.fetch(
                    model.id, file, part, before.sha256 if before else None, tell
                )
            except EnvironmentProblem as error:
                first = first or error
                continue
            self.put(model, file, digest)
            return file
        assert first is not None
        raise first

    def put(self, model: Model, file: File, digest: Digest) -> None:
        """Put a proved ``.part`` in its place; the lock must be held.

        Raises:
            EnvironmentProblem, DiskFull: it cannot be; the place is as it was.
        """
        place = self.folder(model) / file.name
        with writing(place):
            part = Part.of(place)
            with open(part.path, "r+b") as handle:
                os.fsync(handle.fileno())
            os.replace(part.path, place)
            sync(place.parent)
            part.drop()
            self._note(model, file, digest)
        log("model_file_in_place", model=model.id, file=file.name, proof=file.proof)

    def remove(self, model: Model, waiting: Callable[[], None] = lambda: None) -> int:
        """Remove a model with all that is unfinished; the bytes that were freed.

        Raises:
            EnvironmentProblem: a file cannot be removed.
        """
        if not self.folder(model).exists():
            return 0
        with self.held(waiting):
            folder = self.folder(model)
            freed = sum(f.lstat().st_size for f in folder.rglob("*") if f.is_file())
            try:
                shutil.rmtree(folder)
            except OSError as error:
                raise EnvironmentProblem(
                    f"{folder} cannot be removed ({error.strerror or error}). If the worker uses "
                    "it: voxmend worker stop"
                ) from None
        log("model_removed", model=model.id, freed=freed)
        return freed

    @contextlib.contextmanager
    def held(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the store's lock, as long as it takes to get it; ``waiting`` as in ``pull``."""
        with writing(self.root / "models"):
            self.root.mkdir(parents=True, exist_ok=True)
            while True:
                try:
                    self.lock.acquire(timeout=0)
                    break
                except filelock.Timeout:
                    waiting()
                    time.sleep(_LOOK_S)
        try:
            yield
        finally:
            self.lock.release()

    def _look(self, model: Model, file: File, thorough: bool) -> FileState:
        path = self.folder(model) / file.name
        try:
            stat = path.stat()
        except OSError:
            size = Part.of(path).size
            return FileState(file.name, "partial" if size else "absent", size, file.proof)
        known = receipt.read(path.parent).get(file.name)
        if not thorough and known and known.fits(path) and _published(file, known):
            return FileState(file.name, "present", stat.st_size, file.proof)
        try:
            digest = digest_of(path)
        except OSError as error:
            why: str | None = f"cannot be read ({error.strerror or error})"
        else:
            why = fault(file, digest, known.sha256 if known else None)
            if why is None:
                # Another has the lock, or the folder is for reading only: then the next look notes.
                with contextlib.suppress(filelock.Timeout, OSError), self.lock.acquire(timeout=0):
                    self._note(model, file, digest)
        return FileState(file.name, "corrupt" if why else "present", stat.st_size, file.proof, why)

    def _glance(self, model: Model, file: File) -> FileState:
        path = self.folder(model) / file.name
        try:
            size = path.stat().st_size
        except OSError:
            return self._look(model, file, thorough=False)  # not there: nothing to hash
        known = receipt.read(path.parent).get(file.name)
        if known and not _published(file, known):
            known = None  # of other bytes than the catalogue now speaks of
        wanted = file.size or (known.size if known else None)
        if wanted is not None and size != wanted:
            why = f"is {size:,} bytes long and should be {wanted:,}"
            return FileState(file.name, "corrupt", size, file.proof, why)
        proved = known is not None and known.fits(path)
        return FileState(file.name, "present", size, file.proof, proved=proved)

    def _note(self, model: Model, file: File, digest: Digest) -> None:
        folder = self.folder(model)
        stat = (folder / file.name).stat()
        if stat.st_size != digest.size:
            return
        entry = receipt.Entry(digest.size, stat.st_mtime_ns, digest.sha256)
        entries = receipt.read(folder)
        if entries.get(file.name) != entry:
            receipt.write(folder, {**entries, file.name: entry})


def size_words(model: Model) -> str:
    """How large a download is, as a person reads it."""
    if not model.bytes:
        return "size not published"
    words = f"{model.bytes / 1e6:,.1f} MB" if model.bytes < 1e7 else f"{model.bytes / 1e6:,.0f} MB"
    return words if model.exact else f"about {words}"


def _published(file: File, known: receipt.Entry) -> bool:
    """Whether a receipt is of the bytes that the catalogue speaks of."""
    return known.sha256.startswith(file.sha256 or file.sha256_prefix or "")


def _best(files: Sequence[FileState]) -> FileState:
    order: tuple[State, ...] = ("present", "corrupt", "partial", "absent")
    return min(files, key=lambda file: order.index(file.state))
