"""How loud a sound is to the ear: ITU-R BS.1770's K-weighted loudness, without its gate.

For sounds of one stretch that are compared with each other: a gate would leave out other parts of
each. Computed from the power spectrum, so at any rate, and with no filter that has to settle.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

SILENT_LUFS = -70.0
"""At and below this BS.1770 takes a sound for silence."""

_OFFSET = -0.691
_DESIGN_RATE = 48_000
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285),
          (1.0, -1.69065929318241, 0.73248077421585))  # fmt: skip
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
"""BS.1770-4, tables 1 and 2: numerator and denominator at 48 kHz."""


def loudness(blocks: Iterable[npt.NDArray[np.float32]], rate: int) -> float:
    """LUFS of a sound; ``-inf`` of digital silence. All channels count as front channels.

    Args:
        blocks: the sound, in pieces. Shape of each: (channels, frames).
        rate: samples per second.
    """
    energy, frames = 0.0, 0
    for block in blocks:
        count = block.shape[-1]
        if not count:
            continue
        power = np.abs(np.fft.rfft(block.astype(np.float64))) ** 2
        power[:, 1 : (count + 1) // 2] *= 2  # the half of the spectrum that rfft leaves out
        hertz = np.fft.rfftfreq(count, 1 / rate).astype(np.float64)
        energy += float(np.sum(power * _weight(hertz))) / count
        frames += count
    with np.errstate(divide="ignore"):
        return float(_OFFSET + 10 * np.log10(energy / max(1, frames)))


def _weight(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What the K-weighting does to the power at each frequency; above its design's half rate as at
    that."""
    turn = np.exp(-2j * np.pi * np.minimum(hertz, _DESIGN_RATE / 2) / _DESIGN_RATE)
    found = np.ones_like(hertz)
    for top, bottom in (_SHELF, _HIGH_PASS):
        found *= np.abs(np.polyval(top[::-1], turn) / np.polyval(bottom[::-1], turn)) ** 2
    return found
