"""stdout and stderr as streams through which no name can steer the terminal.

File names, paths and sentences of other programs hold what anybody wrote: marks that move the
cursor, ring, set the window's title or turn the text around. Whatever is printed goes through here
and comes out with such marks as escapes; so a call that forgets ``disk.shown`` leaks nothing. Only
what draws bars writes past it, by ``raw``. Who keeps a line on the terminal that goes away hangs it
into ``BEFORE``: each of these is called before anything is written.
"""

from __future__ import annotations

import io
import sys
import unicodedata
from collections.abc import Callable
from typing import TextIO

KEPT = "\n\t"
"""What a text of several lines or columns needs; a name needs none of it."""


BEFORE: list[Callable[[], None]] = []
"""Called before each write to either stream."""


def harmless(text: str, kept: str = KEPT) -> str:
    """The text with everything as an escape that could steer a terminal: controls, marks that turn
    the text around, halves of characters."""
    if text.isprintable():
        return text
    return "".join(
        c
        if c in kept or c.isprintable() or unicodedata.category(c) == "Zs"
        else c.encode("unicode_escape").decode("ascii")
        for c in text
    )


class _Guarded(io.TextIOWrapper):
    """A stream that writes nothing but harmless text."""

    def write(self, text: str, /) -> int:
        announce()
        super().write(harmless(text))
        return len(text)


class _Raw:
    """The same stream for who draws: as it was."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text as it is."""
        announce()
        if isinstance(self._stream, _Guarded):
            return io.TextIOWrapper.write(self._stream, text)
        return self._stream.write(text)

    def flush(self) -> None:
        """Send what is written on its way."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Whether a person looks."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The system's number of the stream."""
        return self._stream.fileno()

    @property
    def encoding(self) -> str:
        """What its text is encoded in."""
        return self._stream.encoding


def announce() -> None:
    """Say that something is about to be written."""
    for each in BEFORE:
        each()


def guard() -> None:
    """Put both streams behind the wall; done once, when a command begins."""
    sys.stdout, sys.stderr = _guarded(sys.stdout), _guarded(sys.stderr)
    if isinstance(sys.stdout, _Guarded):
        sys.__stdout__ = sys.stdout  # type: ignore[misc]  # the old one has given its bytes away
    if isinstance(sys.stderr, _Guarded):
        sys.__stderr__ = sys.stderr  # type: ignore[misc]


def raw(stream: TextIO) -> TextIO:
    """The stream for what draws with a terminal's own marks; names go through ``disk.shown``."""
    return _Raw(stream)  # type: ignore[return-value]  # what rich and a meter use of one


def _guarded(stream: TextIO) -> TextIO:
    if type(stream) is not io.TextIOWrapper:
        return stream
    encoding, errors, by_line = stream.encoding, stream.errors, stream.line_buffering
    through = stream.write_through
    return _Guarded(stream.detach(), encoding, errors or "strict", None, by_line, through)
