"""True peak: how high the sound goes between its samples (ITU-R BS.1770-4, annex 2).

Called by the writer, block after block. The standard's filter makes four values for each sample;
its four phases lie 1/8 and 3/8 of a sample to both sides, so the sample itself is looked at too.
It is used as it stands at every rate: at 96 kHz and above the standard asks for less.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_HALF = np.array(
    [
        [0.0017089843750, -0.0291748046875, -0.0189208984375, -0.0083007812500],
        [0.0109863281250, 0.0292968750000, 0.0330810546875, 0.0148925781250],
        [-0.0196533203125, -0.0517578125000, -0.0582275390625, -0.0266113281250],
        [0.0332031250000, 0.0891113281250, 0.1015625000000, 0.0476074218750],
        [-0.0594482421875, -0.1665039062500, -0.2003173828125, -0.1022949218750],
        [0.1373291015625, 0.4650878906250, 0.7797851562500, 0.9721679687500],
    ],
    dtype=np.float32,
)
"""The upper half of the standard's table; the lower one is its mirror."""

PHASES = np.concatenate([_HALF, _HALF[::-1, ::-1]]).T
"""Shape: (4 phases, 12 taps)."""

_TAPS = PHASES.shape[1]
_MOST = float(np.abs(PHASES).sum(axis=1).max())
"""No value can be further above the largest sample around it: twice."""

_STRETCH = 512


class TruePeak:
    """The true peak of a sound that comes in blocks.

    What holds: the blocks' sizes do not matter, and neither does ``value`` being asked for in
    between. Before the first and behind the last sample is silence.
    """

    def __init__(self, rate: int, channels: int) -> None:
        if rate <= 0 or channels < 1:
            raise ValueError(f"no sound has {channels} channels at {rate} Hz")
        self._before = np.zeros((channels, _TAPS - 1), dtype=np.float32)
        self._most = 0.0

    def add(self, block: npt.NDArray[np.float32]) -> None:
        """Look at the next samples, finite. Shape: (channels, frames), float32."""
        sound = np.concatenate([self._before, block], axis=1)
        self._before = sound[:, -(_TAPS - 1) :].copy()
        self._most = max(self._most, _highest(sound, self._most))

    @property
    def value(self) -> float:
        """Linear, full scale 1.0; never below the sample peak."""
        return max(self._most, _highest(np.pad(self._before, ((0, 0), (0, _TAPS - 1))), self._most))


def _highest(sound: npt.NDArray[np.float32], known: float) -> float:
    """The highest value of the sound and between its samples, or ``known`` if that is more.

    Only stretches that could go higher than what is known are filtered, the loudest first: of
    music that is a few in a hundred. Shape: (channels, 11 frames of the past and the new ones).
    """
    new = sound.shape[1] - (_TAPS - 1)
    if new <= 0:
        return known
    starts = np.arange(0, new, _STRETCH)
    within = np.maximum.reduceat(np.abs(sound), starts, axis=1)
    # A stretch also sees the 11 samples behind it, which belong to the next.
    loudest = np.maximum(within, np.pad(within[:, 1:], ((0, 0), (0, 1))))
    known = max(known, float(within.max()))
    for flat in np.argsort(loudest, axis=None)[::-1]:
        channel, stretch = np.unravel_index(flat, loudest.shape)
        if loudest[channel, stretch] * _MOST <= known:
            break
        start = int(starts[stretch])
        part = sound[channel, start : start + _STRETCH + _TAPS - 1]
        for taps in PHASES:
            known = max(known, float(np.abs(np.convolve(part, taps, "valid")).max()))
    return known
