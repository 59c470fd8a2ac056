"""Pieces of a sound file, shown as if they were a file of their own.

A tag in front of a WAV, the second of two joined MP3s, one link of a chained Ogg: libsndfile takes
each for a whole file, if that is all it sees. What always holds: offset 0 is the first byte of
the sound, every byte comes through the one ``Source`` that was checked, and a header that lies can
be shown corrected without touching the file.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

from .source import Source

Piece = tuple[int, int]
"""Where a run of bytes begins and ends, in bytes."""


class Stretch:
    """Read-only and seekable, in the shape libsndfile's virtual IO asks for.

    Attributes:
        source: the file that holds the bytes.
        size: bytes of all pieces, and of the zeros behind them.
        patches: offset to bytes that are shown in place of those in the file.
    """

    def __init__(self, source: Source, pieces: Sequence[Piece], zeros: int = 0) -> None:
        self.source = source
        self.patches: dict[int, bytes] = {}
        self._pieces = [piece for piece in pieces if piece[1] > piece[0]]
        self._starts: list[int] = []
        total = 0
        for first, last in self._pieces:
            self._starts.append(total)
            total += last - first
        self._held = total
        self.size = total + zeros
        self._at = 0

    @property
    def path(self) -> Path:
        """The file's path."""
        return self.source.path

    def part(self, start: int, end: int | None = None, zeros: int = 0) -> Stretch:
        """The bytes from ``start`` to ``end`` as a stretch of their own, without the patches."""
        stop = self._held if end is None else min(end, self._held)
        return Stretch(self.source, self.runs([(start, stop)]), zeros)

    def runs(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Where in the file pieces of this stretch stand."""
        return [
            (at, at + count)
            for first, last in pieces
            for at, count in self._runs(first, max(0, last - first))
        ]

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a byte; a place before the first is the first."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """The byte that comes next."""
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill the buffer from where we are, as far as the bytes go; returns their count.

        Never raises: it is called from C, where an exception would only be printed.
        """
        count = self._fill(memoryview(buffer).cast("B"), self._at)
        self._at += count
        return count

    def take(self, offset: int, count: int) -> bytes:
        """At most ``count`` bytes from ``offset`` on. Where a decoder is stays as it was.

        Raises:
            InputUnreadable: the disk fails.
        """
        buffer = bytearray(max(0, min(count, self.size - offset)))
        got = self._fill(memoryview(buffer), offset)
        self.source.check()
        return bytes(buffer[:got])

    def check(self) -> None:
        """Raise what the system said while libsndfile was reading, if it said anything."""
        self.source.check()

    def _runs(self, start: int, count: int) -> Iterator[Piece]:
        """Where in the file those bytes stand: offset and count, one after another."""
        index = max(0, bisect_right(self._starts, start) - 1)
        while count > 0 and index < len(self._pieces):
            first, last = self._pieces[index]
            at = first + start - self._starts[index]
            got = min(count, last - at)
            if got > 0:
                yield at, got
                start, count = start + got, count - got
            index += 1

    def _fill(self, view: memoryview, start: int) -> int:
        wanted = min(len(view), max(0, self.size - start))
        done = 0
        for at, count in self._runs(start, min(wanted, max(0, self._held - start))):
            got = self.source.fill(view[done : done + count], at)
            done += got
            if got < count:  # the file has become shorter, or its disk fails
                wanted = done
                break
        view[done:wanted] = bytes(wanted - done)
        for offset, patch in self.patches.items():
            first, last = max(offset, start), min(offset + len(patch), start + wanted)
            if first < last:
                view[first - start : last - start] = patch[first - offset : last - offset]
        return wanted
