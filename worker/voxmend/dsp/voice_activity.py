"""Where somebody sings in a stem whose mixture is there: a small trained network on band levels.

On stems that a trained separator made of real songs, what is left in the gaps is loud, pitched and
voice-like, so neither level nor pitch tells it from singing. The network hears, for each of 16
bands, how loud the voice is, how it stands to the rest of the mixture, how loud that rest is, and
how far the two are in phase, over some two seconds around: dilated convolutions. It was trained on
songs whose voice is known, with ``python -m voxmend_bench.activity``, which also judges each song
by a network that never heard it; the figures stand in the weights' file and in docs/repair.md.

Always holds: a gain changes nothing, silence is no voice, any rate, and nothing but the clip's loud
level reaches further than ``REACH`` frames.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from .band_levels import BANDS, BandLevels
from .curves import decibel, mean_over_time

WEIGHTS = Path(__file__).with_name("voice_activity.json")

LOUD = 0.95
"""Quantile over the clip's frames that is its loud level."""

FAINT = 1e-7
"""Of the loud level: what lies 70 dB below says no more."""

DILATIONS = (1, 2, 4, 8, 16, 32)
REACH = sum(DILATIONS)
"""Frames each way that the network hears."""

SMOOTH, SMOOTH_LEVEL = 4, 7
"""Frames each way over which the network's word and the level are averaged."""

LEVEL = 0.15
"""What a decibel counts beside the network's word. A network of so few weights, trained on few
songs, goes astray on a mix of another kind; level alone never does so far."""

PHASE = 8
"""Frames each way over which voice and rest are asked whether they are in phase: 0.16 s."""

INPUTS = 4 * BANDS + 1


def inputs(levels: BandLevels) -> Tensor:
    """What the network hears. Shape: (INPUTS, frames)."""
    voice, rest = levels.voice, levels.rest
    total = voice.sum(0)
    loud, loud_rest = (power.quantile(LOUD).clamp_min(1e-30) for power in (total, rest.sum(0)))
    apart = decibel((voice + 10 * FAINT * loud) / (rest + 10 * FAINT * loud))
    near = [mean_over_time(power, PHASE) for power in (levels.common, voice, rest)]
    phase = 2 * near[0] / (near[1] * near[2] + (1e-5 * loud).square()).sqrt()
    own, other, whole = (
        decibel(power / level, FAINT)
        for power, level in ((voice, loud), (rest, loud_rest), (total, loud))
    )
    return torch.cat(
        [
            (own.clamp(-60, 10) + 30) / 15,
            apart.clamp(-25, 25) / 10,
            (other.clamp(-60, 10) + 30) / 15,
            phase.clamp(-1, 1),
            (whole[None] + 20) / 10,
        ]
    )


class Activity:
    """The network, loaded.

    Attributes:
        weights: of the layers, and ``scale``: factor and offset of the last step, so that 0.7 is
            a voice in seven frames of ten.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self.weights = weights

    def __call__(self, levels: BandLevels) -> Tensor:
        """How surely each frame of a clip holds a voice, 0..1. Shape: (frames,)."""
        factor, offset = self.weights["scale"]
        sure = torch.sigmoid(factor * self.told(levels) + offset)
        return sure.masked_fill(levels.voice.sum(0) <= 0, 0.0)

    def told(self, levels: BandLevels) -> Tensor:
        """The network's word and the plain level together, any scale. Shape: (frames,)."""
        whole = levels.voice.sum(0)
        level = decibel(whole / whole.quantile(LOUD).clamp_min(1e-30), FAINT).clamp(-60, 10)
        score = mean_over_time(self.score(inputs(levels)[None])[0], SMOOTH)
        return score + LEVEL * mean_over_time(level, SMOOTH_LEVEL)

    def score(self, heard: Tensor) -> Tensor:
        """The network alone. Shape: (batch, INPUTS, frames) to (batch, frames)."""
        got = self.weights
        seen = F.relu(F.conv1d(heard, got["first.weight"], got["first.bias"]))
        for n, wide in enumerate(DILATIONS):
            made = F.conv1d(seen, got[f"{n}.weight"], got[f"{n}.bias"], padding=wide, dilation=wide)
            seen = seen + F.relu(made)
        found: Tensor = F.conv1d(seen, got["last.weight"], got["last.bias"])
        return found[:, 0]


@functools.cache
def trained() -> Activity:
    """The network that comes with voxmend."""
    stored = json.loads(WEIGHTS.read_text())["weights"]
    return Activity({name: torch.tensor(values) for name, values in stored.items()})
