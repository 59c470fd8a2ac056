"""libsndfile behind a few typed calls: the only place where sound is decoded.

Probe and load use it and nothing else of soundfile. What always holds: every byte comes through
a ``Source``, samples come in order and in blocks, and a coding that breaks in the middle gives
all that came before the break, to the frame.
"""

from __future__ import annotations

from types import TracebackType

import numpy as np
import numpy.typing as npt
import soundfile

from voxmend_protocol.errors import InputUnreadable

from ..disk import shown
from .source import Source, damaged

BLOCK_VALUES = 1 << 19
"""Samples decoded at a time over all channels: 2 MiB, so 2^18 frames of stereo."""

# A FLAC whose encoder could not seek back says "unknown", which libsndfile reads as 2^63 − 1.
_UNKNOWN_FRAMES = 1 << 48
_UNRECOGNISED = 1  # SF_ERR_UNRECOGNISED_FORMAT


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

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sound = _open(source)
        self.rate = int(self._sound.samplerate)
        self.channels = int(self._sound.channels)
        self.container = {"WAVEX": "WAV"}.get(self._sound.format, str(self._sound.format))
        self.subtype = str(self._sound.subtype)
        self.frames = int(self._sound.frames)
        self.counted = self.frames >= _UNKNOWN_FRAMES
        if self.counted:
            self.frames = self._skip(self.frames)
            self._reopen()

    def __enter__(self) -> Decoder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sound.close()

    def new_block(self) -> npt.NDArray[np.float32]:
        """An empty block for ``next``. Shape: (frames, channels)."""
        frames = max(1, BLOCK_VALUES // self.channels)
        return np.empty((frames, self.channels), dtype=np.float32)

    def go_to(self, frame: int) -> int:
        """Move to a frame; returns where it got, which is less only where the file is damaged.

        Exact in every format (measured: seeking and decoding up to there agree to the bit; in a
        damaged FLAC too, whose frames know their place). What cannot seek, such as GSM in WAV,
        is decoded up to the frame.
        """
        if frame == 0:
            return 0
        try:
            if self._sound.seek(frame) == frame:
                return frame
        except soundfile.LibsndfileError:
            pass  # after a seek that failed libsndfile is lost: begin anew
        self._reopen()
        return self._skip(frame)

    def next(self, block: npt.NDArray[np.float32]) -> tuple[int, bool]:
        """Decode the next frames into ``block``.

        Args:
            block: filled with float32, full scale 1.0. Shape: (frames, channels), contiguous.

        Returns:
            How many frames came, and whether the decoder broke: then nothing more will come.
        """
        block.fill(np.nan)
        try:
            return len(self._sound.read(out=block)), False
        except soundfile.LibsndfileError:
            # libsndfile does not say how far it got, but what it did not write is still NaN: only
            # integer and lossy codings break this way, and those hold no NaN of their own.
            gaps = np.isnan(block).any(axis=1)
            return int(gaps.argmax()) if gaps.any() else len(block), True

    def _skip(self, frames: int) -> int:
        block = self.new_block()
        done, broken = 0, False
        while done < frames and not broken:
            got, broken = self.next(block[: frames - done])
            if got == 0:
                break
            done += got
        return done

    def _reopen(self) -> None:
        self._sound.close()
        self._sound = _open(self._source)


def _open(source: Source) -> soundfile.SoundFile:
    source.seek(0)
    try:
        return soundfile.SoundFile(source)
    except soundfile.LibsndfileError as error:
        source.check()
        if error.code != _UNRECOGNISED:
            raise damaged(source.path) from error
        raise InputUnreadable(
            f"{shown(source.path.name)} is not audio that voxmend can read; convert or export it "
            "to WAV, AIFF or FLAC."
        ) from error
