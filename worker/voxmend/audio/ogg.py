"""Whether an Ogg stream is whole (RFC 3533): its end mark, its checksums, its page numbers.

libsndfile drops a damaged page and plays on, so everything behind it would come too early, without
a word. The reader therefore asks here how far the stream is whole, and the probe whether it ends.
Ogg's CRC-32 is zlib's polynomial with the bits of each byte the other way round and other end
values, so reversed bytes through zlib check a stream at hundreds of megabytes a second.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from .source import Source

_HEAD = 27
_PAGE_MAX = _HEAD + 255 + 255 * 255
_NO_GRANULE = (1 << 64) - 1  # no packet ends on this page
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class _Page:
    data: bytes

    @property
    def ends_stream(self) -> bool:
        return bool(self.data[5] & 4)

    @property
    def granule(self) -> int:
        return int.from_bytes(self.data[6:14], "little")

    @property
    def serial(self) -> bytes:
        return self.data[14:18]

    @property
    def number(self) -> int:
        return int.from_bytes(self.data[18:22], "little")

    @property
    def sound(self) -> bool:
        """Whether its checksum, which was computed with its own four bytes at 0, is right."""
        blank = (self.data[:22] + b"\0\0\0\0" + self.data[26:]).translate(_REVERSED)
        crc = zlib.crc32(blank, 0xFFFFFFFF) ^ 0xFFFFFFFF  # zlib's end values undone: Ogg has 0
        return int(f"{crc:032b}"[::-1], 2) == int.from_bytes(self.data[22:26], "little")


def has_end(source: Source) -> bool:
    """Whether the last whole page is marked as the last of its stream."""
    page = _last_page(source)
    return page is not None and page.ends_stream


def lost_granules(source: Source) -> int:
    """Granules (samples at the coding's own rate) from the first damaged or missing page to the
    stream's end; 0 for a stream that is whole as far as it goes. Reads the whole file."""
    last = _last_page(source)
    if last is None:
        return 0
    numbers: dict[bytes, int] = {}
    at = good = 0
    while at < source.size:
        page = _page(source.take(at, _PAGE_MAX), 0)
        if page is None:
            if source.size - at < _PAGE_MAX and source.take(at, 4) == b"OggS":
                return 0  # the file ends inside this page: nothing comes behind it
            return max(0, last.granule - good)
        expected = numbers.get(page.serial, page.number - 1) + 1
        if not page.sound or page.number != expected:
            return max(0, last.granule - good)
        numbers[page.serial] = page.number
        if page.granule != _NO_GRANULE:
            good = page.granule
        at += len(page.data)
    return 0


def _page(data: bytes, at: int) -> _Page | None:
    """The page that begins at ``at``, or None if none does or it is not all there."""
    head = data[at : at + _HEAD]
    if len(head) < _HEAD or head[:4] != b"OggS":
        return None
    lacing = data[at + _HEAD : at + _HEAD + head[26]]
    whole = data[at : at + _HEAD + head[26] + sum(lacing)]
    return _Page(whole) if len(whole) == _HEAD + head[26] + sum(lacing) else None


def _last_page(source: Source) -> _Page | None:
    """The last whole page with a time on it: it begins within one page of the file's end, or
    two where the file breaks off inside a page."""
    tail = source.take(max(0, source.size - 2 * _PAGE_MAX), 2 * _PAGE_MAX)
    at = len(tail)
    while (at := tail.rfind(b"OggS", 0, at)) >= 0:
        page = _page(tail, at)
        if page is not None and page.sound and page.granule != _NO_GRANULE:
            return page
    return None
