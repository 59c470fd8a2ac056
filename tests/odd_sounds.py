"""Sound files as other programs leave them: tagged, joined, cut, without the encoder's count."""

from __future__ import annotations

import io
import random
import struct
from typing import Any

import numpy as np
import soundfile
from sounds import Samples, tone

from voxmend.audio import mpeg

ID3V1 = (
    b"TAG" + b"Title".ljust(30, b"\0") + b"Artist".ljust(30) + b"Album".ljust(30, b"\0")
    + b"2001" + bytes(30) + b"\x0c"
)  # fmt: skip
EXTENDED = b"TAG+" + bytes(223)
_WORDS = b"LYRICSBEGININD0000200" + b"LYR00010aaaaaaaaaa"
LYRICS2 = _WORDS + b"%06d" % len(_WORDS) + b"LYRICS200"
LYRICS1 = b"LYRICSBEGIN" + b"la la " * 100 + b"LYRICSEND"


def id3(size: int, footer: bool = False) -> bytes:
    """An ID3v2 tag with so many bytes in it, of every value."""
    sync = bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
    head = b"ID3\x04\0" + (b"\x10" if footer else b"\0") + sync
    end = b"3DI\x04\0\x10" + sync if footer else b""
    return head + random.Random(1).randbytes(size) + end


def ape(size: int, header: bool = True, version: int = 2000) -> bytes:
    """An APE tag."""

    def mark(is_header: bool) -> bytes:
        flags = (header and 1 << 31) | (is_header and 1 << 29)
        return b"APETAGEX" + struct.pack("<IIII", version, size + 32, 1, flags) + bytes(8)

    return (mark(True) if header else b"") + random.Random(2).randbytes(size) + mark(False)


def encoded(
    container: str,
    subtype: str | None = None,
    seconds: float = 2.0,
    rate: int = 44_100,
    channels: int = 2,
    seed: int = 0,
    **more: Any,
) -> bytes:
    """A sound in a file of libsndfile's."""
    file = io.BytesIO()
    made = tone(seconds, rate, channels, seed)
    soundfile.write(file, made.T, rate, subtype, format=container, **more)
    return file.getvalue()


def decoded(data: bytes) -> Samples:
    """What soundfile makes of a whole file, read in one go. Shape: (channels, frames)."""
    return np.asarray(soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)[0].T)


def uncounted(mp3: bytes) -> bytes:
    """An MP3 without the frame in which its encoder counts."""
    first = mpeg.frame(mp3)
    assert first is not None
    assert mpeg.count(first, mp3) is not None
    return mp3[first.size :]


def recounted(mp3: bytes, frames: int, size: int | None = None) -> bytes:
    """An MP3 whose encoder says another count, and another size (None: none)."""
    at = mp3.index(b"Info") if b"Info" in mp3[:64] else mp3.index(b"Xing")
    flags = int.from_bytes(mp3[at + 4 : at + 8], "big")
    assert flags & 3 == 3
    if size is None:  # out of the tag, and as many bytes of nothing behind it
        head = struct.pack(">II", flags & ~2, frames)
        first = mpeg.frame(mp3)
        assert first is not None
        rest = mp3[at + 16 : first.size] + bytes(4)
        return mp3[: at + 4] + head + rest + mp3[first.size :]
    return mp3[: at + 8] + struct.pack(">II", frames, size) + mp3[at + 16 :]


def frames_of(mp3: bytes) -> list[bytes]:
    """The frames of an MP3 that has nothing else in it."""
    found, at = [], 0
    while (seen := mpeg.frame(mp3[at : at + 4])) is not None:
        found.append(mp3[at : at + seen.size])
        at += seen.size
    return found


def silent_frames(header: int, count: int) -> bytes:
    """Frames of silence with this header, whose bytes are 0 otherwise: no sound in any layer."""
    head = header.to_bytes(4, "big")
    seen = mpeg.frame(head)
    assert seen is not None
    return head.ljust(seen.size, b"\0") * count
