"""Where weights lie: ``<state>/models/<id>/<file>``. A file in place under its name is a good file.
One that is not there may lie inside a package that came with voxmend (``packaged``); what is pulled
or imported goes before it.

Everything new is written beside its place, proved, made durable and renamed. Whoever changes the
store holds one lock, so a second pull waits and then finds the files there; reading needs no lock.
Works with and without a worker. Nothing here opens weights as anything but bytes.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import filelock

from voxmend_protocol.errors import EnvironmentProblem, ModelCorrupt, ModelMissing

from ..disk import mine
from ..log import log
from ..paths import Paths
from . import receipt
from .catalogue import Catalogue, load, of_user
from .copies import FOLDER, Convert, Copies
from .fetch import Fetcher, Tell
from .hashes import Digest, digest_of, fault
from .model import File, Model
from .package import SpoiltError, pieces
from .packaged import Packaged
from .part import Part
from .state import FileState, ModelState, Origin, Remedy, State, best, size_words
from .transfer import writing

_LOOK_S = 0.1


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
    packaged: Packaged = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lock", filelock.FileLock(self.root / ".lock"))
        # Another lock: whoever makes a working copy must not wait for somebody's download.
        making = filelock.FileLock(self.root / ".making.lock")
        object.__setattr__(self, "packaged", Packaged(self.root, making))

    def folder(self, model: Model) -> Path:
        """The folder of one model."""
        return self.root / model.id

    def copies(self, model: Model) -> Copies:
        """The working copies of one model."""
        return Copies(self.folder(model) / FOLDER)

    def state(self, model: Model, thorough: bool = False) -> ModelState:
        """How a model is. A file is hashed if it is new, has changed, or on a thorough look, which
        holds working copies too against what was made."""

        def look(file: File) -> FileState:
            now = self._chosen(
                file, self._look(model, file, thorough), lambda: self.packaged.look(file, thorough)
            )
            why = self.copies(model).fault(file) if thorough and now.state == "present" else None
            if why is None:
                return now
            again = Remedy("Have it made again", f"voxmend models remove {model.id}")
            why = f"was made into {self.copies(model).path(file)}, which {why}"
            return replace(now, state="corrupt", fault=why, remedy=again)

        return self._judged(model, look)

    def glance(self, model: Model) -> ModelState:
        """How a model seems to be, without reading its files: for who must not wait a second for
        the hash of one. A file of the wrong size is corrupt; one that nobody has proved, put there
        by hand, counts as present until whoever opens it proves it.
        """
        return self._judged(
            model,
            lambda file: self._chosen(
                file, self._glance(model, file), lambda: self.packaged.glance(file)
            ),
        )

    def _chosen(
        self, file: File, here: FileState, look: Callable[[], FileState | None]
    ) -> FileState:
        """Of a file in the store and the one inside a package the one that is good, the store's
        first; where none is, the one whose trouble can be told."""
        if here.state == "present" or file.package is None:
            return here
        there = look()
        if there is None or (here.state == "corrupt" and there.state != "present"):
            return here
        if there.state == "absent":
            return replace(here, fault=there.fault, remedy=there.remedy)
        return there

    def _judged(self, model: Model, look: Callable[[File], FileState]) -> ModelState:
        found = {file.name: look(file) for file in model.files}
        held = [best([found[file.name] for file in group]) for group in model.needs]
        states: set[State] = {file.state for file in held}
        whole: State = "partial"
        if "corrupt" in states:
            whole = "corrupt"
        elif len(states) == 1:
            whole = held[0].state
        held_bytes = self.copies(model).size + sum(
            file.size for file in found.values() if file.origin != "package"
        )
        return ModelState(model, whole, tuple(found.values()), held_bytes)

    def path(self, model: Model) -> Path:
        """The folder of a model that is there whole: in the store, or inside the package that
        holds any of what it needs.

        Raises:
            ModelMissing: it is not.
            ModelCorrupt: a file is not what it should be.
        """
        for file, origin in self._whole(model):
            place = self.packaged.place(file)
            if origin == "package" and place is not None:
                return place.parent
        return self.folder(model)

    def files(self, model: Model, convert: Convert | None = None) -> tuple[Path, ...]:
        """The proved files of a model, in the catalogue's order: of each group the one that is
        there. What must be made of one is made, the first time.

        Args:
            convert: turns a checkpoint into safetensors, for a model that needs it.

        Raises:
            ModelMissing, ModelCorrupt: as ``path``.
            EnvironmentProblem, DiskFull: what must be made cannot be written.
        """
        return tuple(
            self._opened(model, file, origin, convert) for file, origin in self._whole(model)
        )

    def _opened(
        self, model: Model, file: File, origin: Origin | None, convert: Convert | None
    ) -> Path:
        """Where a proved file lies as a network wants it."""
        held, member = self.folder(model) / file.name, None
        if origin == "package":
            held, member = self.packaged.place(file) or held, file.member
        if file.becomes is None and member is None:
            return held
        copies = self.copies(model)
        if not copies.are_made(file):
            with self.held(lambda: None, self.packaged.lock):
                if not copies.are_made(file):  # another may have made it while this one waited
                    try:
                        copies.make(model, file, pieces(file, held, member), convert)
                    except SpoiltError as error:
                        raise ModelCorrupt(
                            f"{file.name} of {model.id} changed while it was read: it {error}. "
                            f"Try again; if it stays so: voxmend models verify {model.id}"
                        ) from None
        return copies.path(file)

    def hashes(self, model: Model) -> tuple[tuple[str, str], ...]:
        """Name and sha256 of each file as it was published, before anything is made of it: what
        makes one set of weights another.

        Raises:
            ModelMissing, ModelCorrupt: as ``path``.
        """
        return tuple(
            (file.name, self._hash(model, file, origin)) for file, origin in self._whole(model)
        )

    def _hash(self, model: Model, file: File, origin: Origin | None) -> str:
        if file.sha256 is not None or origin == "package":
            return str(file.sha256)
        place = self.folder(model) / file.name
        known = receipt.read(place.parent).get(file.name)
        return known.sha256 if known and known.fits(place) else digest_of(place).sha256

    def _whole(self, model: Model) -> list[tuple[File, Origin | None]]:
        """Of each group the file that is there, and where."""
        now = self.state(model)
        bad = now.trouble
        if now.state == "corrupt" and bad is not None:
            raise ModelCorrupt(f"{bad.name} of {model.id} {bad.fault}. {now.remedy}")
        if now.state != "present":
            raise ModelMissing(
                f"The model {model.id} ({model.title}, {size_words(model)}, licence: "
                f"{model.licence}) is not on this machine{now.reason}. {now.remedy}"
            )
        chosen = [next(file for file in group if now.is_there(file.name)) for group in model.needs]
        return [(file, now.of(file.name).origin) for file in chosen]

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
            Part.of(place).settle(place)
            self._note(model, file, digest)
        log("model_file_in_place", model=model.id, file=file.name, proof=file.proof)

    def remove(self, model: Model, waiting: Callable[[], None] = lambda: None) -> int:
        """Remove a model with all that is unfinished; the bytes that were freed. What lies inside
        a package stays.

        Raises:
            EnvironmentProblem: a file cannot be removed.
        """
        if not self.folder(model).exists():
            return 0
        with self.held(waiting), self.held(waiting, self.packaged.lock):
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
    def held(
        self, waiting: Callable[[], None], lock: filelock.FileLock | None = None
    ) -> Iterator[None]:
        """Hold the store's lock, or another of its, as long as it takes to get it; ``waiting`` as
        in ``pull``."""
        lock = lock or self.lock
        with writing(self.root / "models"):
            mine(self.root)
            while True:
                try:
                    lock.acquire(timeout=0)
                    break
                except filelock.Timeout:
                    waiting()
                    time.sleep(_LOOK_S)
        try:
            yield
        finally:
            lock.release()

    def _look(self, model: Model, file: File, thorough: bool) -> FileState:
        path = self.folder(model) / file.name
        try:
            stat = path.stat()
        except OSError:
            size = Part.of(path).size
            state: State = "partial" if size else "absent"
            return FileState(file.name, state, size, file.proof, origin="store" if size else None)
        known = receipt.read(path.parent).get(file.name)
        if not thorough and known and known.fits(path) and _published(file, known):
            return FileState(file.name, "present", stat.st_size, file.proof, origin="store")
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
        state = "corrupt" if why else "present"
        return FileState(file.name, state, stat.st_size, file.proof, why, origin="store")

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
            return FileState(file.name, "corrupt", size, file.proof, why, origin="store")
        proved = known is not None and known.fits(path)
        return FileState(file.name, "present", size, file.proof, proved=proved, origin="store")

    def _note(self, model: Model, file: File, digest: Digest) -> None:
        folder = self.folder(model)
        entry = receipt.Entry.of_file(folder / file.name, digest.sha256)
        if entry.size != digest.size:
            return
        entries = receipt.read(folder)
        if entries.get(file.name) != entry:
            receipt.write(folder, {**entries, file.name: entry})


def _published(file: File, known: receipt.Entry) -> bool:
    """Whether a receipt is of the bytes that the catalogue speaks of."""
    return known.sha256.startswith(file.sha256 or file.sha256_prefix or "")
