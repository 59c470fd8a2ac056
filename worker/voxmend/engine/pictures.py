"""What the report shows of a job's sound: spectrograms, drawn while the sound is at hand."""

from __future__ import annotations

from ..audio import Signal, peak
from ..audio.spectrogram import Picture, picture
from .spent import Spent

SOURCE = "source"
"""The picture of what came in."""


class Pictures:
    """Of the source, and of the voice after each block, all on one scale. Nothing is drawn before
    the first block is done: sound comes first."""

    def __init__(self, source: Signal, spent: Spent) -> None:
        self._source, self._spent = source, spent
        self._loudest = 0.0
        self._drawn: list[Picture] = []

    def add(self, name: str, sound: Signal) -> None:
        """Draw one more."""
        self._begin()
        self._draw(name, sound)

    def all(self) -> list[Picture]:
        """Those that are drawn, the source first."""
        self._begin()
        return self._drawn

    def _begin(self) -> None:
        """Draw the source, once."""
        if not self._drawn:
            with self._spent.on("pictures"):
                blocks = self._source.blocks()
                self._loudest = max((peak(block) for _, block in blocks), default=0.0)
            self._draw(SOURCE, self._source)

    def _draw(self, name: str, sound: Signal) -> None:
        with self._spent.on("pictures"):
            self._drawn.append(picture(name, sound, self._loudest))
