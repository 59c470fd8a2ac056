"""Bytes from outside, read within bounds. Whatever is wrong with them is that file's fault.

Settings, presets, manifests, receipts, weights: anybody may have written them, a program that
broke off among them. ``safe_files`` reads their bytes, as far as a size that their kind never has;
here they are parsed. What a parser says against them, whichever exception that is, comes out as
``ForeignError``, or within ``foreign`` as the error its reader chose. So nothing that a file holds
ends as a defect of ours.
Always holds of what comes back: no nesting beyond ``DEPTH``, whole numbers of 64 bits, no half
characters.
"""

from __future__ import annotations

import json as _json
import math
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from voxmend_protocol.errors import VoxmendError

from .terminal import harmless

DEPTH = 64
"""Tables and lists inside each other."""

_DOTS = 1000
"""In a line of TOML: of a name with many dots its parser takes the square of them."""

_LEAST, _MOST = -(2**63), 2**63 - 1


class ForeignError(ValueError):
    """Bytes are not what they should be: why, as the end of a sentence."""


@contextmanager
def foreign(refused: Callable[[str], VoxmendError]) -> Iterator[None]:
    """Within it, bytes from outside are taken apart: whatever is raised is their fault.

    Args:
        refused: makes the error of a reason, which is the end of a sentence.
    """
    try:
        yield
    except (VoxmendError, ImportError):  # ours, or this installation's
        raise
    except Exception as error:  # noqa: BLE001  what a parser may raise is no list that ends
        raise refused(why(error)) from None


def why(error: BaseException) -> str:
    """What an exception says against a file, as the end of a sentence: one short line."""
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    try:
        said = str(error).strip().partition("\n")[0][:200].rstrip(". ")
    except Exception:  # noqa: BLE001  a number of it may be too long to be written
        said = ""
    said = harmless(said, kept="")
    if not said or isinstance(error, LookupError | AssertionError | AttributeError):
        return f"{type(error).__name__}{f': {said}' if said else ''}"
    return said


def text(data: bytes) -> str:
    """UTF-8 as text, with or without a mark of the byte order in front, as some editors put it.

    Raises:
        ForeignError: it is no UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ForeignError(f"it is not UTF-8 text, at byte {error.start}") from None


def toml(data: bytes) -> dict[str, Any]:
    """A TOML document.

    Raises:
        ForeignError: it is none, or goes beyond the bounds.
    """
    written = text(data)
    if any(line.count(".") > _DOTS for line in written.split("\n")):
        raise ForeignError(f"a line of it has more than {_DOTS:,} dots")
    try:
        found = tomllib.loads(written)
    except (ValueError, RecursionError) as error:
        raise ForeignError(why(error)) from None
    _bounded(found)
    return found


def json(data: bytes, surrogates: bool = False) -> Any:
    """A JSON document. What is no finite number is null: nothing is known of it.

    Args:
        surrogates: take half characters too, which stand for bytes of a name that is not Unicode.

    Raises:
        ForeignError: it is none, says one thing twice, or goes beyond the bounds.
    """
    try:
        found = _json.loads(
            text(data), parse_constant=_unknown, parse_float=_number, object_pairs_hook=_once
        )
    except (ValueError, RecursionError) as error:
        raise ForeignError(why(error)) from None
    _bounded(found, surrogates)
    return found


def table(data: bytes, surrogates: bool = False) -> dict[str, Any]:
    """A JSON object; else as ``json``."""
    found = json(data, surrogates)
    if not isinstance(found, dict):
        raise ForeignError("it is no JSON object")
    return found


def _unknown(_: str) -> None:
    return None


def _number(written: str) -> float | None:
    value = float(written)
    return value if math.isfinite(value) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ForeignError("it says one thing twice")
    return found


def _bounded(found: Any, surrogates: bool = False) -> None:
    """Refuse what has a form and no measure; a stack of our own, for the depth is what is asked."""
    left = [(found, 0)]
    while left:
        value, depth = left.pop()
        if isinstance(value, dict | list):
            if depth >= DEPTH:
                raise ForeignError(f"it is nested more than {DEPTH} deep")
            inside = value.values() if isinstance(value, dict) else value
            left.extend((item, depth + 1) for item in inside)
            if isinstance(value, dict) and not surrogates:
                for key in value:
                    _whole(key)
        elif isinstance(value, str):
            if not surrogates:
                _whole(value)
        elif isinstance(value, int) and not _LEAST <= value <= _MOST:
            raise ForeignError("a number of it has more than 64 bits")


def _whole(word: str) -> None:
    try:
        word.encode("utf-8")
    except UnicodeEncodeError:
        raise ForeignError("a text of it has half a character") from None
