"""How loud a voice lies in its song, with which polarity, and which way round its channels are.

The level is the mode of |S|/|M| over time and frequency, weighted by |S| and by how well a cell
agrees with its neighbours: where the voice is all that sounds the two are equal over many cells,
and nowhere else. Least squares would take what a separator's mask left out for a lower level:
measured, 0.4 to 4 dB wrong on Spleeter's stems, where this is 0.05.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..audio.signal import Signal

WINDOW_S = 5.0
FFT_S = 0.05
"""Longest STFT window; the largest power of two within it is taken: 2,048 at 44.1 kHz."""

BAND_HZ = (150.0, 8_000.0)

RANGE_DB = 60.0
"""A voice is looked for so much louder and quieter than the song holds it."""

STEP_DB, SMOOTH_DB = 0.02, 0.05
"""Of the histogram. Smoothed by more, the slope under a mask's end at 1 drags the mode down."""

AGREE_DB, EDGE_DB = 0.1, 9.0
"""Difference from its neighbours down to which a cell gains weight; that taken where there is no
neighbour."""

NO_SIDE = 1e-4
"""Power of the difference of the channels over that of their sum, under which there is none to
compare: −40 dB."""

WIDE = 1e-2
"""The same of a song that is wide: −20 dB."""

SWAPPED = -0.1
"""Correlation of the two differences under which the channels are the wrong way round."""


@dataclass(frozen=True, slots=True)
class Level:
    """How a voice that lies in place compares with its song.

    Attributes:
        gain_db: by how much it is louder than the song holds it.
        inverted: its polarity is.
        swapped: left is right.
        narrow: it has no side, and the song has one: what the voice has there stays behind.
    """

    gain_db: float
    inverted: bool
    swapped: bool
    narrow: bool


def compare(
    voice: Signal, song: Signal, inverted: bool, begins: Sequence[int], check: Callable[[], None]
) -> Level:
    """Compare where the voice is loudest.

    Args:
        voice: in place, of the song's rate, length and channels.
        inverted: whether the voice's polarity is, as the mean of its channels says: which way
            round they are does not change that.
        begins: of windows in which it sounds, frames of the song.
        check: called often; what it raises ends it.
    """
    sums, middles, tallies = torch.zeros(5, dtype=torch.float64), _tally(), [_tally(), _tally()]
    for begin in begins:
        check()
        count = min(round(WINDOW_S * song.rate), song.frames - begin)
        ours, whole = (_cells(sound, begin, count) for sound in (voice, song))
        middles += _histogram(ours.mean(0), whole.mean(0))
        for tally, way in zip(tallies, (ours, ours.flip(0)), strict=True):
            tally += _histogram(way, whole)
        if len(ours) == 2:
            pairs = [(each[0] + each[1], each[0] - each[1]) for each in (ours, whole)]
            (middle, side), (song_middle, song_side) = pairs
            sums += torch.stack([
                _power(side, song_side), _power(side, side), _power(song_side, song_side),
                _power(middle, middle), _power(song_middle, song_middle),
            ])  # fmt: skip
    shared, own, theirs, middle_power, song_power = sums.tolist()
    has_side = own > NO_SIDE * middle_power
    likeness = shared / max(1e-30, (own * theirs) ** 0.5) * (-1 if inverted else 1)
    swapped = has_side and likeness < SWAPPED
    tally = tallies[swapped] if has_side else middles
    return Level(_mode(tally), inverted, swapped, not has_side and theirs > WIDE * song_power)


def _cells(sound: Signal, begin: int, count: int) -> Tensor:
    """The spectrum within the band. Shape: (channels, bins, columns)."""
    size = 1 << max(4, int(FFT_S * sound.rate).bit_length() - 1)
    samples = F.pad(torch.from_numpy(sound.read(begin, count)), (0, max(0, size - count)))
    spectrum = torch.stft(
        samples, size, size // 4, window=torch.hann_window(size), center=False, return_complex=True
    )
    hertz = torch.linspace(0, sound.rate / 2, size // 2 + 1)
    return spectrum[:, (hertz > BAND_HZ[0]) & (hertz < BAND_HZ[1])]


def _power(one: Tensor, other: Tensor) -> Tensor:
    return (one * other.conj()).real.double().sum()


def _tally() -> Tensor:
    return torch.zeros(round(2 * RANGE_DB / STEP_DB), dtype=torch.float64)


def _histogram(ours: Tensor, whole: Tensor) -> Tensor:
    """Of the level of each cell against the song's, weighted. Shape: (steps,)."""
    ratio = 20 * torch.log10(ours.abs().clamp_min(1e-20) / whole.abs().clamp_min(1e-20))
    weight = ours.abs() / (AGREE_DB + _unlike(ratio)) ** 3
    steps = ((ratio + RANGE_DB) / STEP_DB).long()
    inside = (steps >= 0) & (steps < len(_tally())) & (weight > 0)
    return _tally().index_add_(0, steps[inside], weight[inside].double())


def _unlike(ratio: Tensor) -> Tensor:
    """By how many decibels a cell differs from its four neighbours, on the mean. Shape: kept."""
    time = F.pad(ratio.diff(dim=-1).abs(), (1, 1), value=EDGE_DB)
    pitch = F.pad(ratio.diff(dim=-2).abs(), (0, 0, 1, 1), value=EDGE_DB)
    near = time[..., 1:] + time[..., :-1] + pitch[..., 1:, :] + pitch[..., :-1, :]
    return near / 4


def _mode(tally: Tensor) -> float:
    reach = round(4 * SMOOTH_DB / STEP_DB)
    at = torch.arange(-reach, reach + 1, dtype=torch.float64) * STEP_DB / SMOOTH_DB
    kernel = torch.exp(-0.5 * at.square())
    smooth = F.conv1d(tally[None, None], kernel[None, None], padding=reach)[0, 0]
    return (int(smooth.argmax()) + 0.5) * STEP_DB - RANGE_DB
