"""What an Ogg file holds (RFC 3533), and whether it is whole: its links, its end mark, its
checksums, its page numbers.

Streams that are written one after the other are links of a chain, and libsndfile reads the first;
streams side by side (a film, say) it does not read at all. So the links are found here, by their
pages' heads, and each is decoded as a file of its own.

libsndfile drops a damaged page and plays on, so everything behind it would come too early, without
a word. The reader therefore asks here how far the stream is whole, and the probe whether it ends.
Ogg's CRC-32 is zlib's polynomial with the bits of each byte the other way round and other end
values, so reversed bytes through zlib check a stream at hundreds of megabytes a second.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from .source import damaged
from .stretch import Stretch

_HEAD = 27
_PAGE_MAX = _HEAD + 255 + 255 * 255
_NO_GRANULE = (1 << 64) - 1  # no packet ends on this page
_MOST_PAGES = 1 << 22
"""More than a day of the smallest pages; a file of nothing but page heads would hold us up."""
_MOST_TRIES = 4096
"""False beginnings of a page that are looked into, in one file."""
NONSENSE = "bytes that make no sense"
_CODINGS = {
    b"\x01vorbis": "Vorbis", b"OpusHead": "Opus", b"\x7fFLAC": "FLAC", b"Speex": "Speex",
    b"\x80theora": "Theora video", b"CELT": "CELT", b"\x01video": "video", b"BBCD": "Dirac video",
    b"fishead": "a skeleton", b"\x80kate": "Kate text", b"CMML": "CMML text", b"PCM": "PCM",
}  # fmt: skip
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
    def lacing(self) -> bytes:
        """The lengths of its segments; one below 255 ends a packet."""
        return self.data[_HEAD : _HEAD + self.data[26]]

    @property
    def sound(self) -> bool:
        """Whether its checksum, which was computed with its own four bytes at 0, is right."""
        blank = (self.data[:22] + b"\0\0\0\0" + self.data[26:]).translate(_REVERSED)
        crc = zlib.crc32(blank, 0xFFFFFFFF) ^ 0xFFFFFFFF  # zlib's end values undone: Ogg has 0
        return int(f"{crc:032b}"[::-1], 2) == int.from_bytes(self.data[22:26], "little")


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a chain.

    Attributes:
        start, end: where it stands, in bytes.
        codings: of the streams in it, side by side: "Vorbis", "Opus", "Theora video", …
    """

    start: int
    end: int
    codings: tuple[str, ...]


def links(source: Stretch) -> list[Link]:
    """The links of a file, in their order; none where no page begins one. Reads the pages' heads.

    Raises:
        InputUnreadable: it is a maze of tiny pages, or the disk fails.
    """
    begun: list[tuple[int, list[str]]] = []
    at, last, beginning = 0, -1, False
    tries = _MOST_TRIES
    for _ in range(_MOST_PAGES):
        if at >= source.size:
            break
        length, flags = _length(source, at)
        if length == 0 or at + length > source.size:  # torn before, or here: one may begin inside
            found, tries = _next_page(source, at + 1 if length else last + 1, tries)
            if found is None:
                if tries == 0:  # what is not looked into is not passed over in silence
                    begun.append((at, [NONSENSE]))
                break
            at, last = found, found
            continue
        if flags & 2 and _is_sound(source, at, length):
            if not beginning:
                begun.append((at, []))
            begun[-1][1].append(_coding(source, at))
            beginning = True
        else:
            beginning = False
        at, last = at + length, at
    else:
        raise damaged(source.path)
    ends = [start for start, _ in begun][1:] + [source.size][: len(begun)]
    return [
        Link(start, end, tuple(codings)) for (start, codings), end in zip(begun, ends, strict=True)
    ]


def begins_whole(source: Stretch) -> bool:
    """Whether the packets with which its first stream begins are there, on pages with the right
    checksum. libsndfile refuses any other stream, and keeps some kilobytes of each for ever."""
    awaited = {"Vorbis": 3, "Opus": 2}.get(_coding(source, 0), 1)
    own, at = _serial(source), 0
    while awaited > 0:
        page = _page(source.take(at, _PAGE_MAX), 0)
        if page is None or not page.sound:
            return False
        at += len(page.data)
        if page.serial == own:
            awaited -= sum(lace < 255 for lace in page.lacing)
    return True


