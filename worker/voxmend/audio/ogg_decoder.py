"""One link of an Ogg chain, decoded, which knows how far it is whole."""

from __future__ import annotations

import math

from . import ogg
from .decoder import Decoder, skip
from .source import damaged
from .stretch import Stretch

_OPUS_RATE = 48_000
"""Opus counts in this, whatever it was made of (RFC 7845, 4)."""
_LONGEST_BLOCK = 8192
_OPUS_RUN_UP = 48_000


class OggDecoder(Decoder):
    """A link being decoded; see ``Decoder``."""

    def __init__(self, source: Stretch) -> None:
        if not ogg.begins_whole(source):
            raise damaged(source.path)
        super().__init__(source)
        self._link = source
        self._sure = -1

    def go_to(self, frame: int) -> int:
        """Move to a frame; exact.

        In Vorbis libsndfile takes the last page's time, which leaves out what is too much in its
        last packet, for the end of that packet, and lands too late. An Opus decoder needs a while
        until nothing of its start is left.
        """
        sure = frame - _OPUS_RUN_UP
        if self.subtype == "VORBIS":
            if self._sure < 0:
                self._sure = self.frames - ogg.last_page_granules(self._link) - _LONGEST_BLOCK
            sure = min(frame, self._sure)
        sure = max(0, sure)
        got = super().go_to(sure)
        return got + skip(self, frame - sure) if got == sure else got

    def whole_frames(self) -> int:
        """Frames up to the first page that is damaged or missing: libsndfile would drop it, and
        play on too early."""
        rate = _OPUS_RATE if self.subtype == "OPUS" else self.rate
        lost = ogg.lost_granules(self._link)
        return self.frames - min(self.frames, math.ceil(lost * self.rate / rate))
