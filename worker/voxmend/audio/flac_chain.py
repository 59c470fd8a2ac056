"""FLACs joined in one file, and a FLAC whose header promises less than there is.

A FLAC's header says how many frames of sound there are, and libsndfile reads no further. ``cat``
puts a second file behind the first one's last frame, where nobody looks for it. So the beginnings
are searched for by their eight fixed bytes, and the last frame's own number is compared with the
header. Format: RFC 9639.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import tags
from .stretch import Stretch

_BEGINNINGS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
_CHUNK = 1 << 20
_MOST = 4096
"""Joined FLACs that are read; what lies behind them is one more."""
_TAIL = 1 << 17
_BLOCKS = {
    1: 192,
    **{n: 576 << n - 2 for n in range(2, 6)},
    **{n: 256 << n - 8 for n in range(8, 16)},
}


@dataclass(frozen=True, slots=True)
class Info:
    """What a header says: largest block, rate, channels, frames of sound (0: it does not know)."""

    block: int
    rate: int
    channels: int
    frames: int


def parts(file: Stretch) -> list[tuple[int, int]]:
    """Where each FLAC in a file begins and ends, tags taken off. Reads the whole file.

    Raises:
        InputUnreadable: the disk fails.
    """
    starts = [0]
    at = _info_end = 42
    while at < file.size and len(starts) < _MOST:
        window = file.take(at, _CHUNK + 8)
        place = _first(window)
        if place < 0:
            at += _CHUNK
            continue
        found = info(file, at + place)
        if found is not None:
            starts.append(at + place)
        at += place + (_info_end if found is not None else 1)
    return [
        (start, _before(file, start, end))
        for start, end in zip(starts, [*starts[1:], file.size], strict=True)
    ]


def info(file: Stretch, at: int = 0) -> Info | None:
    """The header of the FLAC that begins at ``at``; None where it makes no sense."""
    head = file.take(at, 42)
    if len(head) < 42 or head[:4] != b"fLaC" or head[4] & 0x7F:
        return None
    block = int.from_bytes(head[10:12], "big")
    packed = int.from_bytes(head[18:26], "big")
    rate, channels, frames = packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1
    return Info(block, rate, channels, frames) if rate and block >= 16 else None


def open_ended(file: Stretch) -> dict[int, bytes]:
    """A patch that makes the header say "length not known", where frames stand in the file that
    it does not count; else none."""
    found = info(file)
    if found is None or found.frames == 0:
        return {}
    first = max(42, file.size - max(_TAIL, 2 * found.block * found.channels * 4))
    data = file.take(first, file.size - first)
    at = len(data)
    while (at := data.rfind(b"\xff", 0, at)) >= 0:
        last = _frame_end(data[at : at + 16], found)
        if last is not None:
            if last <= found.frames:
                return {}
            length = file.take(18, 8)
            return {18: bytes((*length[:3], length[3] & 0xF0, 0, 0, 0, 0))}
    return {}


def _first(window: bytes) -> int:
    found = [place for mark in _BEGINNINGS if (place := window.find(mark)) >= 0]
    return min(found, default=-1)


def _before(file: Stretch, start: int, end: int) -> int:
    """The end of a FLAC: what is tagged behind it, or before the next one, is no sound."""
    if end < file.size:
        window_at = max(start, end - _CHUNK)
        window = file.take(window_at, end - window_at)
        place = window.rfind(b"ID3")
        if place >= 0 and window_at + place + tags.between(file, window_at + place) == end:
            end = window_at + place
    return tags.behind(file, start, end)


def _frame_end(head: bytes, said: Info) -> int | None:
    """The frame of sound behind the FLAC frame that begins with these bytes, by its own number;
    None where they are no frame's head (its checksum, and what it shares with the header)."""
    if len(head) < 6 or head[1] & 0xFC != 0xF8:
        return None
    blocks, rates, bits = head[2] >> 4, head[2] & 15, head[3]
    if blocks == 0 or rates == 15 or bits & 1:
        return None
    coded = _number(head[4:11])
    if coded is None:
        return None
    number, length = coded
    at = 4 + length
    extra = {6: 1, 7: 2}.get(blocks, 0)
    block = _BLOCKS.get(blocks) or int.from_bytes(head[at : at + extra], "big") + 1
    at += extra + {12: 1, 13: 2, 14: 2}.get(rates, 0)
    if at >= len(head) or _crc8(head[:at]) != head[at]:
        return None
    return (number if head[1] & 1 else number * said.block) + block


def _number(data: bytes) -> tuple[int, int] | None:
    """A number as UTF-8 writes one, up to 36 bits, and its bytes."""
    first = data[0]
    if first < 0x80:
        return first, 1
    length = 8 - (first ^ 0xFF).bit_length()
    if not 2 <= length <= 7 or len(data) < length:
        return None
    value = first & (0x7F >> length)
    for byte in data[1:length]:
        if byte & 0xC0 != 0x80:
            return None
        value = value << 6 | byte & 0x3F
    return value, length


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ (0x07 if value & 0x80 else 0)) & 0xFF
    return value
