"""One gain that brings a whole clip to a stated level, and is undone afterwards.

For networks whose answer depends on level and that were trained on whole songs: within the clip
loud stays loud and quiet stays quiet. The level is the RMS of what sounds: 0.4 s at a time, those
that lie more than 10 dB under the mean left out (the relative gate of ITU-R BS.1770, without its
absolute one, so that f(g·x) = g·f(x), and without its weighting, which gained nothing).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .signal import Signal

BLOCK_S = 0.4
GATE = 0.1
"""Part of the mean power under which a block does not count: 10 dB."""

_SILENCE = 1e-18  # −180 dBFS: less than the rounding of anything that was ever a sound

Samples = npt.NDArray[np.float32]


class LevelGain:
    """The gain of one clip.

    Attributes:
        linear: one value for each channel. Shape: (channels, 1).
    """

    def __init__(self, linear: Samples) -> None:
        """Internal: ``of`` measures a clip."""
        self.linear = linear

    @classmethod
    def of(cls, signal: Signal, target_db: float, groups: Sequence[slice]) -> LevelGain:
        """Measure a clip, block after block.

        Args:
            target_db: RMS that what sounds is brought to, dBFS.
            groups: channels that are heard together and get one gain; a silent group keeps 1.
        """
        size = max(1, min(round(BLOCK_S * signal.rate), signal.frames))
        whole = max(1, signal.frames // size)  # the rest, shorter than a block, does not count
        power = np.array(
            [np.square(signal.read(n * size, size), dtype=np.float64).mean(1) for n in range(whole)]
        )
        linear = np.ones((signal.channels, 1), np.float32)
        for group in groups:
            blocks = power[:, group].mean(1)
            level = blocks[blocks >= GATE * blocks.mean()].mean()
            if level > _SILENCE:
                linear[group] = 10 ** (target_db / 20) / np.sqrt(level)
        return cls(linear)

    def gain(self, start: int, count: int) -> Samples:  # noqa: ARG002  the same everywhere
        """The linear gain of frames [start, start + count). Shape: (channels, 1)."""
        return self.linear
