"""What one MPEG audio frame says of itself, and what the first one may say of all.

Only ``mpeg_scan`` calls this. Four bytes tell how long a frame is and how much sound it holds, so
a file can be counted without decoding it. An encoder may put its own count into a first frame
without sound (Xing, Info, VBRI), with the samples that it added in front and behind.

Formats: ISO 11172-3 and 13818-3 (MPEG-1 and 2, layers I to III), MPEG-2.5 as Fraunhofer wrote it,
the Xing tag with LAME's extension, Fraunhofer's VBRI.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

HEAD = 4
DECODER_DELAY = 529
"""Samples by which any layer III decoder is late; an encoder's own delay comes on top."""

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS = {  # by MPEG-1 or not, and by layer
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MONO = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, by its header.

    Attributes:
        key: equal for frames that one decoder can play after each other: version, layer, rate,
            mono or not, free format or not.
        layer: 1 to 3.
        rate, channels: of its sound.
        samples: frames of sound in it.
        size: its bytes, header included; 0 in free format, where the distance to the next header
            tells.
        padding: bytes that are in ``size`` only now and then.
        side: bytes of side information behind the header (layer III).
    """

    key: int
    layer: int
    rate: int
    channels: int
    samples: int
    size: int
    padding: int
    side: int


@dataclass(frozen=True, slots=True)
class Count:
    """What an encoder's own frame says of all.

    Attributes:
        frames: of sound, its own not among them; None where it does not say.
        size: bytes of all; None where it does not say.
        delay: samples in front that no sound was put in; None where it does not say.
        padding: the same behind.
    """

    frames: int | None
    size: int | None
    delay: int | None = None
    padding: int = 0


def frame(head: bytes) -> Frame | None:
    """The frame that begins with these four bytes; None where they are no header."""
    if len(head) < HEAD or head[0] != 0xFF or head[1] < 0xE0:
        return None
    return _frame(int.from_bytes(head[:HEAD], "big"))


@lru_cache(maxsize=4096)
def _frame(head: int) -> Frame | None:
    version, layer = head >> 19 & 3, 4 - (head >> 17 & 3)
    bits, rate_at = head >> 12 & 15, head >> 10 & 3
    if version == 1 or layer == 4 or bits == 15 or rate_at == 3:
        return None
    mono = head >> 6 & 3 == _MONO
    first = version == 3
    rate = _RATES[version][rate_at]
    samples = 384 if layer == 1 else 1152 if layer == 2 or first else 576
    slot = 4 if layer == 1 else 1
    padding = (head >> 9 & 1) * slot
    size = 0
    if bits:
        kbits = _KBITS[first, layer][bits - 1]
        size = samples // 8 // slot * kbits * 1000 // rate * slot + padding
    key = version << 5 | layer << 3 | rate_at << 1 | mono | (not bits) << 8
    side = ((17 if mono else 32) if first else (9 if mono else 17)) if layer == 3 else 0
    return Frame(key, layer, rate, 1 if mono else 2, samples, size, padding, side)


def count(seen: Frame, data: bytes, at: int = 0) -> Count | None:
    """What an encoder says in the layer III frame that begins at ``at``, header included; None
    where it is sound like any other."""
    for mark in (at + HEAD + seen.side, at + HEAD + seen.side + 2):  # with a checksum, by some
        if data[mark : mark + 4] in (b"Xing", b"Info"):
            return _xing(data[mark : mark + 160])
    if data[at + 36 : at + 40] == b"VBRI" and len(data) >= at + 54:
        said = data[at + 46 : at + 54]
        return Count(int.from_bytes(said[4:], "big"), int.from_bytes(said[:4], "big"))
    return None


def _xing(data: bytes) -> Count:
    flags = int.from_bytes(data[4:8], "big")
    at = 8
    told: list[int | None] = []
    for bit, length in ((1, 4), (2, 4), (4, 100), (8, 4)):
        there = bool(flags & bit) and len(data) >= at + length
        told.append(int.from_bytes(data[at : at + 4], "big") if there else None)
        at += length if flags & bit else 0
    name, both = data[at : at + 4], data[at + 21 : at + 24]
    if len(both) < 3 or not name.strip(b"\0 "):
        return Count(told[0], told[1])
    spare = int.from_bytes(both, "big")
    return Count(told[0], told[1], spare >> 12, spare & 0xFFF)
