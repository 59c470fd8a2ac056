"""Folders that are mine alone, and all that lies in them: the state folder above all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import stat
import time
from collections.abc import Iterator

from .files import STRAY, one_name
from .rights import (
    UnsafeError,
    another_ones,
    insist,
    me,
    no_modes,
    open_to,
    trusted_owner,
    unmapped,
    who_writes,
)
from .walk import BY_FOLDER, ancestors, at, named

Path = str | os.PathLike[str]

_OTHERS = 0o077
_ENTER = 0o011
_STRAY = re.compile(re.escape(STRAY) + "[0-9a-f]{16}")
_STRAY_S = 3600.0
_MANY_NAMES = ("models", "cache", "reports")
"""Folders in the state whose files are never written in place: a second name does no harm."""


def keep_private(path: Path) -> str:
    """Make a folder that only its owner may enter, with the parents it needs, and see that it is
    one: mine, and written by nobody else. One that others may read is closed to them, after all
    that lies in it was looked at.

    Returns:
        What the user should know, as a sentence; empty where all was as it should be.

    Raises:
        UnsafeError: it, a folder above it, or something in it is another's or open to others.
        OSError: it cannot be made.
    """
    path = os.fspath(path)
    if not BY_FOLDER:
        os.makedirs(path, exist_ok=True)
        return ""
    with at(path, make=0o755) as place:
        with named(path):
            with contextlib.suppress(FileExistsError):
                os.mkdir(place.name, 0o700, dir_fd=place.folder)
            try:
                handle = os.open(
                    place.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC,
                    dir_fd=place.folder,
                )  # fmt: skip
            except PermissionError:
                found = place.status()
                if found is not None and found.st_uid != me():
                    raise another_ones(path, found) from None
                raise
        try:
            for above, found in ancestors(path):
                _above(above, found)
            return _closed(path, handle)
        finally:
            os.close(handle)


def insist_mine(path: Path) -> None:
    """See that a folder is mine or root's, and that nobody else can write it or put another in its
    place.

    Raises:
        UnsafeError: somebody can.
        OSError: it is not there.
    """
    path = os.fspath(path)
    if os.name != "posix":
        return
    with at(path) as place, named(path):
        found = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "it is not a folder")
        insist(path, found, path)
    for above, found in ancestors(path):
        _above(above, found)


def take(path: Path) -> None:
    """Make a folder mine alone, or make a new one: one that is there may have been open before, so
    whoever calls believes nothing in it that is another's.

    Raises:
        UnsafeError: it is another's, a link, or lies where others could put another in its place.
        OSError: it cannot be made, or is no folder.
    """
    path = os.fspath(path)
    if not BY_FOLDER:
        os.makedirs(path, exist_ok=True)
        return
    with at(path, follow=False) as place:
        for above, found in ancestors(path):
            _above(above, found)
        with contextlib.suppress(FileExistsError), named(path):
            os.mkdir(place.name, 0o700, dir_fd=place.folder)
        handle = place.open(os.O_RDONLY | os.O_DIRECTORY)
        try:
            now = os.fstat(handle)
            if now.st_uid != me() and not no_modes(now.st_dev):
                raise another_ones(path, now)
            if now.st_mode & _OTHERS and now.st_uid == me():
                os.fchmod(handle, 0o700)
        finally:
            os.close(handle)


def look(path: Path) -> None:
    """Look at all that lies in a folder of mine; what nobody else can reach is closed to others
    quietly, files that were never put in their place are removed.

    Raises:
        UnsafeError: something in it is another's, or open to others, or no file.
    """
    for fault in faults(path, tidy=True):
        raise fault


def faults(path: Path, reached: bool = False, tidy: bool = False) -> Iterator[UnsafeError]:
    """What in a folder of mine is another's, or open to others, or neither file nor folder.

    Args:
        reached: whether others could come to it, so that what they may write they may have written.
        tidy: close to others what they cannot reach, and remove what is left of writing.
    """
    if os.name == "posix":
        yield from _below(os.fspath(path), "", reached, tidy, set())


def _closed(path: str, handle: int) -> str:
    """Judge the folder itself, and close it to others."""
    now = os.fstat(handle)
    kind = no_modes(now.st_dev) if now.st_uid != me() or now.st_mode & _OTHERS else ""
    if kind or (now.st_mode & _OTHERS and now.st_uid == me() and _modes_are_fixed(handle, now)):
        return (
            f"{path} lies on a file system that keeps no rights ({kind or 'every mode is the same'}"
            "): who may read and write it, voxmend cannot tell."
        )
    if now.st_uid != me():
        raise another_ones(path, now)
    who = who_writes(now, handle)
    if who:
        quoted = shlex.quote(path)
        raise UnsafeError(
            path, f"can be written by {who}", f"Take that right away: chmod -R go-rwx {quoted}"
        )
    if not now.st_mode & _OTHERS:
        return ""
    for fault in faults(path, reached=bool(now.st_mode & _ENTER)):
        raise fault
    with named(path):
        os.fchmod(handle, 0o700)
    before = stat.S_IMODE(now.st_mode)
    return f"{path} was open to others (mode {before:o}) and is yours alone now (700)."


def _modes_are_fixed(handle: int, now: os.stat_result) -> bool:
    """Whether a change of mode changes nothing: tried with a bit that lets nobody write."""
    mode = stat.S_IMODE(now.st_mode)
    try:
        os.fchmod(handle, mode ^ 0o001)
        changed = stat.S_IMODE(os.fstat(handle).st_mode) != mode
        os.fchmod(handle, mode)
    except OSError:
        return False
    return not changed


def _above(path: str, found: os.stat_result) -> None:
    """Refuse a folder above in which others could put another in the place of mine."""
    if not trusted_owner(found) and not unmapped(found) and not no_modes(found.st_dev):
        theirs = another_ones(path, found)
        raise UnsafeError(
            path, f"{theirs.strerror}, who could put a folder of theirs in the place of yours",
            "Move voxmend's folder to one of yours: VOXMEND_HOME=FOLDER",
        )  # fmt: skip
    who = who_writes(found, path)
    if not who or found.st_mode & stat.S_ISVTX or no_modes(found.st_dev):
        return
    raise UnsafeError(
        path, f"can be written by {who}, who could put a folder of theirs in the place of yours",
        f"Take that right away: chmod go-w {shlex.quote(path)} (or move voxmend's folder: "
        "VOXMEND_HOME=FOLDER)",
    )  # fmt: skip


def _below(
    folder: str, inside: str, reached: bool, tidy: bool, seen: set[tuple[int, int]]
) -> Iterator[UnsafeError]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return  # gone meanwhile, or not to be read: whoever needs it says so
    for entry in entries:
        top = inside or entry.name
        try:
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISLNK(found.st_mode):
                if not trusted_owner(found) and not no_modes(found.st_dev):
                    yield another_ones(entry.path, found)
                    continue
                found = os.stat(entry.path)  # where a link of mine leads, the same is asked
        except OSError:
            continue
        mark = (found.st_dev, found.st_ino)
        if stat.S_ISDIR(found.st_mode) and mark in seen:
            continue
        seen.add(mark)
        yield from _entry(entry.path, top, found, reached, tidy, seen)


def _entry(
    path: str, top: str, found: os.stat_result, reached: bool, tidy: bool,
    seen: set[tuple[int, int]],
) -> Iterator[UnsafeError]:  # fmt: skip
    mode, folder = found.st_mode, stat.S_ISDIR(found.st_mode)
    linked = os.path.islink(path)
    if not trusted_owner(found):
        if not no_modes(found.st_dev):
            yield another_ones(path, found)
        return
    if not folder and not stat.S_ISREG(mode):
        yield UnsafeError(
            path,
            "is a pipe, a socket or a device, not a file",
            f"Remove it: rm {shlex.quote(path)}",
        )
        return
    if linked:  # it leads to where others may come
        reached = True
        yield from _ways(path)
    who = who_writes(found, path)
    if who and not no_modes(found.st_dev):
        if reached:
            yield open_to(path, who, found)
            return
        if tidy and found.st_uid == me():
            with contextlib.suppress(OSError):
                os.chmod(path, stat.S_IMODE(mode) & ~0o022)
    if folder:
        yield from _below(path, top, reached and bool(mode & _ENTER), tidy, seen)
        return
    if tidy and _STRAY.fullmatch(os.path.basename(path)):
        with contextlib.suppress(OSError):
            if found.st_mtime < time.time() - _STRAY_S:
                os.unlink(path)
        return
    if top not in _MANY_NAMES:
        try:
            one_name(path, found)
        except UnsafeError as error:
            yield error


def _ways(path: str) -> Iterator[UnsafeError]:
    """What is open to others on the way to where a link leads."""
    for above, found in ancestors(path):
        try:
            _above(above, found)
        except UnsafeError as error:
            yield error
