"""A look at files of models inside packages, and what is remembered of it.

What was read of a file is noted in the store's ``packages.json``, by its place in the package:
with size and time unchanged it need not be read again, whether it was right or not.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import filelock

from . import package, receipt
from .hashes import digest_of
from .model import Archive, File
from .package import SpoiltError
from .state import FileState

NAME = "packages.json"


@dataclass(frozen=True, slots=True)
class Packaged:
    """The files that packages hold, as a store sees them.

    Attributes:
        root: the store's folder.
        lock: who notes anything holds it.
    """

    root: Path
    lock: filelock.FileLock

    def look(self, file: File, thorough: bool = False) -> FileState | None:
        """How a file is inside its package; None where it has none. It is read if it is new, has
        changed, or on a thorough look."""
        return self._judged(file, reads=True, thorough=thorough)

    def glance(self, file: File) -> FileState | None:
        """The same, and nothing is read: it is right as far as its size can tell, and as far as is
        remembered of it."""
        return self._judged(file, reads=False, thorough=False)

    def place(self, file: File) -> Path | None:
        """The file on disk that holds it, itself or an archive; it may not be there all the same.
        None where the package is not installed, or there is none."""
        root = package.found(file.package) if file.package else None
        return root / _inside(file)[0] if root is not None else None

    def _judged(self, file: File, reads: bool, thorough: bool) -> FileState | None:
        if file.package is None:
            return None
        held = self.place(file)
        if held is None:
            why = f"comes inside {package.words(file.package)}, which is not installed"
            remedy = None if file.urls else package.to_install()
            return FileState(file.name, "absent", 0, file.proof, why, remedy=remedy)
        try:
            proved = self._read(file, held, reads, thorough)
        except SpoiltError as error:
            why = f"lies inside {package.words(file.package)} and {error}"
            remedy = None if file.urls else package.to_renew(file.package)
            return FileState(
                file.name, "corrupt", file.size or 0, file.proof, why, origin="package",
                remedy=remedy,
            )  # fmt: skip
        return FileState(
            file.name, "present", file.size or 0, file.proof, proved=proved, origin="package"
        )

    def _read(self, file: File, held: Path, reads: bool, thorough: bool) -> bool:
        """Whether what holds the file was ever read.

        Raises:
            SpoiltError: it is not right.
        """
        inside, whole = _inside(file)
        what = "" if whole is file else "its archive "
        try:
            size = held.stat().st_size
        except OSError as error:
            raise SpoiltError(f"{what}cannot be read ({error.strerror or error})") from None
        if size != whole.size:
            raise SpoiltError(f"{what}is {size:,} bytes long and should be {whole.size:,}")
        known = receipt.read(self.root, NAME).get(inside)
        if thorough or known is None or not known.fits(held):
            if not reads:
                return False
            try:
                known = receipt.Entry.of_file(held, digest_of(held).sha256)
            except OSError as error:
                raise SpoiltError(f"{what}cannot be read ({error.strerror or error})") from None
            self._note(inside, known)
        if known.sha256 != whole.sha256:
            raise SpoiltError(f"{what}does not have the published sha256")
        if thorough and file.member is not None:
            for _ in package.pieces(file, held, file.member):
                pass
        return True

    def _note(self, inside: str, entry: receipt.Entry) -> None:
        # Another has the lock, or the folder is for reading only: then the next look notes.
        with contextlib.suppress(filelock.Timeout, OSError), self.lock.acquire(timeout=0):
            entries = receipt.read(self.root, NAME)
            if entries.get(inside) != entry:
                receipt.write(self.root, {**entries, inside: entry}, NAME)


def _inside(file: File) -> tuple[str, File | Archive]:
    """Where in the package the bytes lie, and what says how many and which they are."""
    archive = file.package.archive if file.package else None
    if archive is not None:
        return archive.path, archive
    assert file.path is not None  # as the catalogue's form wants it
    return file.path, file
