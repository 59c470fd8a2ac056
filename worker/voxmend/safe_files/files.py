"""Files by the trusted way: read with a bound, made under names nobody can guess, replaced
whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Literal

from .rights import UnsafeError, insist
from .walk import Place, at, named

Trust = Literal["named", "shared", "mine"]
"""See the room's own words."""

Path = str | os.PathLike[str]

_READ = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_TRIES = 20
STRAY = ".voxmend-"
"""How the name of a file begins that is not in its place yet."""


def opened(path: Path, trust: Trust = "mine") -> int:
    """Open a regular file for reading; never waits. The descriptor is the caller's to close.

    Raises:
        UnsafeError: it is no regular file, or not to be trusted.
        OSError: it is not there, or may not be read.
    """
    path = os.fspath(path)
    if trust == "named" or os.name != "posix":
        _regular(path, os.stat(path))  # before: to open a device may do something
        return _checked(path, os.open(path, _READ), "named")
    with at(path) as place:
        found = place.status()
        if found is not None:
            _regular(path, found)
        if trust == "mine" and place.folder is not None:
            _folder_is_mine(place)
        return _checked(path, place.open(_READ), trust)


def read(path: Path, limit: int, trust: Trust = "mine") -> bytes:
    """All of a file.

    Args:
        limit: bytes that it may have.

    Raises:
        UnsafeError: as ``opened``, or it is larger.
        OSError: it is not there, or cannot be read.
    """
    with os.fdopen(opened(path, trust), "rb", buffering=0) as file, named(os.fspath(path)):
        found = bytearray()
        while len(found) <= limit and (more := file.read(min(1 << 20, limit + 1 - len(found)))):
            found += more
    if len(found) > limit:
        raise UnsafeError(
            path, f"is larger than {limit:,} bytes", "Put the file that belongs there in its place."
        )
    return bytes(found)


def read_text(path: Path, limit: int, trust: Trust = "mine") -> str:
    """All of a text in UTF-8. Raises as ``read``, and UnicodeDecodeError."""
    return read(path, limit, trust).decode("utf-8")


