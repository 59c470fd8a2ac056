"""What a list of arguments names: files, folders and patterns, as the files to be restored.

Reads the disk and changes nothing. What always holds: a name that exists is that file or folder,
whatever signs it has in it; a file that is named itself is always listed; what a folder or a
pattern gives is sound, listed once, and never a result of voxmend's own or behind a link.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from voxmend_protocol.errors import BadRequest, InputError, InputUnreadable

from .. import foreign, safe_files
from ..audio.probe import begins_like_sound
from ..disk import shown
from ..watch import names

MANIFEST = "job.json"
MOST_BYTES = 100_000_000
_BEGINS = 4096
_OURS = re.compile(rb'\s*\{\s*"job"\s*:\s*"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"')
"""How a job.json begins, whether its job is under way or done."""
_MAGIC = re.compile(r"[*?]|\[.+\]")


@dataclass(frozen=True, slots=True)
class Listed:
    """One file to be restored.

    Attributes:
        path: as it was named, or as the folder or pattern that gave it was.
        below: its folder below the one that was named, parts joined by ``/``; empty at the top.
        named: whether it was named itself: then it is done anew.
    """

    path: str
    below: str = ""
    named: bool = False


@dataclass(slots=True)
class Listing:
    """What the arguments name.

    Attributes:
        files: each once, but those named twice, in the order of the arguments and of their names.
        remarks: sentences about what was passed over.
    """

    files: list[Listed] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def listing(arguments: Sequence[str], recursive: bool = False) -> Listing:
    """List what the arguments name.

    Args:
        recursive: take the folders inside folders too.

    Raises:
        BadRequest: an argument is empty, a folder or pattern gives no sound, or a folder is a
            result of voxmend's own.
        InputUnreadable: a folder may not be read.
    """
    walk = _Walk(recursive)
    groups = [_group(argument, walk) for argument in arguments]
    named = {_identity(file.path) for group in groups for file in group if file.named}
    found, seen = Listing(remarks=walk.remarks()), set(named)
    for group in groups:
        for file in group:
            key = "" if file.named else _identity(file.path)
            if file.named or key not in seen:
                seen.add(key)
                found.files.append(file)
    return found


def ours(folder: str) -> bool:
    """Whether a folder is a job's: it holds a job.json of voxmend, or one that nobody can read.
    Another program's job.json does not count."""
    file = os.path.join(folder, MANIFEST)
    if not os.path.lexists(file):
        return False
    try:
        with os.fdopen(safe_files.opened(file, "shared"), "rb") as handle:
            if _OURS.match(handle.read(_BEGINS)):
                return True
        told = foreign.table(safe_files.read(file, MOST_BYTES, "shared"))
    except (OSError, foreign.ForeignError):
        return True
    return isinstance(told.get("job"), str) and isinstance(told.get("state"), str)


def is_pattern(name: str) -> bool:
    """Whether a name that does not exist stands for several."""
    return bool(_MAGIC.search(name))


def _group(argument: str, walk: _Walk) -> list[Listed]:
    """The files that one argument names."""
    if not argument:
        raise BadRequest("A file's name is empty. Write the name of a file or a folder.")
    place = os.path.expanduser(argument)
    if os.path.isdir(place):
        if ours(place):
            raise BadRequest(
                f"{shown(argument)} holds the result of a job. To restore a file in it, name the "
                "file itself."
            )
        walk.insist_readable(place)
        files = list(walk.folder(place, ""))
        if not files:
            raise BadRequest(_no_sound(argument, place, walk.recursive))
        return files
    if os.path.lexists(place) or not is_pattern(place):
        return [Listed(argument, named=True)]
    top, pattern = _fixed(place)
    files = list(walk.pattern(top, pattern, ""))
    if not files:
        raise BadRequest(
            f"No sound file matches {shown(argument)}. Check the pattern, or put a file's name in "
            "quotation marks if it has such signs in it."
        )
    return files


def _no_sound(argument: str, place: str, recursive: bool) -> str:
    """Why a folder gives nothing, and what to type."""
    said = f"There is no sound file in {shown(argument)}."
    if not recursive and any(Path(place).glob("*/")):
        return f"{said} To take those in the folders inside it, add --recursive."
    return f"{said} Name another folder, or the files themselves."


def _fixed(pattern: str) -> tuple[str, list[str]]:
    """A pattern as the folder that is there by its literal name, and the parts after it."""
    drive, rest = os.path.splitdrive(pattern)
    signs = "/" if os.sep == "/" else "/\\"
    parts = [part for part in re.split(f"[{re.escape(signs)}]", rest) if part not in ("", ".")]
    top = drive + (os.sep if rest[:1] in tuple(signs) else "")
    while parts:
        further = os.path.join(top, parts[0])
        if _MAGIC.search(parts[0]) and not os.path.lexists(further):
            break
        top = further
        parts.pop(0)
    once = [part for n, part in enumerate(parts) if part != "**" or parts[n - 1 : n] != ["**"]]
    return top, once


def _identity(path: str) -> str:
    """One spelling of where a file lies: links on the way to it are resolved, not its own."""
    folder, name = os.path.split(os.path.abspath(os.path.expanduser(path)))
    return os.path.normcase(os.path.join(os.path.realpath(folder), name))