def has_end(source: Stretch, streams: int = 1) -> bool:
    """Whether the last whole page is marked as the last of its stream; of any, where a link has
    several side by side."""
    page = _last_page(source, any_stream=streams > 1)
    return page is not None and page.ends_stream


def lost_granules(source: Stretch) -> int:
    """Granules (samples at the coding's own rate) from the first damaged or missing page to the
    stream's end; 0 for a stream that is whole as far as it goes. Reads the whole file."""
    last = _last_page(source)
    if last is None:
        return 0
    numbers: dict[bytes, int] = {}
    own = _serial(source)
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
        if page.granule != _NO_GRANULE and own in (None, page.serial):
            good = page.granule
        at += len(page.data)
    return 0


def _serial(source: Stretch) -> bytes | None:
    """The number of the stream that a link begins with; None where it begins with none. Pages of
    another, whose beginning was cut away, belong to no link."""
    head = source.take(0, 18)
    return head[14:] if len(head) == 18 and head[:4] == b"OggS" and head[5] & 2 else None


def _length(source: Stretch, at: int) -> tuple[int, int]:
    """Bytes and flags of the page that begins at ``at``, by its head; 0 where none does."""
    head = source.take(at, _HEAD + 255)
    if len(head) < _HEAD or head[:4] != b"OggS" or len(head) < _HEAD + head[26]:
        return 0, 0
    return _HEAD + head[26] + sum(head[_HEAD : _HEAD + head[26]]), head[5]


def _is_sound(source: Stretch, at: int, length: int) -> bool:
    page = _page(source.take(at, length), 0)
    return page is not None and page.sound


def _coding(source: Stretch, at: int) -> str:
    """What the first packet of a stream says it is."""
    head = source.take(at, _HEAD + 255 + 16)
    packet = head[_HEAD + head[26] :]
    return next((name for mark, name in _CODINGS.items() if packet.startswith(mark)), "unknown")


def _next_page(source: Stretch, at: int, tries: int) -> tuple[int | None, int]:
    """Where the next page with the right checksum begins, and how many tries are left then."""
    while at < source.size:
        window = source.take(at, 1 << 20)
        place = window.find(b"OggS")
        while place >= 0 and tries > 0:
            length, _ = _length(source, at + place)
            if length and _is_sound(source, at + place, length):
                return at + place, tries
            tries -= 1
            place = window.find(b"OggS", place + 1)
        if tries <= 0:
            return None, 0
        at += max(1, len(window) - 3)
    return None, tries


def _page(data: bytes, at: int) -> _Page | None:
    """The page that begins at ``at``, or None if none does or it is not all there."""
    head = data[at : at + _HEAD]
    if len(head) < _HEAD or head[:4] != b"OggS":
        return None
    lacing = data[at + _HEAD : at + _HEAD + head[26]]
    whole = data[at : at + _HEAD + head[26] + sum(lacing)]
    return _Page(whole) if len(whole) == _HEAD + head[26] + sum(lacing) else None


def last_page_granules(source: Stretch) -> int:
    """Granules that end on the last page; all of them where there is no page before it."""
    found = _timed_pages(source, 4)
    last = next(found, None)
    before = next(found, None)
    if last is None:
        return 0
    return last.granule - (before.granule if before is not None else 0)


def _last_page(source: Stretch, any_stream: bool = False) -> _Page | None:
    """The last whole page with a time on it: it begins within one page of the file's end, or
    two where the file breaks off inside a page."""
    return next(_timed_pages(source, 2, any_stream), None)


def _timed_pages(source: Stretch, pages: int, any_stream: bool = False) -> Iterator[_Page]:
    """The whole pages with a time on them, from the last one back, as far as ``pages`` of the
    largest reach."""
    tail = source.take(max(0, source.size - pages * _PAGE_MAX), pages * _PAGE_MAX)
    own, at = _serial(source), len(tail)
    while (at := tail.rfind(b"OggS", 0, at)) >= 0:
        page = _page(tail, at)
        if page is None or not page.sound or page.granule == _NO_GRANULE:
            continue
        if any_stream or own in (None, page.serial):
            yield page
