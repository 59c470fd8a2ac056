"""One line from many windows' peaks: where a voice lies and how its clock runs.

A window alone is often wrong: a loop fits a bar later as well as here, a drone anywhere. Windows
of another song name lags that have nothing to do with each other; those of the right one agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from .correlate import Peak

LIMIT = 1.1e-3
"""Drift up to which two windows can agree: what is refused is still to be named, such as the
1.001 between film and television."""

NEAR = 16
"""Samples by which a window may miss a line and still be on it: 1 ms."""

CAP = 25.0
"""Score above which a window counts no more, so that one loud window does not outvote the rest."""

ELSEWHERE = 4000
"""Samples from a line to another that is another place: 0.25 s."""

AS_GOOD, ALIKE = 0.9, 0.7
"""A line with so much of the best line's support, and its windows with so much of the best one's
scores, is as good: of such the one nearest to 0 is taken."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one window of the voice says.

    Attributes:
        at: where it begins, frames of the voice.
        peaks: where in the song it may lie, as lags against ``at``.
    """

    at: float
    peaks: tuple[Peak, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A place for the whole voice.

    Attributes:
        delay: lag at the voice's begin, frames.
        drift: frames by which the lag grows from one frame to the next.
        support: the windows' scores on it, each capped.
        windows: how many are on it.
    """

    delay: float
    drift: float
    support: float
    windows: int

    def at(self, frame: float) -> float:
        """The lag there."""
        return self.delay + self.drift * frame


def best(heard: Sequence[Heard]) -> Line | None:
    """The line that most windows are on; None where no window has a peak."""
    lines = _lines(heard)
    if not lines:
        return None
    most = max(line.support for line in lines)
    good = [line for line in lines if line.support >= AS_GOOD * most]
    places: list[Line] = []  # of each place only its best line: a worse one misses by a little
    for line in sorted(good, key=lambda line: -line.support):
        if all(_apart(line, other, heard) > ELSEWHERE for other in places):
            places.append(line)
    # The cap hides which of them fits better: that say the scores themselves.
    strongest = max(places, key=lambda line: _total(heard, line))
    alike = [line for line in places if likeness(heard, strongest, line) >= ALIKE]
    return min(alike, key=lambda line: abs(line.delay))


def second(heard: Sequence[Heard], first: Line) -> Line | None:
    """The best line at another place, at about the same drift."""
    others = [
        line
        for line in _lines(heard)
        if _apart(line, first, heard) > ELSEWHERE and abs(line.drift - first.drift) < LIMIT / 4
    ]
    return max(others, key=lambda line: line.support, default=None)


def likeness(heard: Sequence[Heard], line: Line, other: Line) -> float:
    """Mean over the windows of ``line`` of their score at ``other`` over that at ``line``."""
    ratios = []
    for window in heard:
        here, there = (_score(window, each.delay, each.drift) for each in (line, other))
        if here:
            ratios.append(min(1.0, there / here))
    return sum(ratios) / len(ratios) if ratios else 0.0


def supported(heard: Sequence[Heard], delay: float, drift: float) -> Line:
    """The line with what the windows say of it."""
    scores = [_score(window, delay, drift) for window in heard]
    on = [min(CAP, score) for score in scores if score]
    return Line(delay, drift, sum(on), len(on))


def _lines(heard: Sequence[Heard]) -> list[Line]:
    """Through each pair of peaks of two windows; of one window alone, one a peak."""
    if len(heard) == 1:
        return [supported(heard, peak.lag, 0.0) for peak in heard[0].peaks]
    found = []
    for one, other in combinations(heard, 2):
        span = other.at - one.at
        for first in one.peaks:
            for last in other.peaks:
                if abs(last.lag - first.lag) <= LIMIT * abs(span) + NEAR:
                    drift = (last.lag - first.lag) / span
                    if abs(last.lag - first.lag) <= 2:  # as good as none
                        found.append(supported(heard, (first.lag + last.lag) / 2, 0.0))
                    found.append(supported(heard, first.lag - drift * one.at, drift))
    return found


def _score(window: Heard, delay: float, drift: float) -> float:
    """A window's highest peak on a line; 0 where it has none."""
    lag = delay + drift * window.at
    return max((p.score for p in window.peaks if abs(p.lag - lag) <= NEAR), default=0.0)


def _total(heard: Sequence[Heard], line: Line) -> float:
    return sum(_score(window, line.delay, line.drift) for window in heard)


def _apart(one: Line, other: Line, heard: Sequence[Heard]) -> float:
    return min(abs(one.at(window.at) - other.at(window.at)) for window in heard)
