"""Gains of the reference renderer: fades, pan law, envelopes. Pure functions of time, in seconds.

REAPER publishes none of these formulas. What is assumed here is written beside each; a null test
stands on them being the same for an item and for its stems, the hand-computed tests on the values
that every reading shares (ends, midpoints, centre, hard left and right).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
EnvelopeTime = Literal["item", "take"]

LINEAR, SQUARE, SLOW_ENDS, FAST_START, FAST_END, BEZIER = range(6)


@dataclass(frozen=True, slots=True)
class Fade:
    """length: seconds; shape: 0–6; curvature: −1…1, the handle of the curve."""

    length: float = 0.0
    shape: int = 0
    curvature: float = 0.0


@dataclass(frozen=True, slots=True)
class Envelope:
    """Points sorted by time. Before the first point its value holds, after the last one its value.

    times: seconds from the item's start; shapes and tensions belong to the stretch after a point.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]
    shapes: tuple[int, ...]
    tensions: tuple[float, ...]


def fade_curve(x: Array, shape: int, curvature: float = 0.0) -> Array:
    """Gain of a fade-in at the share x of its length, 0…1 → 0…1.

    0 straight · 1 fast start · 2 slow start · 3, 4 the same, steeper · 5 S · 6 steeper S.
    Curvature bends the share before the shape: x^(4^−c), so that +1 is fast, −1 slow, 0 neutral.
    """
    x = np.clip(x, 0.0, 1.0)
    if curvature:
        x = x ** (4.0**-curvature)
    match shape:
        case 0:
            return x
        case 1:
            return 1.0 - (1.0 - x) ** 2
        case 2:
            return x**2
        case 3:
            return 1.0 - (1.0 - x) ** 4
        case 4:
            return x**4
        case 5:
            return x * x * (3.0 - 2.0 * x)
        case 6:
            return np.where(x < 0.5, 8.0 * x**4, 1.0 - 8.0 * (1.0 - x) ** 4)
        case _:
            raise ValueError(f"fade shape {shape} is not one of 0…6")


def fade_gain(u: Array, length: float, fade_in: Fade, fade_out: Fade) -> Array:
    """Gain at item time u. A fade-out is its fade-in seen from the item's end; the two multiply."""
    gain = np.ones_like(u)
    if fade_in.length > 0:
        gain *= fade_curve(u / fade_in.length, fade_in.shape, fade_in.curvature)
    if fade_out.length > 0:
        gain *= fade_curve((length - u) / fade_out.length, fade_out.shape, fade_out.curvature)
    return gain


def pan_gain(pan: Array | float, law: float) -> tuple[Array, Array]:
    """Stereo balance (PANMODE 3): gains of left and right for pan −1…1.

    law is the gain at the centre: 1 is 0 dB, 0.7079 is −3 dB; the louder side rises in a straight
    line to 1 at the hard end. A law above 1 is gain compensation: 1 at the centre, law at the end.
    """
    pan = np.clip(np.asarray(pan, dtype=np.float64), -1.0, 1.0)
    centre, end = (law, 1.0) if law <= 1.0 else (1.0, law)
    louder = centre + (end - centre) * np.abs(pan)
    quieter = centre * (1.0 - np.abs(pan))
    return np.where(pan <= 0, louder, quieter), np.where(pan >= 0, louder, quieter)


def envelope_at(envelope: Envelope, t: Array) -> Array:
    """Value at times t. Shapes as REAPER names them; a Bézier of tension 0 is a straight line,
    and tension bends it as curvature bends a fade."""
    times = np.asarray(envelope.times)
    values = np.asarray(envelope.values)
    at = np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 1)
    after = np.minimum(at + 1, len(times) - 1)
    span = times[after] - times[at]
    share = np.clip(np.where(span > 0, (t - times[at]) / np.where(span > 0, span, 1.0), 0.0), 0, 1)
    shape = np.asarray(envelope.shapes)[at]
    tension = np.asarray(envelope.tensions)[at]
    bent = np.select(
        [
            shape == SQUARE,
            shape == SLOW_ENDS,
            shape == FAST_START,
            shape == FAST_END,
            shape == BEZIER,
        ],
        [
            np.zeros_like(share),
            share * share * (3.0 - 2.0 * share),
            1.0 - (1.0 - share) ** 2,
            share**2,
            share ** (4.0**-tension),
        ],
        share,
    )
    found: Array = values[at] + (values[after] - values[at]) * bent
    return found
