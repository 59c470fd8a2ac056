"""Says on stderr how far a download is."""

from __future__ import annotations

import sys
import time

from .. import speech
from ..disk import shown
from ..terminal import raw
from .fetch import Progress


def megabytes(size: int) -> str:
    """Bytes as a person reads them."""
    return f"{size / 1e6:,.1f} MB"


def _fitted(name: str, far: str) -> str:
    """One line of a terminal: the end of the name and how far it is."""
    room = max(speech.width(sys.stderr) - len(far) - 5, 1)
    cut = name if len(name) <= room else f"…{name[len(name) - room + 1 :]}"
    return f"{cut}: {far}  "


class Meter:
    """How far a download is: a line that changes on a terminal; plain a line for each file, and one
    every 30 s."""

    def __init__(self) -> None:
        self._live = speech.redraws(sys.stderr)
        self._file = ""
        self._next = 0.0

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_line()

    def note(self, words: str) -> None:
        """Say what is waited for."""
        self._end_line()
        self._say(words)

    def _end_line(self) -> None:
        if self._live and self._file and not speech.MANNER.quiet:
            print(file=sys.stderr, flush=True)
            self._file = ""

    def _say(self, words: str) -> None:
        if not speech.MANNER.quiet:
            print(words, file=sys.stderr, flush=True)

    def tell(self, now: Progress) -> None:
        """Take how far it is; on a terminal four times a second."""
        name = f"{now.model}/{now.file}"
        of = f" of {megabytes(now.total)}" if now.total else ""
        if speech.MANNER.quiet:
            return
        if not self._live:
            new = name != self._file
            if new or time.monotonic() >= self._next:
                self._file, self._next = name, time.monotonic() + speech.AGAIN_S
                far = "" if new else f": {megabytes(now.done)}"
                self._say(f"fetching {name}{far}{of}")
            return
        done = now.done == now.total
        if name != self._file or done or time.monotonic() >= self._next:
            if self._file and name != self._file:
                print(file=sys.stderr)
            self._file, self._next = name, time.monotonic() + 0.25
            print(
                f"\r{_fitted(shown(name), f'{megabytes(now.done)}{of}')}",
                end="",
                file=raw(sys.stderr),
                flush=True,
            )
