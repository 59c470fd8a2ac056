"""The way to a file, part by part from the root, so that no part can be another one by the time it
is used: each folder is held open and the next part is looked up in it.

A link on the way is followed only where it is mine or root's, and lies in a folder that only I or
root can write. ``stat`` and ``open`` of a whole path would follow any.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .rights import UnsafeError, no_modes, trusted_owner, who_writes

BY_FOLDER = os.name == "posix" and os.open in os.supports_dir_fd
"""Whether the system opens a name within an open folder."""

_MOST_LINKS = 40
_PASS = (
    getattr(os, "O_PATH", os.O_RDONLY)
    | getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_COPY_IT = "Remove that link, and name the place where it leads."


@dataclass(frozen=True, slots=True)
class Place:
    """A name within a folder that is held open.

    Attributes:
        folder: its descriptor; None where the system cannot do that, and ``name`` is a whole path.
        path: as it was asked for, for words.
    """

    folder: int | None
    name: str
    path: str

    def status(self) -> os.stat_result | None:
        """What lies there, a link as a link; None for nothing.

        Raises:
            OSError: it cannot be looked at.
        """
        try:
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open(self, flags: int, mode: int = 0o666) -> int:
        """Open it; a link is none that is opened.

        Raises:
            OSError: as the system says, with the whole path.
        """
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with named(self.path):
            try:
                return os.open(self.name, flags, mode, dir_fd=self.folder)
            except OSError as error:
                found = self.status() if error.errno in (errno.ELOOP, errno.ENOTDIR) else None
                if found is not None and stat.S_ISLNK(found.st_mode):
                    raise UnsafeError(self.path, "is a link", _COPY_IT) from None
                raise

    def beside(self, name: str) -> Place:
        """Another name in the same folder."""
        if self.folder is None:
            return Place(None, os.path.join(os.path.dirname(self.name), name), name)
        return Place(self.folder, name, os.path.join(os.path.dirname(self.path), name))


@contextmanager
def named(path: str) -> Iterator[None]:
    """An error of the system bears the whole path, not the part that was looked up."""
    try:
        yield
    except UnsafeError:
        raise
    except OSError as error:
        error.filename = path
        error.filename2 = None
        raise


@contextmanager
def at(
    path: str | os.PathLike[str], *, follow: bool = True, make: int | None = None
) -> Iterator[Place]:
    """The place of a path, by the trusted way.

    Args:
        follow: whether the last part, where it is a trusted link, leads on.
        make: mode of the folders on the way that are made where they are missing; None: none is.

    Raises:
        UnsafeError: a link on the way is not to be trusted.
        OSError: the way cannot be gone.
    """
    path = os.path.abspath(path) if os.name != "posix" else _absolute(os.fspath(path))
    if not BY_FOLDER:
        if make is not None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        yield Place(None, path, path)
        return
    with named(path):
        folder, name = _go(path, follow, make)
    try:
        yield Place(folder, name, path)
    finally:
        os.close(folder)


def ancestors(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Each folder above a path as it is reached now, the root first; links are not judged."""
    parts = os.path.realpath(path).split(os.sep)
    for end in range(1, len(parts)):
        folder = os.sep.join(parts[:end]) or os.sep
        with contextlib.suppress(OSError):
            yield folder, os.stat(folder)


def _absolute(path: str) -> str:
    """The whole path; ``..`` stays, since behind a link it means another folder."""
    if "\0" in path:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
    return path if path.startswith("/") else os.path.join(os.getcwd(), path)


def _go(path: str, follow: bool, make: int | None) -> tuple[int, str]:
    todo = _parts(path)
    links = 0
    here = os.open("/", _PASS)
    try:
        while True:
            name = todo.pop() if todo else "."
            last = not todo
            if last and name in (".", ".."):
                return here, name
            if name == ".":
                continue
            found = _status(here, name)
            if found is not None and stat.S_ISLNK(found.st_mode) and (follow or not last):
                links += 1
                if links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                _trust(here, found, path)
                target = os.readlink(name, dir_fd=here)
                todo += _parts(target)
                if target.startswith("/"):
                    here = _next(here, "/")
                continue
            if last:
                return here, name
            if found is None:
                if make is None:
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, make, dir_fd=here)
            here = _next(here, name)
    except BaseException:
        os.close(here)
        raise


def _parts(path: str) -> list[str]:
    """The parts of a path, the first one last."""
    return [part for part in reversed(path.split("/")) if part]


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _next(here: int, name: str) -> int:
    """The next folder in place of this one, which is closed."""
    there = os.open(name, _PASS, dir_fd=here)
    os.close(here)
    return there


def _trust(folder: int, link: os.stat_result, path: str) -> None:
    around = os.fstat(folder)
    if not trusted_owner(link):
        if not no_modes(link.st_dev):
            raise UnsafeError(path, "leads through a link that another user made", _COPY_IT)
        return
    if trusted_owner(around) and not who_writes(around, folder):
        return
    if not no_modes(around.st_dev):
        raise UnsafeError(path, "leads through a link in a folder that others may write", _COPY_IT)
