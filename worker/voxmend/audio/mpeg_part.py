"""Frames that one encoder wrote, and how much sound they are. Pure; the scan fills it."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from .mpeg import DECODER_DELAY, Count, Frame
from .stretch import Piece

INDEX_FRAMES = 64
"""Every so many frames it is noted where one begins."""


@dataclass(slots=True)
class Part:
    """Frames of one kind, in their order.

    Attributes:
        first: their kind.
        told: what the encoder said of them, in a frame of its own.
        told_bytes: the size of that frame.
        count: how many there are.
        pieces: where they stand, in bytes of the file without its tags.
        index: where frames 0, 64, 128, … begin, in bytes of the pieces.
        longest: bytes of the largest.
        torn: its last frame began and is not all there.
        gap: how many frames stand before the last run of bytes that made no sense.
    """

    first: Frame
    told: Count | None = None
    told_bytes: int = 0
    count: int = 0
    pieces: list[Piece] = field(default_factory=list)
    index: array[int] = field(default_factory=lambda: array("Q"))
    longest: int = 0
    torn: bool = False
    gap: int | None = None
    _bytes: int = 0
    _last: int = 0

    @property
    def skip(self) -> int:
        """Samples in front that are the encoder's and the decoder's delay."""
        told = self.told
        return 0 if told is None or told.delay is None else told.delay + DECODER_DELAY

    @property
    def frames(self) -> int:
        """Frames of sound in it, delay and padding taken off."""
        made, told = self.count * self.first.samples - self.skip, self.told
        if told is not None and told.frames == self.count and told.delay is not None:
            made -= max(0, told.padding - DECODER_DELAY)  # else this is not the end that it means
        return max(0, made)

    @property
    def promised(self) -> int:
        """Frames of sound by the encoder's word, or by a frame that began; at least ``frames``."""
        told, made = self.told, self.frames
        if self.gap is not None and self.gap < self.count:
            return made  # what is missing is missing in the middle, and is said there
        if told is not None and told.frames is not None:
            if told.frames <= self.count or not self._may_be_short:
                return made
            if told.size is None and told.frames == self.count + 1 and not self.torn:
                return made  # some encoders count their own frame too
            padding = max(0, told.padding - DECODER_DELAY) if told.delay is not None else 0
            return max(made, told.frames * self.first.samples - self.skip - padding)
        if self.torn:
            return made + self.first.samples
        if told is not None and told.size is not None and self._may_be_short and self._bytes:
            return max(made, made * told.size // self._bytes)
        return made

    @property
    def tail(self) -> tuple[int, int]:
        """Where its last frame stands, in bytes of the file without its tags."""
        last = self.pieces[-1][1]
        return last - self._last, last

    @property
    def _may_be_short(self) -> bool:
        """Whether fewer bytes are there than the encoder wrote, or it did not say how many: where
        all are there, a greater count of frames is a mistake."""
        told = self.told
        if told is None or told.size is None:
            return True
        return told.size > self._bytes + self.told_bytes

    def add(self, at: int, size: int) -> None:
        """One more frame."""
        if self.count % INDEX_FRAMES == 0:
            self.index.append(self._bytes)
        if self.pieces and self.pieces[-1][1] == at:
            self.pieces[-1] = (self.pieces[-1][0], at + size)
        else:
            self.pieces.append((at, at + size))
        self.count += 1
        self._bytes += size
        self._last = size
        self.longest = max(self.longest, size)

    def take_back(self) -> None:
        """Forget the last frame: it was cut off, and other bytes stand where its rest should."""
        first, last = self.pieces.pop()
        if last - self._last > first:
            self.pieces.append((first, last - self._last))
        self.count -= 1
        self._bytes -= self._last
        self._last = 0
        if self.count % INDEX_FRAMES == 0:
            self.index.pop()