@contextmanager
def put_beside(path: Path, mode: int = 0o666, durable: bool = False) -> Iterator[BinaryIO]:
    """Write a new file that takes the place of ``path`` when the ``with`` ends: whoever reads it
    meets the old one or the new one. A link in the place is replaced, not followed.

    Args:
        mode: of the new file, less the umask.
        durable: whether both the file and its name are on the disk when the ``with`` has ended.

    Raises:
        UnsafeError: a link on the way is not to be trusted.
        OSError: it cannot be written; what was there is still there.
    """
    with at(path, follow=False) as place:
        handle, new = _new(place, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            with named(place.path):
                os.replace(new.name, place.name, src_dir_fd=new.folder, dst_dir_fd=place.folder)
                if durable and place.folder is not None:
                    _sync(place.folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(new.name, dir_fd=new.folder)
            raise


def put_new(path: Path, content: bytes, mode: int = 0o666) -> bool:
    """Put a new file, whole, where nothing is. False where something is: it stays as it is.

    Args:
        mode: of the new file, less the umask.

    Raises:
        UnsafeError: a link on the way is not to be trusted.
        OSError: it cannot be written.
    """
    with at(path, follow=False) as place:
        handle, new = _new(place, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            with named(place.path):
                return _moved(new, place)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(new.name, dir_fd=new.folder)


def _moved(new: Place, place: Place) -> bool:
    """Give a file its name, if that is free. Where the disk knows no second names (FAT, some
    shares), it is looked at first: Windows' own rename writes over nothing."""
    try:
        if os.name == "posix":
            os.link(new.name, place.name, src_dir_fd=new.folder, dst_dir_fd=place.folder)
            return True
    except FileExistsError:
        return False
    except OSError:
        if place.status() is not None:
            return False
    try:
        os.rename(new.name, place.name, src_dir_fd=new.folder, dst_dir_fd=place.folder)
    except FileExistsError:
        return False
    return True


def start_anew(path: Path, mode: int = 0o600) -> int:
    """A new, empty file for writing in the place of whatever was there.

    Raises:
        OSError: it cannot be made.
    """
    with at(path, follow=False) as place, named(place.path):
        if os.name != "posix":
            return os.open(place.name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        for _ in range(_TRIES):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(place.name, dir_fd=place.folder)
            with contextlib.suppress(FileExistsError):
                return place.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        raise UnsafeError(path, "is made again and again by another program", "End that one.")


def append(path: Path, mode: int = 0o600) -> int:
    """A file of mine to write at its end, made where it is missing.

    Raises:
        UnsafeError: it is another's, no plain file, or has a second name.
        OSError: it cannot be opened.
    """
    return _mine(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, mode)


def update(path: Path, mode: int = 0o666, empty: bool = False) -> int:
    """A file of mine to read and write, made where it is missing; emptied if asked. Raises as
    ``append``."""
    handle = _mine(path, os.O_RDWR | os.O_CREAT, mode)
    if empty:
        os.ftruncate(handle, 0)
    return handle


def create(path: Path, mode: int = 0o666) -> int:
    """A new file to read and write where nothing is; the mode less the umask.

    Raises:
        UnsafeError: a link on the way is not to be trusted.
        OSError: something is there, or it cannot be made.
    """
    with at(path, follow=False) as place:
        return place.open(os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)


def status(path: Path) -> os.stat_result:
    """What lies there, by the trusted way; where a trusted link leads, not the link.

    Raises:
        UnsafeError: a link on the way is not to be trusted.
        OSError: nothing is there, or it cannot be looked at.
    """
    with at(path) as place, named(place.path):
        return os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)


def resolved(path: Path) -> str:
    """A path that the user named: as it is where every link on its way is to be trusted, else its
    real path, since whoever names a link means where it leads."""
    try:
        with at(path):
            return os.fspath(path)
    except UnsafeError:
        return os.path.realpath(path)
    except OSError:
        return os.fspath(path)


def remove(path: Path) -> None:
    """Remove a file, or a link; nothing where nothing is.

    Raises:
        UnsafeError: a link on the way is not to be trusted.
        OSError: it cannot be removed.
    """
    with (
        contextlib.suppress(FileNotFoundError),
        at(path, follow=False) as place,
        named(place.path),
    ):
        os.unlink(place.name, dir_fd=place.folder)


def rename(old: Path, new: Path) -> None:
    """Rename, within one file system. Whoever calls has looked that ``new`` is free.

    Raises:
        UnsafeError: a link on the way is not to be trusted.
        OSError: it cannot be done.
    """
    with at(old, follow=False) as source, at(new, follow=False) as target, named(source.path):
        os.rename(source.name, target.name, src_dir_fd=source.folder, dst_dir_fd=target.folder)


def _new(place: Place, mode: int) -> tuple[int, Place]:
    for _ in range(_TRIES):
        new = place.beside(f"{STRAY}{secrets.token_hex(8)}")
        with contextlib.suppress(FileExistsError), named(place.path):
            return new.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), new
    raise FileExistsError(17, "no name is free", place.path)


def _mine(path: Path, flags: int, mode: int) -> int:
    path = os.fspath(path)
    with at(path) as place:
        found = place.status()
        if found is not None:
            _regular(path, found)
        handle = place.open(flags, mode)
        try:
            now = os.fstat(handle)
            _regular(path, now)
            if os.name == "posix":
                insist(path, now, handle)
                one_name(path, now)
        except BaseException:
            os.close(handle)
            raise
        return handle


def one_name(path: str, status: os.stat_result) -> None:
    """Refuse a file that has a second name: what is written here would be written there.

    Raises:
        UnsafeError: it has.
    """
    if status.st_nlink > 1:
        one, copy = shlex.quote(path), shlex.quote(f"{path}.copy")
        raise UnsafeError(
            path, "has a second name elsewhere (a hard link)",
            f"Put a copy in its place: cp -p {one} {copy} && mv {copy} {one}",
        )  # fmt: skip


def _checked(path: str, handle: int, trust: Trust) -> int:
    try:
        now = os.fstat(handle)
        _regular(path, now)
        if trust == "mine":
            insist(path, now, handle)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _regular(path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise UnsafeError(path, "is a folder, not a file", "Name a file in it.")
    if stat.S_ISLNK(status.st_mode):
        raise UnsafeError(path, "is a link", "Put the file itself there.")
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeError(
            path, "is a pipe, a socket or a device, not a file", "Put a file in its place."
        )


def _folder_is_mine(place: Place) -> None:
    """Refuse a folder that others may write. In one such as /tmp, where each may remove only what
    is his, a file of mine is as good as elsewhere."""
    assert place.folder is not None
    around = os.fstat(place.folder)
    if not around.st_mode & stat.S_ISVTX:
        insist(os.path.dirname(place.path) or "/", around, place.folder)


def _sync(folder: int) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(".", os.O_RDONLY, dir_fd=folder)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
