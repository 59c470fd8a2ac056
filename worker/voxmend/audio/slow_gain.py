"""A slow gain that brings a clip to an even level, and is undone afterwards.

The runner puts it around every network whose result depends on the level. What always holds: one
gain for all channels, positive and smooth, centred on what it measures, so without lag; scaling
the clip scales the gain the other way, f(g·x) = g·f(x), because every limit is relative to the
clip's own loudest moment; ``undo`` after ``apply`` gives the samples back to float32's rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .signal import Signal

TARGET_DB = -23.0
"""RMS the running level is brought to: where the networks' training speech lies."""

REACH_DB = 40.0
"""Quieter than the loudest moment by more than this is not raised further: pauses stay pauses."""

_HOP_S = 0.01
_WINDOW_S = 0.75  # used twice, for the level and for its curve: 1.5 s altogether
_SILENCE = 1e-9  # −180 dBFS: less than the rounding of anything that was ever a sound
_BLOCK_VALUES = 1 << 19

Curve = npt.NDArray[np.float64]
Samples = npt.NDArray[np.float32]


class SlowGain:
    """The gain curve of one clip.

    Attributes:
        curve_db: the gain in dB, one value in the middle of each 10 ms.
    """

    def __init__(self, curve_db: Curve, hop: int) -> None:
        """Internal: ``of`` measures a clip."""
        self.curve_db = curve_db
        self._hop = hop

    @classmethod
    def of(
        cls,
        signal: Signal,
        channels: slice = slice(None),
        target_db: float = TARGET_DB,
        reach_db: float = REACH_DB,
    ) -> SlowGain:
        """Measure a clip, block after block.

        Args:
            channels: those that are measured together, all by default.
            target_db: RMS over these channels that the running level is brought to, dBFS.
            reach_db: how far below the loudest moment the gain still grows.
        """
        hop = _hop(signal.rate)
        energy = _energies(signal, channels, hop)
        heard = len(range(signal.channels)[channels])
        return cls.of_energies(energy, (heard, signal.frames), signal.rate, target_db, reach_db)

    @classmethod
    def of_energies(
        cls,
        energy: Curve,
        shape: Sequence[int],
        rate: int,
        target_db: float = TARGET_DB,
        reach_db: float = REACH_DB,
    ) -> SlowGain:
        """The same for one who has the sums of the squares already, of sound that lies elsewhere.

        Args:
            energy: over all channels, of each 10 ms, the last of which may not be whole.
            shape: (channels, samples) of what was summed.
        """
        hop = _hop(rate)
        starts = np.arange(0, shape[1], hop)
        ends = np.minimum(starts + hop, shape[1])
        counts: Curve = ((ends - starts) * shape[0]).astype(np.float64)
        if len(counts) == 0:
            return cls(np.zeros(1), hop)
        size = max(1, round(_WINDOW_S / _HOP_S) // 2 * 2 + 1)
        window = np.hanning(size + 2)[1:-1]
        level = np.sqrt(_smooth(energy, window) / _smooth(counts, window))
        loudest = float(level.max(initial=0.0))
        if loudest < _SILENCE:
            return cls(np.zeros(1), hop)
        heard = np.maximum(level, loudest * 10 ** (-reach_db / 20))
        curve = target_db - 20 * np.log10(heard)
        # Energy falls off a cliff where sound ends; the curve must not.
        return cls(_smooth(curve, window) / _smooth(np.ones_like(curve), window), hop)

    def gain(self, start: int, count: int) -> Samples:
        """The linear gain of frames [start, start + count), which may lie outside the clip: there
        it stays as it is at the edge. Shape: (count,)."""
        at = (np.arange(start, start + count) + 0.5) / self._hop - 0.5
        level: Curve = np.interp(at, np.arange(len(self.curve_db)), self.curve_db)
        linear: Curve = np.exp(level * (np.log(10.0) / 20.0))
        return linear.astype(np.float32)

    def apply(self, start: int, samples: Samples) -> Samples:
        """The samples from frame ``start`` on, evened out. Shape: (channels, count), a copy."""
        return samples * self.gain(start, samples.shape[1])

    def undo(self, start: int, samples: Samples) -> Samples:
        """What ``apply`` was given. Shape: (channels, count), a copy."""
        return samples / self.gain(start, samples.shape[1])


def _hop(rate: int) -> int:
    return max(1, round(rate * _HOP_S))


def _energies(signal: Signal, channels: slice, hop: int) -> Curve:
    """Sum of the squares in each hop."""
    step = max(1, _BLOCK_VALUES // signal.channels // hop) * hop
    energy = [np.zeros(0)]
    for start in range(0, signal.frames, step):
        block = signal.read(start, min(step, signal.frames - start))[channels].astype(np.float64)
        starts = np.arange(0, block.shape[1], hop)
        energy.append(np.add.reduceat(np.sum(block * block, axis=0), starts))
    return np.concatenate(energy)


def _smooth(values: Curve, window: Curve) -> Curve:
    """Centred, and as long as ``values``; the caller divides by what the window covered."""
    half = len(window) // 2
    return np.convolve(values, window)[half : half + len(values)]