class _Walk:
    """Goes through folders, and counts what it passes over."""

    def __init__(self, recursive: bool) -> None:
        self.recursive = recursive
        # in order, each once: a pattern may come by a folder more than once
        self._links: dict[str, None] = {}
        self._set_aside: dict[str, None] = {}
        self._strange: dict[str, None] = {}
        self._closed: dict[str, None] = {}

    def insist_readable(self, folder: str) -> None:
        """Raises InputUnreadable where a folder that was named cannot be read."""
        try:
            os.scandir(folder).close()
        except OSError as error:
            raise InputUnreadable(
                f"{shown(folder)} cannot be read ({error.strerror}). Give yourself the right to "
                "read it, or name another folder."
            ) from None

    def folder(self, place: str, below: str) -> Iterator[Listed]:
        """The sounds in a folder, then those in the folders inside it."""
        files, folders = self._inside(place)
        for name in files:
            if self._is_sound(os.path.join(place, name), name):
                yield Listed(os.path.join(place, name), below)
        if self.recursive:
            for name in folders:
                yield from self.folder(os.path.join(place, name), _joined(below, name))

    def pattern(self, place: str, parts: Sequence[str], below: str) -> Iterator[Listed]:
        """What matches in and below a folder. A folder that matches stands for what is in it."""
        first, *rest = parts
        if first == "**":
            yield from self.pattern(place, rest or ["*"], below)
            for name in self._inside(place)[1]:
                deeper = os.path.join(place, name)
                yield from self.pattern(deeper, parts, _joined(below, name))
            return
        files, folders = self._inside(place)
        if not rest:
            for name in files:
                path = os.path.join(place, name)
                if _matches(name, first) and self._is_sound(path, name, first):
                    yield Listed(path, below)
        for name in folders:
            if _matches(name, first):
                deeper, lower = os.path.join(place, name), _joined(below, name)
                yield from self.pattern(deeper, rest, lower) if rest else self.folder(deeper, lower)

    def remarks(self) -> list[str]:
        """What was passed over, in sentences."""
        said = []
        if self._set_aside:
            said.append(f"Passed over: {', '.join(map(shown, self._set_aside))}.")
        if self._links:
            links = "1 link" if len(self._links) == 1 else f"{len(self._links)} links"
            said.append(
                f"Passed over: {links}. To have a link's file restored, name the link itself."
            )
        if self._strange:
            said.append(
                f"Passed over: {_listed(self._strange)}. They hold sound, but their names do not "
                "end like a sound's. Name them themselves to have them restored."
            )
        if self._closed:
            said.append(f"Cannot be read: {_listed(self._closed)}.")
        return said

    def _inside(self, place: str) -> tuple[list[str], list[str]]:
        """The names of the regular files in a folder, and of the folders that may be entered."""
        files: list[str] = []
        folders: list[str] = []
        try:
            with os.scandir(place or ".") as entries:
                found = list(entries)
        except OSError:
            self._closed[place] = None
            return [], []
        for entry in sorted(found, key=lambda entry: _natural(entry.name)):
            if names.hidden(entry.name):
                continue
            try:
                if entry.is_symlink() or _junction(entry):
                    if names.kind(entry.name) == "sound" or entry.is_dir():
                        self._links[entry.path] = None
                elif entry.is_dir(follow_symlinks=False):
                    if self._may_enter(entry):
                        folders.append(entry.name)
                elif entry.is_file(follow_symlinks=False):
                    files.append(entry.name)
            except OSError:
                self._closed[entry.path] = None
        return files, folders

    def _may_enter(self, entry: os.DirEntry[str]) -> bool:
        if entry.name.casefold() in names.OURS:
            self._set_aside[entry.path] = None
            return False
        return not ours(entry.path)

    def _is_sound(self, path: str, name: str, pattern: str = "") -> bool:
        """Whether a file is taken: by its ending, or where it has none, by what it holds. A pattern
        that ends in the file's own ending means just that."""
        kind = names.kind(name)
        ending = os.path.splitext(name)[1].casefold()
        if kind == "sound" or (ending and pattern.casefold().endswith(ending)):
            return True
        if kind == "other":
            return False
        try:
            holds = begins_like_sound(Path(path)) and os.path.getsize(path) > 0
        except (InputError, OSError):
            return False
        if holds and kind == "strange":
            self._strange[path] = None
        return holds and kind == "unnamed"


def _junction(entry: os.DirEntry[str]) -> bool:
    """A Windows junction: a folder elsewhere that does not count as a link."""
    tag = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0)
    return bool(tag and tag == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1))


def _matches(name: str, part: str) -> bool:
    return fnmatch.fnmatchcase(os.path.normcase(name), os.path.normcase(part))


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A key that puts “track 2” before “track 10”."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return [(0, int(p), p) if p.isdecimal() and len(p) < 19 else (1, 0, p) for p in parts] + [
        (2, 0, name)
    ]


def _joined(below: str, name: str) -> str:
    return f"{below}/{name}" if below else name


def _listed(paths: Collection[str], most: int = 5) -> str:
    said = ", ".join(shown(path) for path in list(paths)[:most])
    return said if len(paths) <= most else f"{said} and {len(paths) - most} more"
