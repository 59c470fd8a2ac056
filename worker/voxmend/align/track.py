"""The whole voice followed along the place that was found: its exact delay, its clock, its edits.

Every sounding window is looked up near the line. Those on it make it exact, to some hundredths of
a sample; those that lie elsewhere, and agree on where, are a cut or an insertion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .correlate import RATE, exact
from .ear import Ear
from .locate import WINDOW, Found, looked_up
from .vote import supported

CLOSE = RATE // 4
"""Samples around the line in which a window is looked up: 0.25 s."""

CLEAR = 6.0
"""Score of a window that was found there; chance gives 4."""

ON = 8.0
"""Samples by which a window may miss the line and be on it: 0.5 ms."""

AGREE = 24.0
"""Samples within which two windows elsewhere are at the same place: 1.5 ms."""

ROUNDS = 3
"""How often the line is drawn anew; the second time the windows run at its speed."""

ASKED = 6
"""Windows off the line that are looked for in the whole song."""

STEADY = 20 * RATE
"""Span of windows under which nothing is said of the clock: a sample in 20 s is 3 ppm."""


HIGHEST = 100.0
"""Score above which a window weighs no more."""

PROVED, LEAST_DRIFT = 4.0, 0.05
"""A drift counts that is so many times its own error, and so many samples over all windows."""

SIDE, INNER = 2, 3
"""Windows that must lie elsewhere for an edit: at an end of the voice, and between others."""

SURE_SIDE, SURE_INNER = 10.0, 15.0
"""Their mean score there. In a rest a loop's bleed fits a bar later too, by chance."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """One window of the voice at the line.

    Attributes:
        at: where it begins, frames of the voice at its speed.
        lag: where it lies against that.
        score, sign: of its peak.
    """

    at: float
    lag: float
    score: float
    sign: float


@dataclass(frozen=True, slots=True)
class Edit:
    """A place from which on the voice lies elsewhere.

    Attributes:
        after_s, before_s: seconds of the voice between which it is.
        by_s: how much later the voice lies from there on; above 0 something was cut out of it.
    """

    after_s: float
    before_s: float
    by_s: float


@dataclass(frozen=True, slots=True)
class Track:
    """Where a voice lies, exactly.

    Attributes:
        delay_s: where in the song it begins.
        speed: seconds of the song that one second of it takes.
        inverted: its polarity is.
        clear: share of the sounding windows that were found on the line.
        windows: how many sound.
        edit: the first, if there is one.
    """

    delay_s: float
    speed: float
    inverted: bool
    clear: float
    windows: int
    edit: Edit | None


def follow(
    voice: Ear,
    song: Ear,
    found: Found,
    windows: Sequence[tuple[int, float]],
    check: Callable[[], None],
) -> Track:
    """Follow a voice from one end to the other.

    Args:
        windows: of the voice at its labelled speed, as ``sounding`` gives them.
        check: called often; what it raises ends it.
    """
    speed = found.speed * (1 + found.line.drift)
    delay, drift = found.line.delay, 0.0
    heard: list[Window] = []
    shortest = min(WINDOW, round(voice.frames))
    for _ in range(ROUNDS):
        ear = voice.at_speed(speed)
        heard = [_look(ear, song, begin * speed, delay, check) for begin, _ in windows]
        heard = [w for w in heard if 0 <= w.at + delay <= song.sound.frames - shortest]
        delay, drift = _line(heard, delay)
        speed *= 1 + drift
        if abs(drift) < 2e-7:
            break
    on = _on(heard, delay, drift)
    edit = _edit(voice.at_speed(speed), song, heard, delay, drift, check)
    # Where the voice begins does not move with its speed: `at` is counted from there.
    return Track(
        delay / RATE, speed, sum(window.sign * window.score for window in on) < 0,
        len(on) / max(1, len(heard)), len(heard), edit,
    )  # fmt: skip


def _look(ear: Ear, song: Ear, begin: float, delay: float, check: Callable[[], None]) -> Window:
    """One window near the line."""
    check()
    at, sound = ear.window(begin, min(WINDOW, round(ear.frames)))
    first = round(at + delay) - CLOSE
    peak, sign = exact(sound, song.read(first, len(sound) + 2 * CLOSE))
    return Window(at, first + peak.lag - at, peak.score, sign)


def _line(heard: Sequence[Window], delay: float) -> tuple[float, float]:
    """Delay and remaining drift, by the windows that agree."""
    clear = [w for w in heard if w.score >= CLEAR]
    if not clear:
        return delay, 0.0
    at = np.array([w.at for w in clear])
    lag = np.array([w.lag for w in clear])
    weight = np.array([min(w.score, HIGHEST) for w in clear])
    steps = np.diff(lag) / np.maximum(np.diff(at), 1.0)
    drift = float(np.median(steps)) if len(steps) >= 3 else 0.0
    middle = _median(lag - drift * at, weight)
    for _ in range(ROUNDS):
        near = np.abs(lag - middle - drift * at) < ON
        if not near.any():
            break
        drift = _drift(at[near], lag[near], weight[near])
        middle = float(np.average(lag[near] - drift * at[near], weights=weight[near]))
    return middle, drift


def _drift(at: Floats, lag: Floats, weight: Floats) -> float:
    """By how much the lag grows; 0 where the windows do not prove that it does."""
    if len(at) < 4 or np.ptp(at) < STEADY:
        return 0.0
    spread = at - np.average(at, weights=weight)
    off = lag - np.average(lag, weights=weight)
    total = float(np.sum(weight * spread**2))
    drift = float(np.sum(weight * spread * off) / total)
    error = float(np.sqrt(np.sum((weight * spread * (off - drift * spread)) ** 2)) / total)
    proved = abs(drift) > max(PROVED * error, LEAST_DRIFT / np.ptp(at))
    return drift if proved else 0.0


def _median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def _on(heard: Sequence[Window], delay: float, drift: float) -> list[Window]:
    return [w for w in heard if w.score >= CLEAR and abs(w.lag - delay - drift * w.at) < ON]


def _edit(
    voice: Ear, song: Ear, heard: Sequence[Window], delay: float, drift: float,
    check: Callable[[], None],
) -> Edit | None:  # fmt: skip
    """The first place at which the voice goes on elsewhere."""
    on = {id(window) for window in _on(heard, delay, drift)}
    runs: list[list[int]] = [[]]
    for n, window in enumerate(heard):
        if id(window) in on:
            runs.append([])
        else:
            runs[-1].append(n)
    for run in filter(None, runs):
        by = _elsewhere(voice, song, heard, run, (delay, drift), check)
        if by is None:
            continue
        if run[0] == 0:  # what lies elsewhere comes first, and goes over into the rest
            border, by = run[-1] + 1, -by
        else:
            border = run[0]
        after = heard[border - 1].at if border else 0.0
        before = (heard[border] if border < len(heard) else heard[-1]).at + WINDOW
        return Edit(after / RATE / voice.speed, before / RATE / voice.speed, by / RATE)
    return None


def _elsewhere(
    voice: Ear, song: Ear, heard: Sequence[Window], run: Sequence[int],
    line: tuple[float, float], check: Callable[[], None],
) -> float | None:  # fmt: skip
    """By how much later windows lie that are not on the line, if they agree on it."""
    at_end = run[0] == 0 or run[-1] == len(heard) - 1
    least, sure = (SIDE, SURE_SIDE) if at_end else (INNER, SURE_INNER)
    if len(run) < least:
        return None
    delay, drift = line
    chosen = sorted(sorted(run, key=lambda n: -heard[n].score)[:ASKED])
    found = looked_up(voice, song, [heard[n].at for n in chosen], check)
    lines = [
        supported(found, peak.lag - drift * window.at, drift)
        for window in found
        for peak in window.peaks
        if abs(peak.lag - drift * window.at - delay) > AGREE
    ]
    best = max(lines, key=lambda each: each.support, default=None)
    if best is None or best.windows < max(least, len(found) / 2):
        return None
    return best.delay - delay if best.support / best.windows >= sure else None
