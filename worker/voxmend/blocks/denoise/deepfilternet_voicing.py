"""Where somebody sings, by DeepFilterNet and by ``dsp.voicing`` together (DESIGN 4.3).

The network lowers what is no voice; how much of 200 to 4000 Hz it leaves is a detector by itself,
blind to noises that it leaves alone, and so are five cues of pitch and level to instruments that
sing. Their sum is better than either. Area under the curve, gaps against voice, over four voices
and two backings, bleed of three kinds and musical noise: network .959, worst row .64; cues .966,
.69; both .975, .85.

Always holds: a gain does not change the curve, silence gives 0, frames of 10 ms.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ...dsp.curves import TINY, decibel, mean_over_time
from ...dsp.voicing import voicing
from .deepfilternet_features import FFT, RATE

HEARD_HZ = 200.0, 4000.0

DEEPEST_DB = 40.0
"""A band lowered by so much is no voice, whatever the cues say."""

SILENT = 1e-6
"""Power against the loudest frame below which there is nothing to judge."""

SMOOTH = 5
"""Frames each way over which the network's word is averaged: a syllable's half."""


def activity(mono: Tensor, enhanced: Tensor, cues: Tensor) -> Tensor:
    """How surely each of the network's frames holds a voice, 0..1.

    Args:
        mono, enhanced: what the network heard and what it makes of it. Shape: (frames, bins).
        cues: of ``heard_cues``. Shape: (frames,), kept.
    """
    return (cues + left_db(mono, enhanced) / DEEPEST_DB).clamp(0, 1)


def heard_cues(sound: Tensor, rate: int, frames: int) -> Tensor:
    """``voicing`` of a stretch of sound, so many frames of it. Shape: (channels, samples) to
    (frames,)."""
    cues = voicing(sound[None], rate)[0]
    return F.pad(cues, (0, max(0, frames - len(cues))))[:frames]


def left_db(mono: Tensor, enhanced: Tensor) -> Tensor:
    """What the network leaves of a voice's band, −40..0 dB. Shape: (frames, bins) to (frames,)."""
    width = RATE / FFT
    first, last = round(HEARD_HZ[0] / width), round(HEARD_HZ[1] / width)
    before, after = (s[:, first : last + 1].abs().square().sum(1) for s in (mono, enhanced))
    floor = SILENT * before.max()
    left = decibel((after / (before + floor + TINY)).clamp_min(1e-12))
    return mean_over_time(left, SMOOTH).clamp(-DEEPEST_DB, 0)
