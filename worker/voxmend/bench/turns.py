"""Our jobs and upstream's commands on the same clips, in turns, so that whatever else the machine
does falls on both alike. ``speed`` sets the scene and clears it away.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem, InternalError

from . import clip as clips
from . import weights
from .chain import SEPARATION, Chain
from .figures import Alone, Ours, Row, Theirs
from .home import Home, Job
from .rival import Commands, Rival

REPEATS = 3
LONG_S = 60.0
"""A longer clip is measured once: its own length evens out what varies."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What to measure.

    Attributes:
        clips: lengths in seconds.
        against: whether upstream's commands run too.
        networks: whether each network is measured alone.
        every: then the slow ones too: RoFormer, MDX23C and SCNet large.
        full: networks of the published size; tests take tiny ones.
        repeats: measured runs of a clip that is not long.
        chain: what is run.
    """

    clips: Sequence[float] = (3.0, 20.0)
    against: bool = False
    networks: bool = False
    every: bool = False
    full: bool = True
    repeats: int = REPEATS
    chain: Chain = SEPARATION


@dataclass(slots=True)
class Turns:
    """A measurement under way."""

    question: Question
    places: weights.Places
    home: Home
    env: Mapping[str, str]
    tell: Tell
    rival: Rival | None = None
    device: str = ""

    def clip(self, seconds: float, seed: int) -> Path:
        """A clip of this length; each seed is other content."""
        file = self.places.root / "clips" / f"{seconds:g}s_{seed}.wav"
        return file if file.exists() else clips.write(file, seconds, seed)

    def repeats(self, seconds: float) -> int:
        """How often it is measured."""
        return 1 if seconds > LONG_S else self.question.repeats

    def row(self, seconds: float) -> Row:
        """One length of clip: cold, restarted, warm in turns with upstream, cached."""
        home, repeats = self.home, self.repeats(seconds)
        home.stop()
        home.forget_trials()
        cold = self._ours("first", seconds, 100)
        home.stop()
        restart = self._ours("restart", seconds, 101)
        engine = home.engine()
        warm: list[Job] = []
        theirs: list[Commands] = []
        for seed in range(1, repeats + 1):
            warm.append(self._ours("warm", seconds, seed))
            if self.rival is not None and self.question.against:
                ran = self.rival.run(
                    self.places, self.clip(seconds, seed), self.question.full, self.env,
                    self.question.chain,
                )  # fmt: skip
                each = ", ".join(f"{name} {took.seconds:.2f}" for name, took in ran.took.items())
                self.tell(f"{seconds:g} s, upstream: {ran.seconds:.2f} s ({each})")
                theirs.append(ran)
        cached = self._ours("cached", seconds, repeats)
        if engine != home.engine():
            raise EnvironmentProblem(
                "The engine died while it was measured. Close other programs, then run it again."
            )
        self.device = cold.facts["device"]
        ours = _ours(seconds, cold, restart, warm, cached, home.peak_mb())
        return _row(seconds, repeats, ours, _theirs(seconds, theirs))

    def _ours(self, what: str, seconds: float, seed: int) -> Job:
        """A job of ours, which must be what it is called."""
        job = self.home.restore(self.clip(seconds, seed))
        self.tell(f"{seconds:g} s, {what}: {job.seconds:.2f} s")
        if job.ran if what == "cached" else job.cached:
            raise InternalError(f"The {what} job ran {job.ran} stages and found {job.cached}.")
        return job

    def alone(self, rival: Rival) -> tuple[Alone, ...]:
        """Each network alone."""
        question = self.question
        slow = ("scnet_large", "roformer", "mdx23c") if question.every else ()
        names = ("htdemucs", "scnet", "mdx", *slow)
        self.tell(f"alone, in turns: {', '.join(names)}")
        return rival.alone(
            self.places, names, [(self.clip(length, 1), length) for length in question.clips],
            [self.repeats(length) for length in question.clips], question.full,
            self.device.partition(" ")[0], self.env,
        )  # fmt: skip


def _ours(
    seconds: float, cold: Job, restart: Job, warm: Sequence[Job], cached: Job, peak: float | None
) -> Ours:
    middle = sorted(warm, key=lambda job: job.seconds)[len(warm) // 2]
    return Ours(
        cold_s=round(cold.seconds, 3),
        restart_s=round(restart.seconds, 3),
        warm_s=round(middle.seconds, 3),
        cached_s=round(cached.seconds, 3),
        warm_rtf=round(middle.seconds / seconds, 4),
        peak_mb=_whole(peak),
        job_warm_s=middle.facts["seconds"],
        first_window_s=middle.facts["first_window_s"],
        stages=tuple(middle.facts["stages"]),
    )


def _theirs(seconds: float, runs: Sequence[Commands]) -> Theirs | None:
    if not runs:
        return None
    total = statistics.median(run.seconds for run in runs)
    peaks = [run.peak_mb for run in runs if run.peak_mb is not None]
    return Theirs(
        commands_s={
            name: round(statistics.median(run.took[name].seconds for run in runs), 3)
            for name in runs[0].took
        },
        total_s=round(total, 3),
        rtf=round(total / seconds, 4),
        peak_mb=_whole(max(peaks)) if peaks else None,
    )


def _row(seconds: float, repeats: int, ours: Ours, theirs: Theirs | None) -> Row:
    if theirs is None:
        return Row(seconds, repeats, ours)
    return Row(
        seconds, repeats, ours, theirs,
        cold_ratio=round(theirs.total_s / ours.cold_s, 3),
        warm_ratio=round(theirs.total_s / ours.warm_s, 3),
    )  # fmt: skip


def _whole(megabytes: float | None) -> float | None:
    return None if megabytes is None else round(megabytes, 1)
