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
from .locate import REACH, Found, looked_up, window_of
from .vote import supported

CLOSE = RATE // 4
"""Samples around the line in which a window is looked up: 0.25 s."""

CLEAR = 6.0
"""Score of a window that was found there; chance gives 4."""

ON = 8.0
"""Samples by which a window may miss the line and be on it: 0.5 ms."""

AGREE = 24.0
"""Samples within which two windows elsewhere are at the same place: 1.5 ms."""

ROUNDS, CLOSE_ENOUGH = 4, 2e-8
"""How often the line is drawn anew, each time with windows that run at its speed, and the change
of speed at which that ends: a hundredth of a sample in half a minute."""

ASKED = 6
"""Windows off the line that are looked for in the whole song."""

STEADY = 20 * RATE
"""Span of windows over which a fine drift shows: a sample in 20 s is 3 ppm."""


HIGHEST = 100.0
"""Score above which a window weighs no more."""

PROVED, LEAST_DRIFT = 6.0, 0.2
"""A drift counts that is so many times its own error, and so many samples over all windows."""

FIT, FEW_DRIFT = 4, 1.0
"""With fewer windows there is hardly an error to judge by: then it must be more samples."""

SIDE, INNER = 2, 3
"""Windows that must lie elsewhere for an edit: at an end of the voice, and between others."""

SURE_SIDE, SURE_INNER = 10.0, 15.0
"""Their mean score there. In a rest a loop's bleed fits a bar later too, by chance."""

QUIET = 0.2
"""Level against the windows on the line, −14 dB, under which a run says nothing: there is little
but a separator's bleed, and of a loop that fits anywhere."""

WHOLE = RATE / 10
"""Length and delay, samples, that differ by less are those of a whole voice."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """One window of the voice at the line.

    Attributes:
        at: where it begins, frames of the voice at its speed.
        lag: where it lies against that.
        score, sign: of its peak.
        inside: whether the song has most of it there.
    """

    at: float
    lag: float
    score: float
    sign: float
    inside: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """A line through windows: lag at the voice's begin, growth a frame, and that one's error."""

    delay: float
    drift: float
    error: float


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
    size = window_of(voice)

    def looked(speed: float, delay: float) -> list[Window]:
        ear = voice.at_speed(speed)
        return [_look(ear, song, begin * speed, size, delay, check) for begin, _ in windows]

    speed, delay = found.speed * (1 + found.line.drift), found.line.delay
    heard: list[Window] = []
    fit = Fit(delay, 0.0, 0.0)
    for _ in range(ROUNDS):
        heard = looked(speed, delay)
        fit = _fit(heard, delay)
        delay, speed = fit.delay, speed * (1 + fit.drift)
        if abs(fit.drift) < CLOSE_ENOUGH:
            break
    if not _proved(speed / found.speed - 1, fit.error, heard):
        speed = found.speed
        heard = looked(speed, delay)
        fit = _fit(heard, delay, steady=True)
        delay = fit.delay
    drift = fit.drift
    on = [w for w in _on(heard, delay, drift) if w.inside]
    there = sum(w.inside for w in heard)
    edit = _edit(voice.at_speed(speed), song, windows, heard, delay, drift, check)
    # Where the voice begins does not move with its speed: `at` is counted from there.
    return Track(
        delay / RATE, speed, sum(window.sign * window.score for window in on) < 0,
        len(on) / max(1, there), there, edit,
    )  # fmt: skip


def _look(
    ear: Ear, song: Ear, begin: float, size: int, delay: float, check: Callable[[], None]
) -> Window:
    """One window near the line."""
    check()
    at, sound = ear.window(begin, size)
    first = round(at + delay) - CLOSE
    peak, sign = exact(sound, song.read(first, len(sound) + 2 * CLOSE))
    begin, most = at + delay, size * 3 // 4
    inside = most - size <= begin <= song.sound.frames - most
    return Window(at, first + peak.lag - at, peak.score, sign, inside)


def _fit(heard: Sequence[Window], delay: float, steady: bool = False) -> Fit:
    """The line through the windows that agree; with ``steady`` a level one."""
    clear = [w for w in heard if w.inside and w.score >= CLEAR]
    if not clear:
        return Fit(delay, 0.0, 0.0)
    at = np.array([w.at for w in clear])
    lag = np.array([w.lag for w in clear])
    weight = np.array([min(w.score, HIGHEST) for w in clear])
    steps = np.diff(lag) / np.maximum(np.diff(at), 1.0)
    # Of neighbours: an edit spoils one of them, where it would tilt a line through all.
    fit = Fit(0.0, 0.0 if steady or len(steps) < 2 else float(np.median(steps)), 0.0)
    fit = Fit(_median(lag - fit.drift * at, weight), fit.drift, 0.0)
    for _ in range(ROUNDS):
        near = np.abs(lag - fit.delay - fit.drift * at) < ON
        if not near.any():
            break
        fit = _through(at[near], lag[near], weight[near], steady)
    return fit


def _through(at: Floats, lag: Floats, weight: Floats, steady: bool) -> Fit:
    """Weighted least squares, and the error of the drift by what is left."""
    middle, level = float(np.average(at, weights=weight)), float(np.average(lag, weights=weight))
    spread = at - middle
    total = float(np.sum(weight * spread**2))
    if steady or total <= 0:
        return Fit(level, 0.0, 0.0)
    drift = float(np.sum(weight * spread * (lag - level)) / total)
    left = weight * spread * (lag - level - drift * spread)
    return Fit(level - drift * middle, drift, float(np.sqrt(np.sum(left**2)) / total))


def _proved(drift: float, error: float, heard: Sequence[Window]) -> bool:
    """Whether so much drift over all windows is one, and not the windows' own error."""
    ats = [w.at for w in heard if w.inside and w.score >= CLEAR]
    span = max(ats) - min(ats) if ats else 0.0
    least = LEAST_DRIFT if len(ats) >= FIT and span >= STEADY else FEW_DRIFT
    return abs(drift) > PROVED * error and abs(drift) * span > least


