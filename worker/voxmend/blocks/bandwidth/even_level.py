"""A slow gain for a generator's ears alone: about 1.5 s, and undone on what it says.

The runner can feed a whole block an even level. A block of stage B must not have that: in the gaps
the gain grows by 40 dB, and for the voice and the mixture alike, so that the band between two
phrases outweighs what the voice says; whether the mixture holds the voice cannot be read then.

Always holds: smooth, positive, one gain for all channels, without lag; gain in = gain out.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ...dsp.curves import FRAME_S, mean_over_time

TARGET = 10 ** (-23 / 20)
"""RMS it is brought to: where the networks' training speech lies."""

DEEPEST = 1e-4
"""Power against the loudest moment below which it is not raised further: pauses stay pauses."""

REACH_S = 0.375
"""Of the mean, each way; it is taken twice."""


def even_gain(sound: Tensor, rate: int) -> Tensor:
    """The gain that brings a sound to an even level.

    Args:
        sound: float32. Shape: (batch, 1, samples).

    Returns:
        Same shape; 1 for silence.
    """
    hop = max(1, round(rate * FRAME_S))
    power = F.avg_pool1d(sound.square(), hop, ceil_mode=True)
    reach = round(REACH_S / FRAME_S)
    loud = mean_over_time(mean_over_time(power, reach), reach)
    most = loud.amax(-1, keepdim=True)
    heard = loud.maximum(DEEPEST * most)
    gain = (TARGET / heard.clamp_min(1e-37).sqrt()).masked_fill(most <= 1e-30, 1.0)
    return F.interpolate(gain, sound.shape[-1], mode="linear")
