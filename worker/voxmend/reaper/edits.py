"""REAPER's ini files edited in one step, with a copy of what was there before.

A copy bears the hash of its bytes, so it is made once however often the same state is met. An
edit can be taken back exactly as long as nobody else has touched the file; after that the entries
of ours are taken out one by one.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import disk, safe_files
from .refusals import refusing

BACKUP = "backup"
MOST_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Edit:
    """What was done to a file: hashes of its bytes before (empty: there was no file) and after."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Planned:
    """An edit that is worked out and not yet done."""

    file: Path
    old: bytes
    new: bytes
    edit: Edit


def content(file: Path) -> bytes:
    """The bytes of a file; none where there is no file.

    Raises:
        OutputError: it cannot be read.
    """
    with refusing(file):
        try:
            return safe_files.read(file, MOST_BYTES, "shared")
        except FileNotFoundError:
            return b""


def plan(file: Path, change: Callable[[bytes], bytes]) -> Planned | None:
    """Work out an edit; None if it changes nothing.

    Raises:
        OutputError: the file cannot be read.
    """
    old = content(file)
    new = change(old)
    if new == old:
        return None
    before = digest(old) if os.path.lexists(file) else ""
    return Planned(file, old, new, Edit(before, digest(new)))


def carry_out(planned: Planned, data: Path) -> None:
    """Do it. The receipt must have the edit by now: else a kill in between would leave entries
    that nobody knows to be ours.

    Raises:
        OutputError: the file, or the copy of it, cannot be written. It is as it was.
    """
    if planned.edit.before:
        keep(planned.old, planned.file.name, data)
    _write(planned.file, planned.new)


def take_back(file: Path, data: Path, edit: Edit | None, change: Callable[[bytes], bytes]) -> None:
    """Undo an edit: the old bytes where nobody else wrote since; else what ``change`` makes of
    those that are there.

    Raises:
        OutputError: it cannot be written. It is as it was.
    """
    old = content(file)
    if edit is not None and digest(old) == edit.after:
        if not edit.before:
            with refusing(file):
                file.unlink(missing_ok=True)
            return
        copy = _copy(file.name, edit.before, data)
        if copy.is_file() and digest(before := content(copy)) == edit.before:
            # Of a chain of edits that broke off, the first bytes may hold entries of ours.
            _write(file, change(before))
            return
    planned = plan(file, change)
    if planned is not None:
        carry_out(planned, data)


def drop_copies(file: Path, data: Path, change: Callable[[bytes], bytes]) -> None:
    """Remove copies that tell no more than the file does: that differ by entries of ours only."""
    now = content(file)
    for copy in (data / BACKUP).glob(f"{file.name}.*"):
        if change(content(copy)).rstrip() == now.rstrip():
            with refusing(copy):
                copy.unlink()


def keep(content: bytes, name: str, data: Path) -> Path:
    """Put a copy of some bytes into the folder of copies."""
    copy = _copy(name, digest(content), data)
    with refusing(copy.parent):
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists():
            disk.put(copy, content)
    return copy


def digest(content: bytes) -> str:
    """Hash of some bytes, as the receipt has it."""
    return hashlib.sha256(content).hexdigest()


def _copy(name: str, hash_: str, data: Path) -> Path:
    return data / BACKUP / f"{name}.{hash_[:16]}"


def _write(file: Path, content: bytes) -> None:
    # A link stays a link: people keep these files elsewhere and link them in.
    target = Path(os.path.realpath(file))
    with refusing(target):
        mode = 0o666
        if target.exists():
            if not os.access(target, os.W_OK):
                raise PermissionError(13, "it is write-protected", str(target))
            mode = stat.S_IMODE(target.stat().st_mode)
        with safe_files.put_beside(target, mode, durable=True) as new:
            if hasattr(os, "fchmod") and target.exists():
                os.fchmod(new.fileno(), mode)  # of an old file its mode, whatever the umask
            new.write(content)
