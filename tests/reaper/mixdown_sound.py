"""What a take plays, before any gain: source samples at the times that the item asks for.

Positions are counted in samples of the source. On the grid a sample is copied, between samples it
is a Kaiser-windowed sinc of 64 taps, evaluated as a polynomial in the fraction (Farrow), which is
as exact as the closed form and keeps the work inside one matrix product.
Outside a file there is silence. A section is a window on its file: silent outside, but the sinc
sees the file's own neighbours at its edges. A reversed source of n samples plays n − 1 − k.
A looped source is endless in both directions, so a negative offset begins in the loop before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
from numpy.typing import NDArray
from reaper.mixdown_project import Marker, Refused, Section, Source, Take

Array = NDArray[np.float64]
Stretcher = Literal["linear", "signal-dependent"]

TAPS = 64
BEFORE = TAPS // 2 - 1  # taps at or before the sample left of the position: −31 … 32
KAISER = 11.0
DEGREE = 15
ON_GRID = 1e-6  # samples; a project time of an hour in double precision is good to 1e-7
BLOCK = 512
"""Positions in one matrix product: so few that no library splits it among threads."""

GRAIN_STEP = 0.02
GRAIN_SHIFT = 0.003
GRAIN_REACH = 64


@dataclass(frozen=True, slots=True)
class Sound:
    """samples: (channels, n)."""

    rate: int
    samples: Array


@lru_cache(maxsize=48)
def read_file(path: Path, stamp: tuple[int, int]) -> Sound:
    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    return Sound(int(rate), np.ascontiguousarray(samples.T))


def load(path: Path) -> Sound:
    if not path.is_file():
        raise Refused(f"the source {path} is missing")
    stat = path.stat()
    return read_file(path, (stat.st_size, stat.st_mtime_ns))


@cache
def farrow() -> Array:
    """(TAPS, DEGREE + 1): tap k's weight as a polynomial in fraction − 1/2."""
    nodes: Array = 0.5 * np.cos(np.pi * (np.arange(64, dtype=np.float64) + 0.5) / 64)
    taps = np.arange(TAPS) - BEFORE
    distance: Array = nodes[:, None] + 0.5 - taps[None, :]
    reach = np.clip(1.0 - (distance / (TAPS / 2)) ** 2, 0.0, None)
    window = np.i0(KAISER * np.sqrt(reach)) / np.i0(KAISER)
    weights = np.sinc(distance) * window
    weights /= weights.sum(axis=1, keepdims=True)  # a constant stays the constant
    powers = (2 * nodes[:, None]) ** np.arange(DEGREE + 1)
    return np.asarray(np.linalg.lstsq(powers, weights, rcond=None)[0].T, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Player:
    """A source as REAPER offers it: section cut, reversed, looped or not.

    at(p): the sound at positions p, in samples of the source from its (section's) start.
    """

    sound: Sound
    start: float  # samples of the file
    length: float  # samples
    reverse: bool
    gated: bool
    loop: bool

    @property
    def rate(self) -> int:
        return self.sound.rate

    def tap(self, index: NDArray[np.int64]) -> Array:
        """File samples at integer source positions; loops wrap. Shape: (channels, …)."""
        n = round(self.length)
        if self.loop and n > 0:
            index = index % n
        first = round(self.start)
        file = first + (n - 1 - index if self.reverse else index)
        samples = self.sound.samples
        inside = (file >= 0) & (file < samples.shape[1])
        taken: Array = samples[:, np.where(inside, file, 0)] * inside
        return taken

    def at(self, p: Array) -> Array:
        """Shape: (channels, len(p))."""
        # A section that starts between samples starts there: its samples lie off the file's grid.
        off = self.start - round(self.start)
        shift = 0.0 if abs(off) < ON_GRID else off
        q = p + (-shift if self.reverse else shift)
        whole = np.rint(q)
        if np.all(np.abs(q - whole) < ON_GRID):
            out = self.tap(whole.astype(np.int64))
        else:
            out = self.between(q)
        if self.gated and not self.loop:
            out = out * ((p > -ON_GRID) & (p < self.length - ON_GRID))
        return out

    def between(self, q: Array) -> Array:
        out = np.empty((self.sound.samples.shape[0], len(q)))
        coefficients = np.ascontiguousarray(farrow().T)
        for begin in range(0, len(q), BLOCK):
            part = q[begin : begin + BLOCK]
            left = np.floor(part + ON_GRID).astype(np.int64)
            fraction = part - left
            low, high = int(left.min()) - BEFORE, int(left.max()) + TAPS - BEFORE
            span = self.tap(np.arange(low, high))
            view = np.lib.stride_tricks.sliding_window_view(span, TAPS, axis=1)
            # The weights of all channels at once.
            weights = np.vander(2.0 * (fraction - 0.5), DEGREE + 1, increasing=True) @ coefficients
            rows = left - BEFORE - low
            for channel in range(out.shape[0]):
                out[channel, begin : begin + BLOCK] = np.einsum(
                    "nk,nk->n", view[channel, rows], weights
                )
        return out


def player(source: Source, loop: bool) -> Player:
    if source.path is None:
        raise Refused(f"a source of type {source.kind} has no sound")
    sound = load(source.path)
    n = sound.samples.shape[1]
    section: Section | None = source.section
    if section is None:
        return Player(sound, 0.0, float(n), reverse=False, gated=False, loop=loop)
    start = section.start * sound.rate
    length = n - start if section.length is None else section.length * sound.rate
    return Player(sound, start, length, section.reverse, gated=True, loop=loop)


def source_time(take: Take, u: Array) -> Array:
    """Source time, in seconds, that item time u stands for.

    Stretch markers: pairs (pos, source); pos is item time × play rate, as REAPER stores it, source
    is absolute. Between a pair the rate runs in a straight line from (1 − slope) to (1 + slope)
    times its mean; outside the pairs it is the play rate.
    """
    if not take.markers:
        return take.offset + take.rate * u
    t = take.rate * u
    markers: tuple[Marker, ...] = take.markers
    out = np.where(
        t < markers[0].pos,
        markers[0].source + (t - markers[0].pos),
        markers[-1].source + (t - markers[-1].pos),
    )
    for a, b in pairwise(markers):
        share = (t - a.pos) / max(b.pos - a.pos, 1e-12)
        bent = (1.0 - a.slope) * share + a.slope * share * share
        out = np.where((t >= a.pos) & (t < b.pos), a.source + (b.source - a.source) * bent, out)
    return out


def is_stretched(take: Take) -> bool:
    return take.pitch != 0.0 or (take.keep_pitch and take.rate != 1.0)


def take_sound(take: Take, loop: bool, u: Array, stretcher: Stretcher) -> Array:
    """The take's sound at item times u, all channels of the source. Shape: (channels, len(u))."""
    assert take.source is not None
    play = player(take.source, loop)
    if not is_stretched(take):
        return play.at(source_time(take, u) * play.rate)
    return grains(play, take, u, stretcher)


def grains(play: Player, take: Take, u: Array, stretcher: Stretcher) -> Array:
    """The tests' stretcher: Hann grains of 40 ms every 20 ms; pitch moves inside a grain.

    In the signal-dependent mode a grain moves on by 3 ms where the source around it sums above
    zero, so that stretching the parts is not the part of the stretched whole, as in real ones.
    """
    left = np.floor(u / GRAIN_STEP).astype(np.int64)
    first = int(left.min())
    centres: Array = np.arange(first, int(left.max()) + 2, dtype=np.float64) * GRAIN_STEP
    nominal = source_time(take, centres)
    if stretcher == "signal-dependent":
        reach = np.arange(-GRAIN_REACH, GRAIN_REACH + 1)
        nearest = np.floor(nominal[:, None] * play.rate + reach + 0.5)
        around = play.at(nearest.ravel()).sum(axis=0).reshape(nearest.shape).sum(axis=1)
        nominal = nominal + GRAIN_SHIFT * (around > 0)
    factor = 2.0 ** (take.pitch / 12.0)
    out: Array | None = None
    for step in (0, 1):
        grain = left + step - first
        away = u - centres[grain]
        weight = 0.5 + 0.5 * np.cos(np.pi * np.clip(away / GRAIN_STEP, -1.0, 1.0))
        part = weight * play.at((nominal[grain] + away * factor) * play.rate)
        out = part if out is None else out + part
    assert out is not None
    return out


def track_channels(sound: Array, mode: int, channels: int) -> Array:
    """What a take gives to a track of so many channels: all of its source's where it plays them as
    they are and the track has room, else a pair. Shape: (2 or more, n)."""
    if mode == 0 and channels > 2 and len(sound) > 2:
        return sound[:channels]
    return channel_pair(sound, mode)


def channel_pair(sound: Array, mode: int) -> Array:
    """I_CHANMODE: the two channels that a take sends to its track. Shape: (2, n).

    0 as they are (mono on both sides), 1 swapped, 2 the mean of all channels, 3 left, 4 right,
    5–66 and 131–194 one channel (3–128), 67–130 and 195–257 a pair (1/2 … 127/128).
    A channel that the source lacks is silent.
    """

    def one(index: int) -> Array:
        return sound[index] if index < len(sound) else np.zeros(sound.shape[1])

    if not 0 <= mode <= 257:
        raise Refused(f"channel mode {mode}")
    if mode == 2:
        mono = sound.mean(axis=0)
        return np.stack([mono, mono])
    if 3 <= mode <= 66 or 131 <= mode <= 194:
        mono = one(mode - (3 if mode <= 66 else 67))
        return np.stack([mono, mono])
    if mode >= 67:
        first = mode - (67 if mode <= 130 else 131)
        return np.stack([one(first), one(first + 1)])
    pair = np.stack([sound[0], sound[0] if len(sound) == 1 else sound[1]])
    return pair[::-1] if mode == 1 else pair
