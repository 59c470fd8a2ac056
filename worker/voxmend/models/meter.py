"""Says on stderr how far a download is."""

from __future__ import annotations

import sys
import time

from ..disk import shown
from ..terminal import raw
from .fetch import Progress


def megabytes(size: int) -> str:
    """Bytes as a person reads them."""
    return f"{size / 1e6:,.1f} MB"


class Meter:
    """How far a download is: a line that changes on a terminal, a line for each file elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._file = ""
        self._next = 0.0

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live and self._file:
            print(file=sys.stderr, flush=True)

    def tell(self, now: Progress) -> None:
        """Take how far it is; on a terminal four times a second."""
        name = f"{now.model}/{now.file}"
        of = f" of {megabytes(now.total)}" if now.total else ""
        if not self._live:
            if name != self._file:
                print(f"fetching {name}{of}", file=sys.stderr, flush=True)
            self._file = name
            return
        done = now.done == now.total
        if name != self._file or done or time.monotonic() >= self._next:
            if self._file and name != self._file:
                print(file=sys.stderr)
            self._file, self._next = name, time.monotonic() + 0.25
            print(
                f"\r{shown(name)}: {megabytes(now.done)}{of}  ",
                end="",
                file=raw(sys.stderr),
                flush=True,
            )
