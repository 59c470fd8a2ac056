"""Several sounds in one file, read as one: joined MP3s, the links of a chained Ogg, joined FLACs.

Net radio, phones and ``cat`` make such files. They go by the first one: what follows is brought to
its rate and its channels. What always holds: one of them is open at a time, however many there
are, and a frame is the same sample whether it was read from the start or jumped to.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from voxmend_protocol.errors import InputUnreadable

from .decoder import Block, Decodes, new_block, skip
from .resample import resampled_frames

_STEP = 1 << 16


@dataclass(frozen=True, slots=True)
class Member:
    """One of the sounds.

    Attributes:
        rate, channels, frames: as it is in itself.
        open: gives its decoder, at frame 0.
    """

    rate: int
    channels: int
    frames: int
    open: Callable[[], Decodes]


class Joined:
    """They all, one after the other. At least one; decodes as ``Decodes`` says.

    Attributes:
        rate, channels: the first one's.
        frames: all together, at that rate.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        self.rate, self.channels = members[0].rate, members[0].channels
        self._starts: list[int] = []
        total = 0
        for member in members:
            self._starts.append(total)
            total += resampled_frames(member.frames, member.rate, self.rate)
        self.frames = total
        self._index = 0
        self._open: Decodes | None = self._decoder(0)
        self._left = self._open.frames

    def close(self) -> None:
        """Let go of the one that is open."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def go_to(self, frame: int) -> int:
        """Move to a frame; returns where it got."""
        self.close()
        self._index = min(max(0, bisect_right(self._starts, frame) - 1), len(self._members) - 1)
        self._open = self._decoder(self._index)
        start = self._starts[self._index]
        got = self._open.go_to(frame - start)
        self._left = self._open.frames - got
        return start + got

    def next(self, block: Block) -> tuple[int, bool]:
        """The next frames, of one sound at a time. Shape of the block: (frames, channels)."""
        while self._open is not None:
            got, broken = self._open.next(block)
            self._left -= got
            if got or broken or self._left > 0:  # what follows must not come too early
                return got, broken or got == 0
            self.close()
            self._index += 1
            if self._index < len(self._members):
                try:
                    self._open = self._decoder(self._index)
                except InputUnreadable:
                    return 0, True
                self._left = self._open.frames
        return 0, False

    def whole_frames(self) -> int:
        """Frames up to the first damage in any of them."""
        for index, member in enumerate(self._members):
            decoder = self._decoder(index)
            try:
                whole = decoder.whole_frames()
            finally:
                decoder.close()
            if whole < resampled_frames(member.frames, member.rate, self.rate):
                return self._starts[index] + whole
        return self.frames

    def _decoder(self, index: int) -> Decodes:
        member = self._members[index]
        made = member.open()
        if (member.rate, member.channels) == (self.rate, self.channels):
            return made
        return _Brought(made, self.rate, self.channels)


class _Brought:
    """A sound at another rate and with other channels."""

    def __init__(self, inner: Decodes, rate: int, channels: int) -> None:
        self._inner = inner
        self.rate, self.channels = rate, channels
        self.frames = resampled_frames(inner.frames, inner.rate, rate)
        self._done, self._left = 0, inner.frames
        self._made: Block = np.empty((0, channels), dtype=np.float32)
        self._ended = self._broken = False
        self._block = new_block(inner.channels)[:_STEP]
        self._change = _rate_change(inner.rate, rate, channels)

    def close(self) -> None:
        self._inner.close()

    def go_to(self, frame: int) -> int:
        """From its start on: a filter knows what came before."""
        self._inner.go_to(0)
        self._done, self._left = 0, self._inner.frames
        self._made = self._made[:0]
        self._ended = self._broken = False
        self._change = _rate_change(self._inner.rate, self.rate, self.channels)
        return skip(self, frame)

    def whole_frames(self) -> int:
        return resampled_frames(self._inner.whole_frames(), self._inner.rate, self.rate)

    def next(self, block: Block) -> tuple[int, bool]:
        wanted = min(len(block), self.frames - self._done)
        while len(self._made) < wanted and not self._ended:
            self._more()
        got = min(wanted, len(self._made))
        block[:got] = self._made[:got]
        self._made = self._made[got:]
        if got < wanted and not self._broken:  # soxr rounds its own length: a frame at most
            block[got:wanted] = 0.0
            got = wanted
        self._done += got
        return got, self._broken and got < wanted

    def _more(self) -> None:
        got, self._broken = self._inner.next(self._block)
        self._left -= got
        self._broken = self._broken or (got == 0 and self._left > 0)
        self._ended = got == 0 or self._broken or self._left <= 0
        made = self._change(channels_as(self._block[:got], self.channels), self._ended)
        self._made = np.concatenate((self._made, made))


def channels_as(block: Block, wanted: int) -> Block:
    """The same sound in another number of channels. Shape: (frames, channels).

    One becomes many as it is; many become one as their mean; else those that are too many are
    added to all that stay, shared out evenly, and those that lack are silent.
    """
    there = block.shape[1]
    if there == wanted:
        return block
    if there == 1:
        return np.repeat(block, wanted, axis=1)
    if wanted == 1:
        mean: Block = block.mean(axis=1, keepdims=True, dtype=np.float32)
        return mean
    out = np.zeros((len(block), wanted), dtype=np.float32)
    kept = min(there, wanted)
    out[:, :kept] = block[:, :kept]
    if there > wanted:
        out += block[:, wanted:].sum(axis=1, keepdims=True, dtype=np.float32) / wanted
    return out


def _rate_change(from_rate: int, to_rate: int, channels: int) -> Callable[[Block, bool], Block]:
    """A block at one rate to a block at the other, one after the other; the last is told so."""
    if from_rate == to_rate:
        return lambda block, _: block
    import soxr  # comes with the worker; a bare client only probes

    stream = soxr.ResampleStream(from_rate, to_rate, channels, "float32", "VHQ")

    def change(block: Block, last: bool) -> Block:
        made: Block = stream.resample_chunk(np.ascontiguousarray(block), last=last)
        return made

    return change
