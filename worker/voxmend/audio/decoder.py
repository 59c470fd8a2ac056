"""libsndfile behind a few typed calls: the only place where a library of ours decodes sound.

Probe and load use it and nothing else of soundfile. What always holds: every byte comes through
a ``Source``, samples come in order and in blocks, and a coding that breaks in the middle gives
all that came before the break, to the frame.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import soundfile

from voxmend_protocol.errors import InputUnreadable

from ..disk import shown
from .source import damaged
from .stretch import Stretch

BLOCK_VALUES = 1 << 19
"""Samples decoded at a time over all channels: 2 MiB, so 2^18 frames of stereo."""

# A FLAC whose encoder could not seek back says "unknown", which libsndfile reads as 2^63 − 1.
_UNKNOWN_FRAMES = 1 << 48
_UNRECOGNISED = 1  # SF_ERR_UNRECOGNISED_FORMAT
_UNSUPPORTED = 4  # SF_ERR_UNSUPPORTED_ENCODING

Block = npt.NDArray[np.float32]


class UnknownCoding(InputUnreadable):
    """libsndfile knows the container and not the coding in it."""


class Decodes(Protocol):
    """What gives the samples of a file, in order and in blocks.

    Attributes:
        rate, channels, frames: of the sound.
    """

    @property
    def rate(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def frames(self) -> int: ...

    def go_to(self, frame: int) -> int:
        """Move to a frame; returns where it got, less only where the file is damaged."""

    def next(self, block: Block) -> tuple[int, bool]:
        """Decode the next frames into ``block``, float32 and contiguous. Shape: (frames,
        channels). Returns how many came, and whether it broke: then nothing more will come."""

    def whole_frames(self) -> int:
        """Frames up to the first damage that would be jumped over in silence."""

    def close(self) -> None:
        """Let go of what it holds."""


def new_block(channels: int) -> Block:
    """An empty block to decode into. Shape: (frames, channels)."""
    return np.empty((max(1, BLOCK_VALUES // channels), channels), dtype=np.float32)


def skip(decoder: Decodes, frames: int) -> int:
    """Decode so many frames and forget them; returns how many there were."""
    block = new_block(decoder.channels)
    done, broken = 0, False
    while done < frames and not broken:
        got, broken = decoder.next(block[: frames - done])
        if got == 0:
            break
        done += got
    return done


class _Steady(soundfile.SoundFile):  # type: ignore[misc]
    """A sound that is read straight on. soundfile seeks to where it is after each block of a file
    that can seek, and a lossy decoder then has lost what it kept of the frames before: a low MP3
    lost a tenth of a second at every block."""

    def seekable(self) -> bool:
        return False


class Decoder:
    """One file being decoded, at frame 0 to begin with.

    Attributes:
        rate, channels, frames: as libsndfile reads them; frames is the header's word in FLAC and
            MP3. For a FLAC of unknown length they are counted by decoding it once.
        counted: whether they were.
        container, subtype: libsndfile's names, except that "WAVEX" is "WAV".

    Raises:
        InputUnreadable: libsndfile does not take the file, or the disk fails.
    """

    def __init__(self, source: Stretch) -> None:
        self._source = source
        self._sound = _open(source)
        self._moved = False
        self.rate = int(self._sound.samplerate)
        self.channels = int(self._sound.channels)
        self.container = {"WAVEX": "WAV"}.get(self._sound.format, str(self._sound.format))
        self.subtype = str(self._sound.subtype)
        self.frames = int(self._sound.frames)
        self.counted = self.frames >= _UNKNOWN_FRAMES
        if self.counted:
            self.frames = skip(self, self.frames)
            self._reopen()

    def close(self) -> None:
        """Let go of the file."""
        self._sound.close()

    def go_to(self, frame: int) -> int:
        """Move to a frame; returns where it got, which is less only where the file is damaged.

        Exact in every format (measured: seeking and decoding up to there agree to the bit; in a
        damaged FLAC too, whose frames know their place). What cannot seek, such as GSM in WAV,
        is decoded up to the frame.
        """
        if frame == 0 and not self._moved:
            return 0
        self._moved = True
        try:
            if self._sound.seek(frame) == frame:
                return frame
        except soundfile.LibsndfileError:
            pass  # after a seek that failed libsndfile is lost: begin anew
        self._reopen()
        return skip(self, frame)

    def next(self, block: Block) -> tuple[int, bool]:
        """Decode the next frames into ``block``.

        Args:
            block: filled with float32, full scale 1.0. Shape: (frames, channels), contiguous.

        Returns:
            How many frames came, and whether the decoder broke: then nothing more will come.
        """
        self._moved = True
        block.fill(np.nan)
        try:
            return len(self._sound.read(out=block)), False
        except soundfile.LibsndfileError:
            # libsndfile does not say how far it got, but what it did not write is still NaN: only
            # integer and lossy codings break this way, and those hold no NaN of their own.
            gaps = np.isnan(block).any(axis=1)
            return int(gaps.argmax()) if gaps.any() else len(block), True

    def whole_frames(self) -> int:
        """All of them: a FLAC or an ADPCM breaks off by itself, PCM has nothing to break."""
        return self.frames

    def _reopen(self) -> None:
        self._sound.close()
        self._sound = _open(self._source)
        self._moved = False


def _open(source: Stretch) -> soundfile.SoundFile:
    source.seek(0)
    try:
        return _Steady(source)
    except soundfile.LibsndfileError as error:
        source.check()
        if error.code == _UNSUPPORTED:
            raise UnknownCoding(
                f"{shown(source.path.name)} holds a coding that voxmend cannot read; convert it "
                "to WAV, AIFF or FLAC."
            ) from error
        if error.code != _UNRECOGNISED:
            raise damaged(source.path) from error
        raise InputUnreadable(
            f"{shown(source.path.name)} is not audio that voxmend can read; convert or export it "
            "to WAV, AIFF or FLAC."
        ) from error
