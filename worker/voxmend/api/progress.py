"""How far a job is, as ``on_progress`` hears it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol import JobRecord


@dataclass(frozen=True, slots=True)
class Progress:
    """A job as it stands. ``print`` shows it in words, so ``on_progress=print`` works.

    Attributes:
        job: the job's id.
        index: which of the songs of ``restore_many`` it is, from 0.
        path: the song; None where samples were given.
        state: ``queued``, ``running``, ``succeeded``, ``failed`` or ``cancelled``.
        fraction: 0 to 1; it never falls, and is 1 only once the stems are there.
        stage: what is done now, such as ``separate.spleeter``.
        eta_s: seconds that are left, where that is known.
        position: the jobs that wait before this one, while it waits.
    """

    job: str
    index: int
    path: Path | None
    state: str
    fraction: float
    stage: str | None = None
    eta_s: float | None = None
    position: int | None = None

    def __str__(self) -> str:
        name = self.path.name if self.path else f"song {self.index}"
        doing = self.stage if self.state == "running" and self.stage else self.state
        left = f", {self.eta_s:.0f} s left" if self.eta_s is not None else ""
        return f"{name}: {int(self.fraction * 100)} %, {doing}{left}"


def progress(record: JobRecord, index: int, path: Path | None, before: float) -> Progress:
    """What a record says.

    Args:
        before: the fraction that was told last.
    """
    reached = min(max(before, record.fraction or 0.0), 0.999)
    return Progress(
        record.job, index, path, record.state, 1.0 if record.state == "succeeded" else reached,
        record.stage, record.eta_s, record.position,
    )  # fmt: skip


OnProgress = Callable[[Progress], object]
"""What is called with each ``Progress``. What it raises ends the call that it belongs to."""

AGAIN_S = 0.4
"""After so long without news the last ones are told again: so whoever wants to stop, can."""


class Teller:
    """Calls ``on_progress``, in the thread that waits."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self._on_progress = on_progress
        self._last: Progress | None = None
        self._told = 0.0

    def tell(self, news: Progress) -> None:
        """Something is new."""
        self._last, self._told = news, time.monotonic()
        if self._on_progress is not None:
            self._on_progress(news)

    def again(self) -> None:
        """Nothing is new; may be called as often as one likes."""
        if self._last is not None and time.monotonic() - self._told > AGAIN_S:
            self.tell(self._last)
