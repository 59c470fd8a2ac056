"""An MPEG audio file counted: which of its bytes are frames, and which frames belong together.

libsndfile reads no further than its own guess at the length: from the first frame's bitrate, or
by the word of a first frame that may have been written for another file. So every header is
walked here, and nothing is decoded. Joined files become parts, each with its own encoder's delay;
tags between frames are stepped over; what else is no frame is stepped over and said. The walk
takes a second for an hour of sound, and keeps a few bytes for each minute of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import mpeg, tags
from .mpeg import HEAD, Frame
from .mpeg_part import Part
from .stretch import Stretch

_CHUNK = 1 << 20
_LOOK = 1 << 16
"""Bytes of no use that may stand in front of the first frame."""
_LOOK_FAR = 1 << 24
"""So many, where a tag with a wrong size says that sound follows: a picture is large. Or zeros."""
_PROOF = 4
"""Frames in a row that prove the first of them, where something else stood in front."""
_LONGEST = 8192
_TROUBLE = 100_000
"""Tags, gaps, parts and false beginnings that are put up with in one file."""

_BEGINS = re.compile(rb"\xff[\xe2-\xe7\xf2-\xff][\x00-\xef]")


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file holds.

    Attributes:
        parts: in the file's order; the first has sound in it.
        gaps: runs of bytes that are neither frames nor tags, with frames behind them.
        gap_s: seconds from the start to the first of them.
        rest: bytes at the end that were given up on: there was too much trouble before.
    """

    parts: tuple[Part, ...]
    gaps: int
    gap_s: float
    rest: int

    @property
    def counted(self) -> bool:
        """Whether every part's encoder has said how much there is."""
        return all(part.told is not None and part.told.frames is not None for part in self.parts)


def scan(file: Stretch) -> Scan | None:
    """Count a file; None where it holds no MPEG audio.

    Raises:
        InputUnreadable: the disk fails.
    """
    return _Walk(file).walk()


class _Walk:
    """One walk through a file, with a window of its bytes."""

    def __init__(self, file: Stretch) -> None:
        self._file = file
        self._size = file.size
        self._window, self._from = b"", 0
        self._free: dict[int, int] = {}
        self._parts: list[Part] = []
        self._gaps, self._gap_s = 0, 0.0
        self._trouble = 0

    def walk(self) -> Scan | None:
        at = self._begin()
        while at < self._size and self._trouble < _TROUBLE:
            at = self._frames(at)
            if at < self._size:
                at = self._between(at)
        parts = [part for part in self._parts if part.promised]
        while parts and not parts[0].frames:
            del parts[0]
        if not parts:
            return None
        return Scan(tuple(parts), self._gaps, self._gap_s, self._size - at)

    def _begin(self) -> int:
        """Where the first frame begins; the file's size where none does."""
        seen, size = self._frame(0)
        if seen is not None and self._proven(seen, size, 2):
            return 0
        far = self._file.source.take(0, 3) in (b"ID3", bytes(3))
        end = min(self._size, _LOOK_FAR if far else _LOOK)
        found = self._search(0, end)
        return found if found < end else self._size

    def _frames(self, at: int) -> int:
        """Take frames as long as one follows the other; where none does."""
        part = self._parts[-1] if self._parts else None
        key = part.first.key if part is not None else -1
        while at < self._size:
            seen, size = self._frame(at)
            if seen is None:
                return at
            if at + size > self._size:
                if part is None or seen.key != key:
                    return at
                part.torn = True
                return self._size
            if seen.key != key and part is not None and not self._proven(seen, at + size, 2):
                return at
            inside = at - self._from
            told = mpeg.count(seen, self._window, inside) if seen.layer == 3 else None
            if part is None or told is not None or seen.key != key:
                part = Part(seen, told, size if told else 0)
                key = seen.key
                self._parts.append(part)
                self._trouble += 1
            if told is None:
                part.add(at, size)
            at += size
            if self._trouble >= _TROUBLE:
                return at
        return at

    def _between(self, at: int) -> int:
        """Step over what is no frame; where the next one begins."""
        self._trouble += 1
        tag = tags.between(self._file, at)
        if tag and at + tag <= self._size:
            return at + tag
        part = self._parts[-1] if self._parts else None
        whole = part is None or not part.count or part.tail[1] != at
        start = at + 1 if part is None or whole else part.tail[0] + 1
        found = self._search(start, self._size)
        if found >= self._size:
            return found if self._trouble < _TROUBLE else at
        if part is not None and found < at:
            part.take_back()
        elif tags.behind(self._file, at, found) == at:
            return found  # a tag that only its end makes known
        if part is not None:
            part.gap = part.count
        if not self._gaps:
            self._gap_s = sum(one.frames / one.first.rate for one in self._parts)
        self._gaps += 1
        return found

    def _search(self, start: int, end: int) -> int:
        """The first proven frame from ``start`` on; ``end`` where there is none."""
        at = start
        while at < end and self._trouble < _TROUBLE:
            self._need(at, _LONGEST)
            found = _BEGINS.search(self._window, at - self._from)
            if found is None:
                at = max(at + 1, self._from + len(self._window) - HEAD)
                if self._from + len(self._window) >= self._size:
                    return end
                continue
            at = self._from + found.start()
            seen, size = self._frame(at)
            if seen is not None and at < end and self._proven(seen, at + size, _PROOF):
                return at
            self._trouble += 1
            at += 1
        return end

    def _proven(self, seen: Frame, at: int, needed: int) -> bool:
        """Whether ``needed`` frames in all stand in a row, or fewer up to the end of the file. A
        tag behind a frame ends a file as well."""
        for _ in range(needed - 1):
            if at == self._size:
                return True
            more, size = self._frame(at)
            if more is None or more.key != seen.key:
                return tags.between(self._file, at) > 0
            at += size
        return True

    def _frame(self, at: int) -> tuple[Frame | None, int]:
        """The frame that begins at a byte, and its size."""
        self._need(at, HEAD + 256)
        inside = at - self._from
        seen = mpeg.frame(self._window[inside : inside + HEAD])
        if seen is None or seen.size:
            return seen, seen.size if seen else 0
        size = self._free_size(seen, at)
        return (seen, size) if size else (None, 0)

    def _free_size(self, seen: Frame, at: int) -> int:
        """Bytes of a frame in free format: the distance to the next header of its kind, which is
        the same all along, but for the padding."""
        if seen.key not in self._free:
            self._need(at, 2 * _LONGEST)
            window = self._window[at - self._from :][: 2 * _LONGEST]
            for found in _BEGINS.finditer(window, HEAD + seen.side, _LONGEST):
                step = found.start()
                after = mpeg.frame(window[step : step + HEAD])
                if after is None or after.key != seen.key:
                    continue
                bare = step - seen.padding
                third = mpeg.frame(window[step + bare + after.padding :][:HEAD])
                if third is not None and third.key == seen.key:
                    self._free[seen.key] = bare
                    break
            else:
                self._trouble += 1
                return 0
        return self._free[seen.key] + seen.padding

    def _need(self, at: int, count: int) -> None:
        """Have so many bytes from ``at`` on in the window, as far as the file goes."""
        last = min(at + count, self._size)
        if at < self._from or last > self._from + len(self._window):
            self._from = at
            self._window = self._file.take(at, max(_CHUNK, count))
