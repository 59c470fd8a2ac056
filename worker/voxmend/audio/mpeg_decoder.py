"""One part of an MPEG file, decoded to the sample: every frame that was counted, and no more.

libsndfile guesses the length from the bytes it is shown and reads no further. So it is shown
the frames of one part and zeros behind them, for more sound than there is, and is stopped where
the count ends; no encoder's word reaches it. The delays of encoder and decoder are taken off here.
"""

from __future__ import annotations

from . import mpeg
from .decoder import Block, Decoder, skip
from .mpeg import HEAD
from .mpeg_part import INDEX_FRAMES, Part
from .quiet import quiet
from .stretch import Stretch

_RUN_UP = 48
"""Frames shown before the one that is wanted."""


class MpegDecoder:
    """A part being decoded, at frame 0 to begin with. Until a sample is wanted libmpg123 is not
    asked, for it prints what it thinks of a file.

    Attributes:
        rate, channels, frames: of its sound; frames is a count.
    """

    def __init__(self, file: Stretch, part: Part) -> None:
        # The last frame once more: libmpg123 believes in a frame if another one follows.
        self._bytes = Stretch(file.source, file.runs([*part.pieces, part.tail]))
        self._part = part
        self.rate, self.channels, self.frames = part.first.rate, part.first.channels, part.frames
        self.subtype = f"MPEG_LAYER_{'I' * part.first.layer}"
        self._sound: Decoder | None = None
        self._at = 0

    def close(self) -> None:
        """Let go of the decoder."""
        if self._sound is not None:
            with quiet():
                self._sound.close()
            self._sound = None

    def go_to(self, frame: int) -> int:
        """Move to a frame; exact to the bit, however it is reached.

        The decoder begins anew at a frame whose number is a multiple of 64: libmpg123's filter
        turns its buffer round every 16 steps, and adds up in another order in between. A frame
        whose bytes it lacks it leaves out, which turns nothing; so the first ones are shown as
        frames of silence that carry the bytes the next ones need.
        """
        self._open(frame)
        return self._at

    def next(self, block: Block) -> tuple[int, bool]:
        """Decode the next frames into ``block``. Shape: (frames, channels)."""
        left = self.frames - self._at
        if left <= 0:
            return 0, False
        sound = self._sound or self._open(self._at)
        with quiet():
            got, broken = sound.next(block[:left])
        self._at += got
        return got, broken

    def whole_frames(self) -> int:
        """All of them: what is damaged in a frame stays in it."""
        return self.frames

    def _open(self, frame: int) -> Decoder:
        self.close()
        part = self._part
        wanted = frame + part.skip
        first = max(0, wanted // part.first.samples - _RUN_UP) // INDEX_FRAMES
        if not part.first.size:
            first = 0  # in free format only the walk knows where a frame ends
        # More than the longest frame for each that there is: the guess is always too long.
        zeros = part.longest * (part.count + INDEX_FRAMES) + (1 << 16)
        shown = self._bytes.part(part.index[first], None, zeros)
        if first and part.first.layer == 3:
            shown.patches = _silenced(shown)
        with quiet():
            sound = Decoder(shown)
            before = wanted - first * INDEX_FRAMES * part.first.samples
            got = skip(sound, before)
        self._sound, self._at = sound, frame - (before - got)
        return sound


def _silenced(frames: Stretch) -> dict[int, bytes]:
    """Patches that make silence of the first frames, until the bytes in them are enough for any
    frame behind. Their side information says that no byte is sound, but that the sound would begin
    as far back as there are bytes: so libmpg123 hands these on from frame to frame."""
    patches: dict[int, bytes] = {}
    at = held = 0
    most = 511  # bytes before its own that a frame may take its sound from
    while held < most and len(patches) < _RUN_UP - 8:
        head = frames.take(at, HEAD)
        seen = mpeg.frame(head)
        if seen is None:
            break
        first, checked = head[1] & 8, not head[1] & 1
        most = 511 if first else 255
        side = _begins(min(held, most), first).ljust(seen.side, b"\0")
        check = _crc16(head[2:] + side).to_bytes(2, "big") if checked else b""
        patches[at + HEAD] = check + side
        held += max(0, seen.size - HEAD - len(check) - len(side))
        at += seen.size
    return patches


def _begins(back: int, first: int) -> bytes:
    """How many bytes back the sound of a frame begins: 9 bits in MPEG-1, 8 in the others."""
    return (back << 7).to_bytes(2, "big") if first else bytes((back,))


def _crc16(data: bytes) -> int:
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ (0x8005 if value & 0x8000 else 0)) & 0xFFFF
    return value
