"""A list of files to be restored: a text with one path a line, as ``find`` and ``ls`` print it.

Reads the disk and changes nothing. Relative paths start at the current folder, wherever the list
lies, for that is what the program that printed them meant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from voxmend_protocol.errors import BadRequest, InputMissing, InputUnreadable

from .. import safe_files
from ..disk import shown
from ..watch import names
from .listing import Listed, Listing, is_pattern, listing

STDIN = "-"
MOST_BYTES = 2_000_000_000
"""Of a list. Ten million paths are 1 GB; more is no list."""
_LONGEST = 32_768
"""Bytes of a path, on any system."""


def given(arguments: Sequence[str], recursive: bool = False) -> Listing:
    """What the arguments of a batch name: lists, folders, patterns, and single sounds. None of them
    counts as named itself, so what is done is passed over.

    Args:
        arguments: ``-`` is a list on standard input.
        recursive: take the folders inside folders too.

    Raises:
        BadRequest: an argument is no list, or names no file.
        InputMissing, InputUnreadable: a list is not there, or cannot be read.
    """
    whole, seen = Listing(), set[str]()
    for argument in arguments:
        found = _one(argument, recursive)
        whole.remarks += found.remarks
        for file in found.files:
            key = os.path.normcase(os.path.abspath(file.path))
            if key not in seen:
                seen.add(key)
                whole.files.append(Listed(file.path, file.below))
    return whole


def _one(argument: str, recursive: bool) -> Listing:
    if argument == STDIN:
        return Listing(list(_paths(sys.stdin.buffer, "Standard input")))
    place = os.path.expanduser(argument)
    there = os.path.lexists(place)
    if os.path.isdir(place) or (not there and is_pattern(place)):
        return listing([argument], recursive)
    if names.kind(os.path.basename(place)) == "sound":
        return Listing([Listed(argument)])
    if not argument or not there:
        raise InputMissing(
            f"There is no list {shown(argument)}. Name a text file with one path a line, or a "
            "folder."
        )
    try:
        with os.fdopen(safe_files.opened(place, "named"), "rb") as file:
            return Listing(list(_paths(file, shown(argument))))
    except OSError as error:
        raise InputUnreadable(
            f"{shown(argument)} cannot be read ({error.strerror or error}). Give yourself the "
            "right to read it."
        ) from None


def _paths(file: BinaryIO, name: str) -> Iterator[Listed]:
    """The paths in a list: line by line, or between zero bytes, as ``find -print0`` writes them.

    Raises:
        BadRequest: it is no text, or has no path in it.
    """
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BadRequest(f"{name} is too long for a list. Split it.")
    count = 0
    parts = data.split(b"\0") if b"\0" in data else data.removeprefix(b"\xef\xbb\xbf").splitlines()
    for part in parts:
        if not part.strip():
            continue
        if len(part) > _LONGEST:
            raise _no_list(name)
        try:
            path = part.decode("utf-8")
        except UnicodeDecodeError:
            raise _no_list(name) from None
        if any(ord(sign) < 32 for sign in path) and b"\0" not in data:
            raise _no_list(name)
        count += 1
        yield Listed(path)
    if not count:
        raise BadRequest(f"{name} names no file. Write one path a line.")


def _no_list(name: str) -> BadRequest:
    return BadRequest(
        f"{name} is no list of files. Write one path a line, in UTF-8, or name a folder."
    )
