"""Folders by the trusted way: made, emptied, removed, and never what a link in their place leads
to."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Collection

from .rights import UnsafeError
from .walk import BY_FOLDER, at, named

Path = str | os.PathLike[str]


def make_folders(path: Path, mode: int = 0o777) -> None:
    """Make a folder with those above it; one that is there is left as it is.

    Raises:
        UnsafeError: a link on the way is not to be trusted.
        OSError: it cannot be made, or is no folder.
    """
    if not BY_FOLDER:
        os.makedirs(path, exist_ok=True)
        return
    with at(path, make=mode) as place, named(place.path):
        found = place.status()
        if found is None:
            with contextlib.suppress(FileExistsError):
                os.mkdir(place.name, mode, dir_fd=place.folder)
                return
            found = place.status()
        if found is not None and not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError(20, "it is not a folder")


def make_folder(path: Path, mode: int = 0o777) -> None:
    """Make one folder; those above it are there.

    Raises:
        FileExistsError: something has its name.
        UnsafeError: a link on the way is not to be trusted.
        OSError: it cannot be made.
    """
    with at(path, follow=False) as place, named(place.path):
        os.mkdir(place.name, mode, dir_fd=place.folder)


def empty_folder(path: Path, keep: Collection[str] = ()) -> None:
    """Remove what lies in a folder, but these names.

    Raises:
        UnsafeError: it is a link, or lies behind one that is not to be trusted.
        OSError: it is not there, or something cannot be removed.
    """
    if not BY_FOLDER:
        for entry in os.scandir(path):
            if entry.name not in keep:
                _remove(entry.path, entry.is_dir(follow_symlinks=False), None)
        return
    with at(path, follow=False) as place:
        handle = place.open(os.O_RDONLY | os.O_DIRECTORY)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, handle)
        for name in os.listdir(handle):
            if name not in keep:
                with contextlib.suppress(FileNotFoundError):
                    found = os.stat(name, dir_fd=handle, follow_symlinks=False)
                    _remove(name, stat.S_ISDIR(found.st_mode), handle)


def remove_folder(path: Path) -> None:
    """Remove a folder with all that lies in it.

    Raises:
        UnsafeError: it is a link, or lies behind one that is not to be trusted.
        OSError: it is not there, or something cannot be removed.
    """
    with at(path, follow=False) as place:
        found = place.status()
        if found is not None and stat.S_ISLNK(found.st_mode):
            raise UnsafeError(path, "is a link", "Remove it.")
        with named(place.path):
            _remove(place.name, True, place.folder)


def remove_empty(path: Path) -> None:
    """Remove a folder that holds nothing. Raises OSError as the system does."""
    with at(path, follow=False) as place, named(place.path):
        os.rmdir(place.name, dir_fd=place.folder)


def rename_folder(old: Path, new: Path) -> None:
    """Rename a folder to a name that was free a moment ago.

    Raises:
        UnsafeError: it is a link, or a link on the way is not to be trusted.
        OSError: it cannot be done.
    """
    with at(old, follow=False) as source, at(new, follow=False) as target:
        found = source.status()
        if found is not None and stat.S_ISLNK(found.st_mode):
            raise UnsafeError(old, "is a link", "Remove it.")
        with named(source.path):
            os.rename(source.name, target.name, src_dir_fd=source.folder, dst_dir_fd=target.folder)


def _remove(name: str, folder: bool, within: int | None) -> None:
    if folder:
        shutil.rmtree(name, dir_fd=within)
    else:
        os.unlink(name, dir_fd=within)
