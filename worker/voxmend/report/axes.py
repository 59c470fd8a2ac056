"""Where ticks of an axis lie and what they say: seconds as a clock, hertz as they are heard."""

from __future__ import annotations

import math

import numpy as np

from ..audio.spectrogram import mel
from .words import clock

STEPS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)

HERTZ = (100, 500, 1000, 2000, 5000, 10_000, 20_000)


def times(seconds: float, most: int) -> list[tuple[float, str]]:
    """At most so many ticks: place in seconds, and label."""
    step = next((s for s in STEPS_S if seconds / s <= most), math.ceil(seconds / most))
    return [(n * step, clock(n * step)) for n in range(int(seconds / step) + 1)]


def frequencies(low_hz: float, high_hz: float) -> list[tuple[float, str]]:
    """Place from 0 at the bottom to 1 at the top, and label in Hz or kHz."""
    bottom, top = float(mel(low_hz)), float(mel(high_hz))
    found = []
    for hertz in HERTZ:
        if low_hz <= hertz <= high_hz:
            place = float((mel(float(hertz)) - bottom) / (top - bottom))
            found.append((place, f"{hertz // 1000} kHz" if hertz >= 1000 else f"{hertz} Hz"))
    return found


def top_of(*curves: object, limit: float) -> float:
    """The upper end of an axis of damage: over all that is drawn, and over the highest limit."""
    highest = limit
    for curve in curves:
        values = np.asarray(curve, dtype=np.float64)
        if values.size and not np.isnan(values).all():
            highest = max(highest, float(np.nanmax(values)))
    return float(np.ceil(highest * 1.1 / 0.5) * 0.5)