def _median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def _on(heard: Sequence[Window], delay: float, drift: float) -> list[Window]:
    return [w for w in heard if w.score >= CLEAR and abs(w.lag - delay - drift * w.at) < ON]


def _edit(
    voice: Ear, song: Ear, windows: Sequence[tuple[int, float]], heard: Sequence[Window],
    delay: float, drift: float, check: Callable[[], None],
) -> Edit | None:  # fmt: skip
    """The first place at which the voice goes on elsewhere."""
    on = {id(window) for window in _on(heard, delay, drift)}
    runs: list[list[int]] = [[]]
    for n, window in enumerate(heard):
        if id(window) in on:
            runs.append([])
        else:
            runs[-1].append(n)
    levels = [level for _, level in windows]
    there = [level for level, window in zip(levels, heard, strict=True) if id(window) in on]
    # As long as the song, and beginning with it: nothing can be missing at an end.
    whole = max(abs(voice.frames - song.sound.frames), abs(delay)) < WHOLE
    for run in filter(None, runs):
        at_end = run[0] == 0 or run[-1] == len(heard) - 1
        loud = max(levels[n] for n in run) > QUIET * np.mean(there or [0.0])
        if not loud or (whole and at_end):
            continue
        by = _elsewhere(voice, song, heard, run, (delay, drift), check)
        if by is None:
            continue
        if run[0] == 0:  # what lies elsewhere comes first, and goes over into the rest
            border, by = run[-1] + 1, -by
        else:
            border = run[0]
        after = heard[border - 1].at if border else 0.0
        before = (heard[border] if border < len(heard) else heard[-1]).at + window_of(voice)
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
    by = best.delay - delay
    outside = sum(not heard[n].inside for n in run)
    # What lies outside the song may fit into it elsewhere, as a refrain does.
    if best.support / best.windows < sure or (outside > len(run) / 2 and abs(by) > REACH):
        return None
    return by
