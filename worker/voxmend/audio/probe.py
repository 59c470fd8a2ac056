"""What a sound file is, before a sample of it is decoded.

The supervisor asks at submit, the watch folder before it lets a file in, and ``load`` opens its
files through ``opened``. What always holds: only regular files are touched, nothing is decoded
(with two exceptions: a FLAC that does not know its own length, and what only ffmpeg reads), and
whatever is wrong comes out as one sentence that names the file and the next step. MPEG and Ogg are
walked from header to header, which takes a second for hours of sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from voxmend_protocol.errors import InputUnreadable, UnsupportedAudio
from voxmend_protocol.values import Warned

from ..disk import shown
from . import kinds, mpeg, tags
from .decoder import Decodes
from .foreign import Way
from .found import Found, empty, find
from .source import Opener, Source, damaged
from .stretch import Stretch

RATES = (8_000, 192_000)
"""Lowest and highest sample rate voxmend takes, in Hz."""

MAX_CHANNELS = 64
"""As many as a track of REAPER 6 has; the networks run once for each pair."""


_COUNT = Way()
_BEGINNINGS = (
    b"RIFF", b"RIFX", b"RF64", b"BW64", b"riff", b"FORM", b"caff", b"fLaC", b"OggS", b".snd",
    b"ID3", b"APETAGEX",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Probe:
    """What a sound file is.

    Attributes:
        rate: samples per second.
        channels: 1 to 64.
        frames: frames that can be read, at least 1. For FLAC this is its header's word, which
            only decoding proves; ``load`` warns where it was too much.
        promised_frames: frames by the header; more than ``frames`` where the file is cut short.
        container: "WAV", "RF64", "BW64", "W64", "AIFF", "CAF", "FLAC", "OGG", "MP3", …
        subtype: the coding, in libsndfile's words: "PCM_16", "PCM_24", "FLOAT", "VORBIS", …
        unclosed: its recorder or encoder never finished it, so nobody knows what it should hold.
        time_reference: Broadcast-WAV time stamp, frames since midnight; None without one.
        unpromised: nothing in it says how much sound there should be (an MP3 without a Xing tag),
            so that one still being written looks whole.
        warnings: what the user should know of it.
    """

    rate: int
    channels: int
    frames: int
    promised_frames: int
    container: str
    subtype: str
    unclosed: bool = False
    time_reference: int | None = None
    unpromised: bool = False
    warnings: tuple[Warned, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of what can be read."""
        return self.frames / self.rate

    @property
    def promised_seconds(self) -> float:
        """Length by the header."""
        return self.promised_frames / self.rate


def probe(path: Path, opener: Opener | None = None) -> Probe:
    """Look at a file's header.

    Raises:
        InputMissing: there is no such file.
        InputUnreadable: it is no regular file, not sound, damaged, empty or forbidden.
        UnsupportedAudio: more than 64 channels, or a rate outside 8 to 192 kHz.
    """
    with opened(path, opener) as (seen, _, _):
        return seen


def begins_like_sound(path: Path, opener: Opener | None = None) -> bool:
    """Whether a file that ``probe`` refused may be the beginning of one that it would take: its
    head is still to come, or is that of a sound.

    Raises:
        InputMissing, InputUnreadable: it went, or may not be read.
    """
    with Source(path, opener) as source:
        file = Stretch(source, [tags.bounds(source)])
        head = file.take(0, 16)
        return (
            not any(head[:12])
            or head.startswith(_BEGINNINGS)
            or kinds.kind(file) is not None
            or mpeg.frame(head) is not None
        )


@contextmanager
def opened(
    path: Path, opener: Opener | None = None, way: Way = _COUNT
) -> Iterator[tuple[Probe, Decodes, Source]]:
    """A probed file with its decoder, at frame 0; all is closed afterwards. Raises as ``probe``,
    and what ``way`` brings with it. Without a way, what only ffmpeg reads is counted and its
    decoder gives no sample."""
    with Source(path, opener) as source:
        if source.size == 0:
            raise InputUnreadable(f"{shown(path.name)} is empty (0 bytes); export it again.")
        found = find(Stretch(source, [tags.bounds(source)]), partial(_check, path), way)
        with closing(found.decoder) as decoder:
            _check(path, decoder.channels, decoder.rate)
            source.check()
            if decoder.frames <= 0:
                raise empty(path)
            yield _describe(found), decoder, source


def _describe(found: Found) -> Probe:
    return Probe(
        rate=found.decoder.rate,
        channels=found.decoder.channels,
        frames=found.decoder.frames,
        promised_frames=max(found.decoder.frames, found.promised),
        container=found.container,
        subtype=found.subtype,
        unclosed=found.unclosed,
        time_reference=found.time_reference,
        unpromised=found.unpromised,
        warnings=found.warnings,
    )


def _check(path: Path, channels: int, rate: float) -> None:
    if channels <= 0 or not rate > 0:  # a rate that is not a number is not above 0 either
        raise damaged(path)
    if channels > MAX_CHANNELS:
        raise UnsupportedAudio(
            f"{shown(path.name)} has {channels} channels and voxmend takes up to {MAX_CHANNELS}; "
            "export fewer channels to a file."
        )
    if not RATES[0] <= rate <= RATES[1]:
        raise UnsupportedAudio(
            f"{shown(path.name)} has a sample rate of {rate:.0f} Hz and voxmend takes "
            f"{RATES[0]} to {RATES[1]} Hz; export it at 44100 or 48000 Hz."
        )
