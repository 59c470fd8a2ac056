"""What a header promises, read by ourselves: RIFF, RF64, BW64, Wave64, AIFF, AIFF-C, CAF, AU.

libsndfile hides three truths: it clips a data chunk that is longer than the file without a word,
it takes a recorder's never-filled size of 0 for "no audio", and it refuses what it cannot make
sense of (BW64, an unfilled ds64, a cut CAF) although the sound is there. So the probe asks here
first and gets a ``Header``, with the patches that let libsndfile see the truth.

Formats: EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64), EBU Tech 3285 (bext), Sony Wave64, AIFF-C
draft 1991, Apple CAF 1.0.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import Literal

from . import codings
from .chunks import CAF, IFF, RIFF, RIFX, WAVE64, Chunk, is_closed, is_placeholder, walk
from .stretch import Stretch

# WAVE tags whose block is one frame: PCM, float, A-law, mu-law. Others code many at once.
_LINEAR_TAGS = (0x0001, 0x0003, 0x0006, 0x0007)
_EXTENSIBLE = 0xFFFE
_LINEAR_AIFF = (b"NONE", b"twos", b"sowt", b"raw ", b"in24", b"in32", b"fl32", b"FL32", b"fl64")
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_W64_RIFF = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of one file says about its sound.

    Attributes:
        container: "WAV", "RF64", "BW64", "W64", "AIFF", "CAF" or "AU".
        channels, rate: as written, sensible or not; the rate may be fractional (AIFF, CAF).
        frame_bytes: bytes of one frame over all channels; None where the coding has no such thing.
        promised_bytes: sound by the header; what is there where the header does not know.
        there_bytes: sound the file can hold.
        unclosed: the recorder never filled in how much there is.
        time_reference: frames since midnight (Broadcast-WAV); None without that stamp.
        patches: offset to bytes that make the header true.
        coding: its name, where libsndfile does not decode it; else "".
        mpeg: whether it is MPEG audio.
        sound_at: where its bytes begin.
    """

    container: str
    channels: int
    rate: float
    frame_bytes: int | None
    promised_bytes: int
    there_bytes: int
    unclosed: bool
    time_reference: int | None = None
    patches: dict[int, bytes] = field(default_factory=dict)
    coding: str = ""
    mpeg: bool = False
    sound_at: int = 0


