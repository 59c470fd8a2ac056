"""Finds where a voice lies in a song, and at what speed: the search, coarse to fine.

First the loudest windows of a stretch of 90 s are searched for, ± 10 s around the same time, then
in the whole song, then as a voice whose rate is mislabelled; they vote. Then every sounding window
of the voice is looked up at the place that was found. Windows, not the whole: memory does not grow
with length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .correlate import RATE, Peak, curves, peaks
from .ear import Ear
from .vote import CAP, Heard, Line, best, likeness, second

WINDOW = 5 * RATE
"""Long enough for a clear peak, short enough that 300 ppm move it by 1.5 ms."""

SHORT, FEWEST = 2 * RATE, 5
"""Windows of a short voice: 2 s at least, and so many in it if that allows."""

SHORTEST = RATE
"""A voice shorter than this, 1 s, is not looked for."""

REACH = 10 * RATE
"""Delay up to which a whole voice is looked for first."""

STRETCH = 90 * RATE
VOTERS = 10
CHOICES = 8
"""The stretch from which the first windows come, how many, and peaks that each may name."""

SOUNDS_DB = -30.0
"""A window sounds down to this under the loudest."""

SILENT = 1e-4
"""RMS under which nothing sounds: −80 dBFS."""

LEAST = 6.5
"""Score of a peak that is worth a vote."""

MOST = 0.8
"""Share of the windows on a line at which no other clock is tried."""

DRIFTS = tuple(ppm * 1e-6 for ppm in (-125, 125, -250, 250, -375, 375, -500, 500))
"""Clocks that are tried where too few windows agree."""

SURE = 0.5
"""Share of the windows that must be on the line, and never fewer than two where there are two."""

SURE_ALONE = 20.0
"""Mean score that so few windows must have that chance could align them."""

AS_LONG = RATE // 2
"""A voice whose length differs by more was trimmed, and may begin anywhere."""

SPEEDS = (1.0, 44_100 / 48_000, 48_000 / 44_100)
"""As labelled; 48 kHz labelled 44.1 kHz (it runs too slow, and takes less of the song than it
says); and the reverse."""


Heards = Sequence[Heard]
Read = Sequence[tuple[float, Tensor]]
"""Windows of the voice: where each begins, and its sound. Shape: (samples,)."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a voice lies, at first sight.

    Attributes:
        speed: of ``SPEEDS``.
        line: in frames of ``RATE``.
        other: the next best place.
        likeness: mean over the windows of the score there over the score here, at most 1 each.
    """

    speed: float
    line: Line
    other: Line | None
    likeness: float


def window_of(voice: Ear) -> int:
    """Frames of a window: shorter where there would be fewer than ``FEWEST`` of them, and all of a
    voice that is shorter than one."""
    frames = voice.sound.frames
    return min(WINDOW, max(SHORT, frames // FEWEST), frames)


def sounding(voice: Ear) -> list[tuple[int, float]]:
    """Begins of all windows, one after another, in which the voice sounds, with their RMS."""
    size = window_of(voice)
    levels = []
    for begin in range(0, voice.sound.frames - size + 1, size):
        level = float(voice.read(begin, size).square().mean().sqrt())
        levels.append((begin, level))
    loudest = max(level for _, level in levels)
    least = max(SILENT, loudest * 10 ** (SOUNDS_DB / 20))
    return [(at, level) for at, level in levels if level > least]


def first_sight(
    voice: Ear, song: Ear, windows: Sequence[tuple[int, float]], check: Callable[[], None]
) -> Found | None:
    """Where the voice's loudest windows agree to lie; None: nowhere.

    Args:
        windows: of the voice at its labelled speed, as ``sounding`` gives them.
        check: called often; what it raises ends the search.
    """
    size = window_of(voice)
    # As labelled first, and everywhere, before another rate is thought of.
    ways = [(speed, everywhere) for speed in SPEEDS for everywhere in (False, True)]
    stretches = _stretches(windows)
    for speed, everywhere in ways:
        if not everywhere and abs(voice.frames * speed - song.frames) > AS_LONG:
            continue
        # Of a voice that is longer than the song most stretches lie outside.
        several = voice.frames * speed > song.frames + AS_LONG and everywhere
        # And one stretch may hold an edit, of which each side has too few windows.
        tried = len(stretches) if several else 2 if speed == 1 else 1
        for chosen in stretches[:tried]:

            def hears(
                drift: float, delay: float, chosen: list[int] = chosen, speed: float = speed,
                everywhere: bool = everywhere,
            ) -> Heards:  # fmt: skip
                ear = voice.at_speed(speed * (1 + drift))
                read = [ear.window(begin * ear.speed, size) for begin in chosen]
                if everywhere and not drift:
                    return _everywhere(read, song, check)
                return _nearby(read, song, delay, check)

            found = _agreed(speed, hears, everywhere)
            if found is not None:
                return found
    return None


def _agreed(
    speed: float, hears: Callable[[float, float], Heards], everywhere: bool
) -> Found | None:
    """What the windows of a stretch agree on, if they do; where not all agree, they are heard at
    other clocks too, since a window that runs off has a blunt peak.

    Args:
        hears: gives the windows' peaks at a drift, around a delay.
    """
    heard = hears(0.0, 0.0)
    line, drift = best(heard), 0.0
    if everywhere and (line is None or not _sure(line, len(heard))):
        return None
    if (line is None or line.windows < MOST * len(heard)) and speed == 1:
        at = line.delay if line is not None and everywhere else 0.0
        for other in DRIFTS:
            again = hears(other, at)
            better = best(again)
            if better is not None and (line is None or better.support > line.support):
                heard, line, drift = again, better, other
    if line is None or not _sure(line, len(heard)):
        return None
    next_best = second(heard, line)
    alike = 0.0 if next_best is None else likeness(heard, line, next_best)
    whole = replace(line, drift=(1 + drift) * (1 + line.drift) - 1)
    return Found(speed, whole, next_best, alike)


def looked_up(
    voice: Ear, song: Ear, begins: Sequence[float], check: Callable[[], None]
) -> list[Heard]:
    """Where in the whole song windows of the voice, at its speed, may lie."""
    size = window_of(voice)
    return _everywhere([voice.window(begin, size) for begin in begins], song, check)


def _stretches(windows: Sequence[tuple[int, float]]) -> list[list[int]]:
    """The loudest windows of each stretch, the stretch that sounds most first."""
    left, found = list(windows), []
    while left:
        inside = [[w for w in left if at <= w[0] < at + STRETCH] for at, _ in left]
        loudest = [sorted(near, key=lambda w: -w[1])[:VOTERS] for near in inside]
        n = max(range(len(left)), key=lambda n: sum(level for _, level in loudest[n]))
        found.append(sorted(at for at, _ in loudest[n]))
        left = [w for w in left if w not in inside[n]]
    return found


def _nearby(read: Read, song: Ear, delay: float, check: Callable[[], None]) -> list[Heard]:
    """The peaks of windows ``REACH`` around where they begin, or so much later."""
    heard = []
    for at, sound in read:
        check()
        first = round(at + delay) - REACH
        found = curves(sound[None], song.read(first, len(sound) + 2 * REACH))[0]
        heard.append(Heard(at, _moved(peaks(found, CHOICES, LEAST), first - at)))
    return heard


def _everywhere(read: Read, song: Ear, check: Callable[[], None]) -> list[Heard]:
    """The peaks of windows in the whole song."""
    sounds = torch.stack([sound for _, sound in read])
    size = sounds.shape[1]
    found: list[list[Peak]] = [[] for _ in read]
    for first in range(-size // 2, song.sound.frames - size // 2, 2 * REACH):
        check()
        within = song.read(first, size + 2 * REACH)
        for n, one in enumerate(curves(sounds, within)):
            found[n] += _moved(peaks(one, CHOICES, LEAST), first - read[n][0])
    ranked = (sorted(each, key=lambda peak: -peak.score)[:CHOICES] for each in found)
    return [Heard(at, tuple(each)) for (at, _), each in zip(read, ranked, strict=True)]


def _moved(found: Sequence[Peak], by: float) -> tuple[Peak, ...]:
    return tuple(Peak(peak.lag + by, peak.score) for peak in found)


def _sure(line: Line, windows: int) -> bool:
    """Whether so many windows would not agree by chance."""
    if line.windows < max(min(2, windows), SURE * windows):
        return False
    return line.windows >= 4 or line.support / line.windows >= min(CAP, SURE_ALONE)
