"""Sound cut into pieces of some seconds, each a small file: a browser decodes the one it needs and
plays at once, whatever the length of the clip.

Every piece begins and ends with a margin of its neighbours' sound, in which the page fades from one
to the next: what an encoder does at the edges of a file is never heard. Opus where libsndfile can
write it, else MP3, which every browser plays.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import soundfile

from ..audio import resample

Samples = npt.NDArray[np.float32]
Coding = Literal["opus", "mp3"]
CODINGS: tuple[Coding, ...] = get_args(Coding)

PIECE_S = 3.0
"""Seconds from the beginning of one piece to the next."""

MARGIN_S = 0.08
"""What a piece holds beyond, on either side: more than an encoder's delay and the fade together."""

OPUS_RATE = 48_000
OPUS_BITS = (128_000, 96_000, 72_000, 56_000, 40_000, 28_000, 20_000)
"""Bits a second of two channels, the best that the budget holds; one channel takes 0.6 of it."""

MP3_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
MP3_LEVELS = ((0.3, False, 190_000), (0.5, False, 130_000), (0.6, True, 60_000), (0.8, True, 0))
"""How hard is compressed, whether to mono, and the bits a second that this takes about."""

MARGINS = 1 + 2 * MARGIN_S / PIECE_S
"""What pieces hold, in parts of the whole."""

AT_ONCE = 2
"""Threads that encode."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound to be cut: ``read(first, count)`` gives frames, shape (channels, count)."""

    read: Callable[[int, int], Samples]
    channels: int


@dataclass(frozen=True, slots=True)
class Cut:
    """All sounds as pieces of one coding, at one rate."""

    coding: Coding
    rate: int
    pieces: tuple[tuple[bytes, ...], ...] = ()


def usual() -> Coding:
    """What is written where nobody asks for another: Opus, unless this libsndfile has none."""
    return "opus" if "OPUS" in soundfile.available_subtypes("OGG") else "mp3"


def cut(
    sounds: Sequence[Sound], scales: Sequence[float], frames: int, rate: int, coding: Coding,
    budget: int,
) -> Cut:  # fmt: skip
    """All sounds as pieces that lie under each other to the sample.

    Args:
        scales: what each is multiplied by, so that none exceeds full scale.
        frames: length of each, at ``rate``.
        budget: bytes of all pieces together; the last step is taken as it comes.
    """
    seconds, found = frames / rate, Cut(coding, rate)
    steps = _opus_steps(sounds) if coding == "opus" else _mp3_steps()
    for last, (guess, encode) in _with_last(steps):
        if not last and guess * MARGINS * seconds * len(sounds) / 8 > budget:
            continue
        to = OPUS_RATE if coding == "opus" else mp3_rate(rate)
        pieces = _encoded(sounds, scales, frames, rate, to, encode)
        found = Cut(coding, to, pieces)
        if sum(len(each) for one in pieces for each in one) <= budget:
            break
    return found


Encode = Callable[[Samples, int], bytes]


def _opus_steps(sounds: Sequence[Sound]) -> Iterator[tuple[float, Encode]]:
    share = np.mean([1.0 if each.channels > 1 else 0.6 for each in sounds]) if sounds else 1.0
    for bits in OPUS_BITS:
        yield bits * float(share), partial(opus, bits=bits)


def _mp3_steps() -> Iterator[tuple[float, Encode]]:
    for level, mono, guess in MP3_LEVELS:
        yield guess, partial(mp3, level=level, mono=mono)


def _with_last(
    steps: Iterator[tuple[float, Encode]],
) -> Iterator[tuple[bool, tuple[float, Encode]]]:
    told = list(steps)
    return ((n + 1 == len(told), each) for n, each in enumerate(told))


def _encoded(
    sounds: Sequence[Sound], scales: Sequence[float], frames: int, rate: int, to: int,
    encode: Encode,
) -> tuple[tuple[bytes, ...], ...]:  # fmt: skip
    """The pieces of each sound; of all sounds one piece is in memory at a time."""
    margin, step = round(MARGIN_S * rate), round(PIECE_S * rate)
    found: list[list[bytes]] = [[] for _ in sounds]
    with ThreadPoolExecutor(AT_ONCE) as threads:

        def one(sound: Samples) -> bytes:
            return encode(resample(sound, rate, to), to)

        for first in range(0, max(frames, 1), step):
            count = min(step, frames - first) + 2 * margin
            cells = [
                _padded(sound, first - margin, count, frames) * np.float32(scale)
                for sound, scale in zip(sounds, scales, strict=True)
            ]
            for pieces, piece in zip(found, threads.map(one, cells), strict=True):
                pieces.append(piece)
    return tuple(tuple(pieces) for pieces in found)


def _padded(sound: Sound, first: int, count: int, frames: int) -> Samples:
    """Frames of a sound, silence outside of it."""
    low, high = max(0, first), min(frames, first + count)
    held = sound.read(low, max(0, high - low))
    return np.pad(held, ((0, 0), (low - first, first + count - max(low, high))))


def opus(sound: Samples, rate: int, bits: float) -> bytes:
    """One piece in Ogg Opus.

    Args:
        sound: Shape: (1 or 2 channels, frames), at 48 kHz.
        bits: a second, of two channels.
    """
    each = bits / 2 if len(sound) > 1 else 0.6 * bits
    level = float(np.clip(1 - (each - 6_000) / 250_000, 0, 1))  # libsndfile: 6 to 256 kbit/s each
    return _file(sound, rate, "OGG", "OPUS", compression_level=level)


def mp3_rate(rate: int) -> int:
    """The nearest rate that MP3 has."""
    if rate in MP3_RATES:
        return rate
    return 44_100 if rate % 11_025 == 0 else 48_000


def mp3(sound: Samples, rate: int, level: float, mono: bool) -> bytes:
    """One piece in MP3, at a rate that MP3 has."""
    if mono:
        sound = sound.mean(0, keepdims=True, dtype=np.float32)
    to = mp3_rate(rate)
    return _file(
        resample(sound, rate, to), to, "MP3", "MPEG_LAYER_III",
        compression_level=level, bitrate_mode="VARIABLE",
    )  # fmt: skip


def _file(
    sound: Samples, rate: int, form: str, subtype: str, compression_level: float,
    bitrate_mode: str | None = None,
) -> bytes:  # fmt: skip
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", rate, len(sound), format=form, subtype=subtype,
        compression_level=compression_level, bitrate_mode=bitrate_mode,
    ) as opened:  # fmt: skip
        opened.write(np.ascontiguousarray(sound.T))
    return file.getvalue()
