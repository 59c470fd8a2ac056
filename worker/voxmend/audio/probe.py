"""What a sound file is, before a sample of it is decoded.

The supervisor asks at submit, the watch folder before it lets a file in, and ``load`` opens its
files through ``opened``. What always holds: only regular files are touched, the time taken does
not grow with the length (one exception, a FLAC that does not know its own length, is counted
through), and whatever is wrong comes out as one sentence that names the file and the next step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import InputUnreadable, UnsupportedAudio

from ..disk import shown
from . import ogg
from .decoder import Decoder
from .headers import Header, read_header
from .source import Opener, Source, damaged

RATES = (8_000, 192_000)
"""Lowest and highest sample rate voxmend takes, in Hz."""

MAX_CHANNELS = 64
"""As many as a track of REAPER 6 has; the networks run once for each pair."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a sound file is.

    Attributes:
        rate: samples per second.
        channels: 1 to 64.
        frames: frames that can be read, at least 1. For FLAC and MP3 this is their header's
            word, which only decoding proves; ``load`` warns where it was too much.
        promised_frames: frames by the header; more than ``frames`` where the file is cut short.
        container: "WAV", "RF64", "BW64", "W64", "AIFF", "CAF", "FLAC", "OGG", "MP3", …
        subtype: the coding, in libsndfile's words: "PCM_16", "PCM_24", "FLOAT", "VORBIS", …
        unclosed: its recorder or encoder never finished it, so nobody knows what it should hold.
        time_reference: Broadcast-WAV time stamp, frames since midnight; None without one.
    """

    rate: int
    channels: int
    frames: int
    promised_frames: int
    container: str
    subtype: str
    unclosed: bool = False
    time_reference: int | None = None

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


@contextmanager
def opened(path: Path, opener: Opener | None = None) -> Iterator[tuple[Probe, Decoder, Source]]:
    """A probed file with its decoder, at frame 0; all is closed afterwards. Raises as ``probe``."""
    with Source(path, opener) as source:
        if source.size == 0:
            raise InputUnreadable(f"{shown(path.name)} is empty (0 bytes); export it again.")
        header = read_header(source)
        if header is not None:
            _check(path, header.channels, header.rate)
            if header.frame_bytes == 0:
                raise damaged(path)
            source.patches = header.patches
        with Decoder(source) as decoder:
            _check(path, decoder.channels, decoder.rate)
            yield _describe(path, source, decoder, header), decoder, source


def _describe(path: Path, source: Source, decoder: Decoder, header: Header | None) -> Probe:
    container = header.container if header else decoder.container
    unclosed = header.unclosed if header else decoder.counted
    if container == "OGG":
        unclosed = not ogg.has_end(source)
    source.check()
    frames = decoder.frames
    if frames <= 0:
        raise InputUnreadable(f"{shown(path.name)} holds no audio; export it again.")
    return Probe(
        rate=decoder.rate,
        channels=decoder.channels,
        frames=frames,
        promised_frames=max(frames, _promised(header, frames)),
        container=container,
        subtype=decoder.subtype,
        unclosed=unclosed,
        time_reference=header.time_reference if header else None,
    )


def _promised(header: Header | None, frames: int) -> int:
    if header is None or header.promised_bytes <= header.there_bytes:
        return frames
    if header.frame_bytes and header.there_bytes // header.frame_bytes == frames:
        return header.promised_bytes // header.frame_bytes
    return frames * header.promised_bytes // max(1, header.there_bytes)


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
