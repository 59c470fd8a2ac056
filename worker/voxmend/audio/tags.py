"""Tags in front of a sound, behind it and between its parts: ID3v1, ID3v2, APE, Lyrics3.

Any program may have put them on any kind of file. ``probe`` takes them off before anything else
looks, so that a header begins at byte 0 again; the MPEG scan asks what stands between frames.
What always holds: a tag is known by its own marks and by its size, never by a guess, and one that
would reach beyond the file is none.

Formats: ID3v1 with its extended tag, ID3v2.2 to 2.4 (a footer, several in a row), APEv1 and
APEv2, Lyrics3 v1 and v2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

MOST = 64
"""Tags in a row that are taken off; nobody writes more."""

_PADDING = 1 << 16
_LYRICS = 1 << 20
_ID3V1, _EXTENDED, _APE, _ID3V2 = 128, 227, 32, 10


class Bytes(Protocol):
    """What tags are read from."""

    @property
    def size(self) -> int:
        """How many there are."""

    def take(self, offset: int, count: int) -> bytes:
        """At most ``count`` of them from ``offset`` on."""


def bounds(file: Bytes) -> tuple[int, int]:
    """First byte of the sound and the one behind its last.

    Raises:
        InputUnreadable: the disk fails.
    """
    start = 0
    for _ in range(MOST):
        length = _in_front(file, start)
        if length == 0:
            break
        start += length
    if start:  # some programs leave room behind the tag for a longer one
        room = file.take(start, _PADDING)
        kept = room.lstrip(b"\0")
        start += len(room) - len(kept) if kept else 0
    return start, behind(file, start, file.size)


def behind(file: Bytes, start: int, end: int) -> int:
    """Where the tags begin that end at ``end``; ``end`` itself where there is none."""
    for _ in range(MOST):
        length = max(kind(file, start, end) for kind in _BEHIND)
        if length == 0 or end - length < start:
            break
        end -= length
    return end


def between(file: Bytes, at: int) -> int:
    """Bytes of a tag that begins at ``at``, between two parts of a sound; 0 where none does."""
    head = file.take(at, 16)
    if head[:3] == b"ID3" or head[:8] == b"APETAGEX":
        return _in_front(file, at)
    if head[:4] == b"TAG+" and file.take(at + _EXTENDED, 3) == b"TAG":
        return _EXTENDED + _ID3V1
    if head[:3] == b"TAG" and _plausible(file.take(at, _ID3V1)):
        return _ID3V1
    if head[:11] == b"LYRICSBEGIN":
        text = file.take(at, _LYRICS)
        found = [place for mark in (b"LYRICS200", b"LYRICSEND") if (place := text.find(mark)) > 0]
        return min(found) + 9 if found else 0
    return 0


def _in_front(file: Bytes, at: int) -> int:
    head = file.take(at, _APE)
    length = 0
    if head[:3] == b"ID3" and len(head) >= _ID3V2 and 0xFF not in head[3:5]:
        length = _synchsafe(head[6:10]) + _ID3V2
        length += _ID3V2 if head[5] & 0x10 else 0
        length = 0 if max(head[6:10]) > 0x7F else length
    elif head[:8] == b"APETAGEX" and len(head) == _APE and head[23] & 0x20:
        length = _APE + int.from_bytes(head[12:16], "little")
    return length if at + length <= file.size else 0


def _id3v1(file: Bytes, start: int, end: int) -> int:
    tag = file.take(end - _ID3V1, _ID3V1) if end - start >= _ID3V1 else b""
    if not _plausible(tag):
        return 0
    more = end - _ID3V1 - _EXTENDED
    return _ID3V1 + (_EXTENDED if more >= start and file.take(more, 4) == b"TAG+" else 0)


def _plausible(tag: bytes) -> bool:
    """Whether 128 bytes are an ID3v1 tag: three letters are also a sample, now and then."""
    if len(tag) < _ID3V1 or tag[:3] != b"TAG" or tag[3:4] == b"+":
        return False
    year = tag[93:97].strip(b"\0 ")
    texts = (tag[3:33], tag[33:63], tag[63:93])
    return (not year or year.isdigit()) and all(
        byte >= 32 for text in texts for byte in text.split(b"\0")[0]
    )


def _ape(file: Bytes, start: int, end: int) -> int:
    foot = file.take(end - _APE, _APE) if end - start >= _APE else b""
    if foot[:8] != b"APETAGEX" or int.from_bytes(foot[8:12], "little") not in (1000, 2000):
        return 0
    length = int.from_bytes(foot[12:16], "little")
    return 0 if length < _APE else length + (_APE if foot[23] & 0x80 else 0)


def _lyrics(file: Bytes, start: int, end: int) -> int:
    mark = file.take(max(start, end - 15), 15)
    if mark[-9:] == b"LYRICS200" and mark[:6].isdigit():
        length = int(mark[:6]) + 15
        begins = end - length >= start and file.take(end - length, 11) == b"LYRICSBEGIN"
        return length if begins else 0
    if mark[-9:] == b"LYRICSEND":
        first = max(start, end - 5120)
        found = file.take(first, end - first).rfind(b"LYRICSBEGIN")
        return end - first - found if found >= 0 else 0
    return 0


def _id3v2_footer(file: Bytes, start: int, end: int) -> int:
    foot = file.take(end - _ID3V2, _ID3V2) if end - start >= _ID3V2 else b""
    if foot[:3] != b"3DI" or max(foot[6:10]) > 0x7F:
        return 0
    length = _synchsafe(foot[6:10]) + 2 * _ID3V2
    begins = end - length >= start and file.take(end - length, 3) == b"ID3"
    return length if begins else 0


def _synchsafe(four: bytes) -> int:
    return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]


_BEHIND: tuple[Callable[[Bytes, int, int], int], ...] = (_id3v1, _ape, _lyrics, _id3v2_footer)
