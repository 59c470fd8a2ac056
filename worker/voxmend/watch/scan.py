"""One walk through a watched folder: the candidates with their stamps, and what is in the way.

The truth of the watch folder is this walk; the system's notices only say when to take it. Linked
folders are not entered, so no loop can hold us; linked files count as files. What cannot be read
is told in a sentence and the rest goes on; only the watched folder itself missing is an error. A
link of another user, or in a folder that others may write, is not followed: it could lead to a
file that nobody but us may read.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field

from .. import safe_files
from ..disk import shown
from . import names
from .settle import Stamp


@dataclass(slots=True)
class Sight:
    """What one walk saw. Names are relative, with ``/`` between their parts.

    Attributes:
        files: candidates, sounds and what a musician takes for them.
        remarks: name to sentence, for what was passed over.
        bare: whether the folder holds nothing at all but our own lock.
    """

    files: dict[str, Stamp] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    bare: bool = True


def scan(root: str) -> Sight:
    """Walk through the folder.

    Raises:
        OSError: the folder itself is not there or may not be read.
    """
    sight = Sight()
    todo = [""]
    while todo:
        folder = todo.pop()
        try:
            with os.scandir(os.path.join(root, folder) if folder else root) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise
            if not isinstance(error, FileNotFoundError):
                sight.remarks[folder] = (
                    f"{shown(folder)} cannot be read ({error.strerror}): what lies in it waits. "
                    "Give your account the right to read it."
                )
            continue
        for entry in found:
            if entry.name != names.LOCK:
                sight.bare = False
            _enter(entry, f"{folder}/{entry.name}" if folder else entry.name, sight, todo)
    return sight


def stamp_of(found: os.stat_result) -> Stamp:
    """The stamp in what the file system says."""
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _enter(entry: os.DirEntry[str], name: str, sight: Sight, todo: list[str]) -> None:
    if names.hidden(entry.name) or ("/" not in name and name.casefold() in names.OURS):
        return
    try:
        if entry.is_dir(follow_symlinks=False) and not _junction(entry):
            todo.append(name)
            return
        if entry.is_dir():
            sight.remarks[name] = (
                f"{shown(name)} is a link to a folder and is not followed. Watch the folder "
                f"itself: voxmend watch add {shown(os.path.realpath(entry.path))}"
            )
            return
        if names.kind(entry.name) == "other":
            return
        # Not the entry's own: on Windows that comes from the folder's list, which lags behind.
        linked = entry.is_symlink()
        found = safe_files.status(entry.path) if linked else os.stat(entry.path)
    except safe_files.UnsafeError:
        sight.remarks[name] = (
            f"{shown(name)} is a link that another user made, or others can write this folder: it "
            "is not followed. Put the file itself here."
        )
        return
    except OSError as error:
        if entry.is_symlink():
            sight.remarks[name] = (
                f"{shown(name)} is a link that leads nowhere ({error.strerror}). Put the file "
                "itself here."
            )
        elif not isinstance(error, FileNotFoundError):
            sight.remarks[name] = f"{shown(name)} cannot be looked at ({error.strerror}); it waits."
        return
    if stat.S_ISREG(found.st_mode):
        sight.files[name] = stamp_of(found)


def _junction(entry: os.DirEntry[str]) -> bool:
    """A Windows junction: a folder elsewhere that does not count as a link."""
    tag = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0)
    return bool(tag == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1))
