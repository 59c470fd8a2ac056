"""A picture of a sound: levels over time and frequency, small enough to be kept and sent.

Frequency is spaced as the ear spaces it (mel: O'Shaughnessy 1987), so that partials and highs both
have room. Levels are relative to a peak that the caller gives, so that the pictures of one job can
be laid side by side. numpy alone: whoever draws
or keeps one needs no torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .signal import Signal

WINDOW_S = 0.046
"""STFT window: the detectors' own."""

COLUMNS, BANDS = 1200, 128
"""Of a picture at most: as wide as a page, and what a phone still shows."""

LOW_HZ, HIGH_HZ = 50.0, 20_000.0
RANGE_DB = 90.0
"""From black to the peak's own level, which is the full scale of a cell."""

FULL = 255

PIECE_S = 10.0
"""Read at a time."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Levels of one sound.

    Attributes:
        cells: 0 = 90 dB below the peak, 255 = a full-scale sine at the peak. Row 0 is the lowest
            band. Shape: (bands, columns), uint8.
        low_hz, high_hz: of the first and the last row.
    """

    name: str
    cells: npt.NDArray[np.uint8]
    low_hz: float
    high_hz: float


def mel(hertz: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
    """Pitch as it is heard."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0))


def hertz(pitch: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Back from ``mel``."""
    return np.asarray(700.0 * (10.0 ** (pitch / 2595.0) - 1.0))


def picture(name: str, sound: Signal, peak: float) -> Picture:
    """Draw a sound, channels together.

    Args:
        peak: full scale of the picture, the same for all that are compared.
    """
    size = 1 << max(5, int(WINDOW_S * sound.rate).bit_length() - 1)
    hop = size // 2
    high = min(HIGH_HZ, sound.rate / 2)
    weights = _bands(size, sound.rate, high)
    frames = max(1, -(-sound.frames // hop))
    columns = min(COLUMNS, frames)
    power = np.zeros((BANDS, columns))
    counts = np.zeros(columns)
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    step = max(1, round(PIECE_S * sound.rate / hop))
    for first in range(0, frames, step):
        last = min(frames, first + step)
        sounds = _mono(sound, first * hop - hop // 2, (last - first - 1) * hop + size)
        cut = np.lib.stride_tricks.sliding_window_view(sounds, size)[::hop]
        cells = np.abs(np.fft.rfft(cut * window, axis=1)) ** 2 @ weights
        place = np.arange(first, last) * columns // frames
        np.add.at(power.T, place, cells[: len(place)])
        np.add.at(counts, place, 1)
    full = max(peak, 1e-9) * window.sum() / 2
    level = 10 * np.log10(power / counts / full**2 + 1e-12)
    scaled = np.clip((level + RANGE_DB) / RANGE_DB, 0, 1) * FULL
    return Picture(name, scaled.round().astype(np.uint8), LOW_HZ, high)


def _mono(sound: Signal, start: int, count: int) -> npt.NDArray[np.float32]:
    """The mean of the channels, zeros outside the sound."""
    first, last = max(0, start), min(sound.frames, start + count)
    found = np.zeros(count, dtype=np.float32)
    if last > first:
        found[first - start : last - start] = sound.read(first, last - first).mean(0)
    return found


def _bands(size: int, rate: int, high: float) -> npt.NDArray[np.float64]:
    """The loudest bin would be blind to noise, the sum would favour highs: a mean over the bins of
    a band, or the nearest bin where a band has none. Shape: (bins, bands)."""
    edges = hertz(np.linspace(float(mel(LOW_HZ)), float(mel(high)), BANDS + 1))
    bins = np.fft.rfftfreq(size, 1 / rate)
    weights = np.zeros((len(bins), BANDS))
    for n in range(BANDS):
        inside = (bins >= edges[n]) & (bins < edges[n + 1])
        if not inside.any():
            inside[np.abs(bins - (edges[n] + edges[n + 1]) / 2).argmin()] = True
        weights[inside, n] = 1 / inside.sum()
    return weights
