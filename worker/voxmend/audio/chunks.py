"""Walking the chunks of RIFF, Wave64, IFF and CAF files, and telling a size from a placeholder.

Only ``headers`` calls this. No size field is trusted with an allocation or a loop: a chunk's head
is all that is read, its size is only added up, and the chunks are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .source import damaged
from .stretch import Stretch

MAX_CHUNKS = 4096
"""More than any recorder writes; a file of nothing but tiny chunks would hold us for hours."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How one family writes the head of a chunk: an identifier, then a size.

    Attributes:
        id_bytes, size_bytes: their lengths.
        order: byte order of the size.
        counts_itself: whether the size includes the head.
        align: chunks begin at multiples of this many bytes.
    """

    id_bytes: int
    size_bytes: int
    order: Literal["little", "big"]
    counts_itself: bool
    align: int


RIFF = Layout(4, 4, "little", False, 2)
RIFX = Layout(4, 4, "big", False, 2)
WAVE64 = Layout(16, 8, "little", True, 8)
IFF = Layout(4, 4, "big", False, 2)
CAF = Layout(4, 8, "big", False, 1)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its identifier, where its size and its body stand, the body's bytes by the size
    field (negative where a Wave64 size does not even cover its own head)."""

    id: bytes
    size_at: int
    body: int
    size: int


def walk(source: Stretch, start: int, layout: Layout) -> Iterator[Chunk]:
    """The chunks from ``start`` on, as far as the file goes.

    Raises:
        InputUnreadable: there are more than ``MAX_CHUNKS``.
    """
    at = start
    head_bytes = layout.id_bytes + layout.size_bytes
    for _ in range(MAX_CHUNKS):
        head = source.take(at, head_bytes)
        if len(head) < head_bytes:
            return
        size = int.from_bytes(head[layout.id_bytes :], layout.order)
        size -= head_bytes if layout.counts_itself else 0
        yield Chunk(head[: layout.id_bytes], at + layout.id_bytes, at + head_bytes, size)
        if size < 0:
            return
        at += head_bytes + size + -size % layout.align
    raise damaged(source.path)


def is_placeholder(size: int, there: int, bits: int) -> bool:
    """Whether a size means "not known yet": it is longer than what is there, and all ones or as
    good as. Programs that cannot seek back write the largest size they dare: 2^31 or 2^32, less
    a page and a header (ffmpeg, sox, arecord)."""
    if size <= there:
        return False
    if bits == 64:
        return size >= 1 << 62
    return size >= 0xFFFFE000 or 0x7FFFE000 <= size <= 0x80000000


def is_closed(total: int, size: int) -> bool:
    """Whether the outermost size covers a file of ``size`` bytes: then a 0 inside is meant. The
    pad byte behind an odd chunk may or may not be counted."""
    return total + 8 in (size, size - 1)