def read_header(source: Stretch) -> Header | None:
    """The header of a file, or None for a kind not known here or one cut off before its sound
    begins: then libsndfile's word is all there is.

    Raises:
        InputUnreadable: it is a maze of tiny chunks, or the disk fails.
    """
    magic = source.take(0, 16)
    if magic[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and magic[8:12] == b"WAVE":
        return _riff(source, magic[:4])
    if magic == _W64_RIFF:
        return _wave64(source)
    if magic[:4] == b"FORM" and magic[8:12] in (b"AIFF", b"AIFC"):
        return _aiff(source)
    if magic[:4] == b"caff":
        return _caf(source)
    if magic[:4] in (b".snd", b"dns."):
        return _au(source, "big" if magic[:1] == b"." else "little")
    return None


@dataclass(frozen=True, slots=True)
class _Wave:
    """A `fmt ` chunk: its tag, channels, rate, and bytes of a frame where it has such a thing."""

    tag: int
    channels: int
    rate: int
    frame_bytes: int | None


def _wave_format(source: Stretch, chunk: Chunk, order: Literal["little", "big"]) -> _Wave | None:
    """What a `fmt ` chunk says; None where it is cut off."""
    body = source.take(chunk.body, 26)
    if len(body) < 16:
        return None
    mark = "<" if order == "little" else ">"
    tag, channels, rate, _, block, bits = struct.unpack(f"{mark}HHIIHH", body[:16])
    if tag == _EXTENSIBLE and len(body) == 26:
        (tag,) = struct.unpack(f"{mark}H", body[24:26])
    if tag not in _LINEAR_TAGS:
        return _Wave(tag, channels, rate, None)
    if block == 0:  # some programs leave it out, and it follows from the rest
        block = channels * ((bits + 7) // 8)
    return _Wave(tag, channels, rate, block)


def _riff(source: Stretch, magic: bytes) -> Header | None:
    layout = RIFX if magic == b"RIFX" else RIFF
    total = int.from_bytes(source.take(4, 4), layout.order)
    sound = ds64_at = stamp = None
    for chunk in walk(source, 12, layout):
        if chunk.id == b"ds64":
            ds64_at = chunk.body
        elif chunk.id == b"fmt ":
            sound = _wave_format(source, chunk, layout.order)
        elif chunk.id == b"bext":  # description 256, originator 32, reference 32, date and time 18
            clock = source.take(chunk.body + 338, 8)
            stamp = int.from_bytes(clock, layout.order) if len(clock) == 8 else None
        elif chunk.id == b"data":
            break
    else:
        return None
    if sound is None:
        return None
    there = max(0, source.size - chunk.body)
    promised, bits = chunk.size, 32
    if magic in (b"RF64", b"BW64") and ds64_at is not None and promised == 0xFFFFFFFF:
        total, promised = struct.unpack("<QQ", source.take(ds64_at, 16).ljust(16, b"\0"))
        bits = 64
    unclosed = is_placeholder(promised, there, bits) or (
        promised == 0 and there > 0 and not is_closed(total, source.size)
    )
    patches = {0: b"RF64"} if magic == b"BW64" else {}
    if unclosed or promised > there:
        if bits == 64 and ds64_at is not None:
            patches[ds64_at] = struct.pack("<QQ", source.size - 8, there)
        else:  # a plain WAV of more than 4 GiB: its first 4 GiB are all that can be shown
            patches[chunk.size_at] = min(there, 0xFFFFFFFF).to_bytes(4, layout.order)
    return Header(
        container="WAV" if magic in (b"RIFF", b"RIFX") else magic.decode("ascii"),
        channels=sound.channels,
        rate=sound.rate,
        frame_bytes=sound.frame_bytes,
        promised_bytes=there if unclosed else promised,
        there_bytes=there,
        unclosed=unclosed,
        time_reference=stamp,
        patches=patches,
        coding=codings.wave(sound.tag),
        mpeg=sound.tag in codings.MPEG_TAGS,
        sound_at=chunk.body,
    )


def _wave64(source: Stretch) -> Header | None:
    sound = None
    for chunk in walk(source, 40, WAVE64):
        if chunk.id == b"fmt " + _W64_TAIL:
            sound = _wave_format(source, chunk, "little")
        elif chunk.id == b"data" + _W64_TAIL:
            break
    else:
        return None
    if sound is None:
        return None
    there = max(0, source.size - chunk.body)
    total = int.from_bytes(source.take(16, 8), "little")
    unclosed = (
        chunk.size < 0
        or is_placeholder(chunk.size, there, 64)
        or (chunk.size == 0 and there > 0 and not is_closed(total - 8, source.size))
    )
    patches = {}
    if unclosed or chunk.size > there:
        patches[chunk.size_at] = struct.pack("<Q", there + 24)
    promised = there if unclosed else chunk.size
    return Header(
        "W64", sound.channels, sound.rate, sound.frame_bytes, promised, there, unclosed, None,
        patches, codings.wave(sound.tag), sound.tag in codings.MPEG_TAGS, chunk.body,
    )  # fmt: skip


def _aiff(source: Stretch) -> Header | None:
    compressed = source.take(8, 4) == b"AIFC"
    fields = b""
    for sound in walk(source, 12, IFF):
        if sound.id == b"COMM":
            fields = source.take(sound.body, 22)
        elif sound.id == b"SSND":
            break
    else:
        return None
    if len(fields) < 18:  # it may stand behind the sound: then all of the sound is there
        return None
    channels, _, bits = struct.unpack(">HIH", fields[:8])
    coding = fields[18:22] if compressed else b"NONE"
    frame_bytes = channels * ((bits + 7) // 8) if coding in _LINEAR_AIFF else None
    gap = int.from_bytes(source.take(sound.body, 4), "big")
    skipped = 8 + gap  # the sound comes behind this offset, a block size, and so many bytes
    there = max(0, source.size - sound.body - skipped)
    total = int.from_bytes(source.take(4, 4), "big")
    unclosed = is_placeholder(sound.size, there, 32) or (
        sound.size in (0, 8) and there > 0 and not is_closed(total, source.size)
    )
    promised = there if unclosed else max(0, sound.size - skipped)
    patches = {}
    if unclosed or promised > there:
        patches[sound.size_at] = struct.pack(">I", min(there + skipped, 0xFFFFFFFF))
    rate = _extended(fields[8:18])
    return Header(
        "AIFF", channels, rate, frame_bytes, promised, there, unclosed, None, patches,
        codings.aiff(coding), coding == b".mp3", sound.body + skipped,
    )  # fmt: skip


def _caf(source: Stretch) -> Header | None:
    sound, coding = None, b"lpcm"
    for chunk in walk(source, 8, CAF):
        if chunk.id == b"desc":
            fields = source.take(chunk.body, 32)
            if len(fields) < 32:
                return None
            rate, coding, _, packet, frames, channels, _ = struct.unpack(">d4sIIIII", fields)
            sound = channels, rate, packet if frames == 1 and packet else None
        elif chunk.id == b"data":
            break
    else:
        return None
    if sound is None:
        return None
    there = max(0, source.size - chunk.body - 4)  # an edit count comes first
    # −1 means "up to the end of the file", by the format itself; libsndfile does not know that.
    promised = there if chunk.size == 0xFFFFFFFFFFFFFFFF else max(0, chunk.size - 4)
    patches = {}
    if chunk.size - 4 > there:
        patches[chunk.size_at] = struct.pack(">Q", there + 4)
    return Header(
        "CAF", *sound, promised, there, False, None, patches, codings.caf(coding),
        coding in (b".mp1", b".mp2", b".mp3"), chunk.body + 4,
    )  # fmt: skip


def _au(source: Stretch, order: Literal["little", "big"]) -> Header | None:
    head = source.take(4, 20)
    if len(head) < 20:
        return None
    first, promised, coding, rate, channels = (
        int.from_bytes(head[at : at + 4], order) for at in range(0, 20, 4)
    )
    there = max(0, source.size - first)
    # "Up to the end of the file", by the format itself; a recorder that cannot seek leaves a 0.
    unfilled = promised == 0 and there > 0
    unknown = promised == 0xFFFFFFFF or unfilled
    patches = {8: b"\xff" * 4} if unfilled else {}
    sample_bytes = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}.get(coding)
    frame_bytes = None if sample_bytes is None else sample_bytes * channels
    return Header(
        "AU", channels, rate, frame_bytes, there if unknown else promised, there, unfilled, None,
        patches, "", False, first,
    )  # fmt: skip


def _extended(raw: bytes) -> float:
    """An 80-bit IEEE float (AIFF's sample rate); NaN for infinity and the like."""
    exponent, mantissa = struct.unpack(">HQ", raw)
    if exponent == 0x7FFF:
        return math.nan
    try:
        value = math.ldexp(mantissa, (exponent & 0x7FFF) - 16383 - 63)
    except OverflowError:
        return math.nan
    return -value if exponent & 0x8000 else value
