"""Weights carried in by hand: a file, a folder, or a zip, as a wheel is one too, for machines
without a network.

What a file is, its hash decides; names do not matter, except where a publisher gives no hash: there
the name is believed, and the result says so. Nothing is ever written under a name from outside, so
a zip cannot leave its folder; one that tries, or that swells beyond reason, is refused whole.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

from voxmend_protocol.errors import InputMissing, InputUnreadable, ModelCorrupt

from .. import safe_files
from ..disk import shown
from ..foreign import foreign
from ..plain_names import fault_of_path
from . import receipt
from .hashes import Digest, fault, read_through, recognised
from .model import File, Model
from .part import Part
from .store import Store
from .transfer import Transfer, writing

How = Literal["hash", "name", "there"]

MOST_FILES = 10_000
MOST_BYTES = 8_000_000_000
"""Of one file; the largest published separator has 1.7 GB."""
MOST_RATIO = 200
"""Weights hardly shrink: what a zip holds may be so many times larger than it is packed."""
_SMALL = 10_000_000


@dataclass(frozen=True, slots=True)
class Brought:
    """One file that was recognised: by its hash, by its name only, or it was there before."""

    source: str
    model: Model
    file: File
    how: How


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be weights."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


def bring(
    store: Store, path: Path, transfer: Transfer, waiting: Callable[[], None] = lambda: None
) -> list[Brought]:
    """Take every file the catalogue knows out of ``path`` into the store.

    Raises:
        InputMissing: there is nothing at ``path``.
        InputUnreadable: it cannot be read, is a zip that must not be trusted, or holds no weights.
        ModelCorrupt: the source changed while it was copied.
        DiskFull, EnvironmentProblem: the store cannot be written.
    """
    brought: list[Brought] = []
    with _opened(path) as candidates, store.held(waiting):
        for candidate in candidates:
            for model, file, how, digest in _meant(store, candidate):
                now = store.state(model).of(file.name)
                if now.state == "present" and now.origin == "store":
                    how = "there"
                else:
                    _take(store, candidate, model, file, digest, transfer)
                brought.append(Brought(candidate.name, model, file, how))
    if not brought:
        raise InputUnreadable(
            f"{path} holds no file that the catalogue knows. See what it knows: voxmend models list"
        )
    return brought


def _meant(store: Store, candidate: Candidate) -> Iterator[tuple[Model, File, How, Digest]]:
    digest = _read(candidate)
    for model in store.catalogue.models:
        before = receipt.read(store.folder(model))
        for file in model.files:
            if recognised(file, digest):
                yield model, file, "hash", digest
            elif file.proof == "recorded" and PurePosixPath(candidate.name).name == file.name:
                known = before.get(file.name)
                if fault(file, digest, known.sha256 if known else None) is None:
                    yield model, file, "name", digest


def _take(
    store: Store, candidate: Candidate, model: Model, file: File, digest: Digest, transfer: Transfer
) -> None:
    part = Part.of(store.folder(model) / file.name).path
    with writing(part):
        part.parent.mkdir(parents=True, exist_ok=True)
    transfer.make_sure(part.parent, digest.size)
    with writing(part):
        target = os.fdopen(safe_files.update(part, empty=True), "wb")
    with target:

        def pour(data: bytes) -> None:
            with writing(part):
                target.write(data)

        copied = _read(candidate, pour)
        with writing(part):
            target.flush()
    if copied != digest:
        part.unlink(missing_ok=True)
        raise ModelCorrupt(f"{candidate.name} changed while it was copied. Import it again.")
    store.put(model, file, digest)


def _read(candidate: Candidate, each: Callable[[bytes], object] = lambda _: None) -> Digest:
    seen = 0

    def count(data: bytes) -> None:
        nonlocal seen
        seen += len(data)
        if seen > candidate.size:
            raise InputUnreadable(f"{candidate.name} grew while it was read. Import it again.")
        each(data)

    with (
        foreign(
            lambda why: InputUnreadable(f"{candidate.name} cannot be read ({why}). Copy it again.")
        ),
        candidate.open() as source,
    ):
        return read_through(source, count)


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[Candidate]]:
    try:
        folder = stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        raise InputMissing(f"There is nothing at {path}. Name a file, a folder or a zip.") from None
    except OSError as error:
        raise _unreadable(path, error) from None
    if folder:
        yield _in_folder(path)
    elif path.suffix.lower() in (".zip", ".whl"):
        try:
            held = os.fdopen(safe_files.opened(path, "named"), "rb")
        except OSError as error:
            raise _unreadable(path, error) from None
        with held:
            with foreign(
                lambda why: InputUnreadable(
                    f"{path} is not a zip that can be read ({why}). Copy it again."
                )
            ):
                opened = zipfile.ZipFile(held)
            with opened:
                yield iter(_in_zip(opened, str(path)))
    else:
        try:
            os.close(safe_files.opened(path, "named"))
        except OSError as error:
            raise _unreadable(path, error) from None
        yield iter([_on_disk(path, path.name, "named")])


def _in_folder(folder: Path) -> Iterator[Candidate]:
    seen = 0
    for root, folders, files in os.walk(folder):  # does not follow links
        folders.sort()
        for name in sorted(files):
            path = Path(root) / name
            if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
                continue
            seen += 1
            if seen > MOST_FILES:
                raise InputUnreadable(
                    f"{folder} holds more than {MOST_FILES:,} files. Name the folder with the "
                    "weights themselves."
                )
            yield _on_disk(path, path.relative_to(folder).as_posix())


def _on_disk(path: Path, name: str, trust: safe_files.Trust = "shared") -> Candidate:
    return Candidate(
        name, path.stat().st_size, lambda: os.fdopen(safe_files.opened(path, trust), "rb")
    )


def _unreadable(path: Path, error: OSError) -> InputUnreadable:
    if isinstance(error, safe_files.UnsafeError):
        return InputUnreadable(shown(str(error)))
    return InputUnreadable(
        f"{shown(path)} cannot be read ({error.strerror or error}). Give yourself the right to."
    )


def _in_zip(opened: zipfile.ZipFile, path: str) -> list[Candidate]:
    """All files, after every entry was looked at: a zip with one bad entry gives nothing."""
    entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise _untrusted(path, f"holds more than {MOST_FILES:,} files")
    if sum(entry.file_size for entry in entries) > MOST_RATIO * opened.start_dir + _SMALL:
        raise _untrusted(path, "would swell beyond reason")  # entries may share the same bytes
    seen: set[str] = set()
    for entry in opened.infolist():
        name = entry.orig_filename.replace("\\", "/")
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
            raise _untrusted(entry.filename, "points out of the zip")
        if wrong := fault_of_path(name.removesuffix("/")):
            raise _untrusted(entry.filename, wrong)
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise _untrusted(entry.filename, "is in the zip twice, on some systems")
        seen.add(folded)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _untrusted(entry.filename, "is a link or a device")
        if entry.flag_bits & 1:
            raise InputUnreadable(f"{entry.filename} needs a password. Unpack it and import that.")
        swells = entry.file_size > MOST_RATIO * entry.compress_size + _SMALL
        if swells or entry.file_size > MOST_BYTES:
            raise _untrusted(entry.filename, "would swell beyond reason")
    return [_packed(opened, entry) for entry in entries]


def _packed(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Candidate:
    return Candidate(entry.filename, entry.file_size, lambda: _stream(opened, entry))


def _stream(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> BinaryIO:
    return opened.open(entry)  # type: ignore[return-value]  # it reads, and that is all that is asked


def _untrusted(name: str, why: str) -> InputUnreadable:
    return InputUnreadable(f"{name} {why}. Unpack the zip yourself and import the folder.")
