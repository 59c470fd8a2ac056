"""Separation with SCNet (Tong et al., ICASSP 2024), full band, as its author trained it on MUSDB18:
see ``networks.scnet``.

Of its four stems those are made that are asked for. It was trained, and is run by its publishers,
on songs brought to one level as a whole, and what it hears of a level is all it has: so the whole
clip is brought to it here too (``loudness_db``), and not each window, as for other networks.

Always holds: same shape, zero lag, silence for silence, the same window gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from ...networks.scnet.published import RATE, Stems, loaded
from ...networks.standard import in_mono
from ...targets import VOICE
from ..contract import Params, Separator
from ..registry import register

LOUDNESS_DB = 0.0
"""The publishers divide a song by the deviation of its two channels' mean: an RMS of 1."""

LEAST = 4
"""A clip that is shorter than this part of a window stands between zeros; any longer one is heard
as it is. It was trained on whole windows; its author gives it what is left of a song as well."""


@register
class Scnet(Separator):
    """``separate.scnet``: SCNet, small or large, whichever the file holds."""

    name = "separate.scnet"
    rate = RATE
    window_s = 11.0
    context_s = 0.6875
    channels = 2
    models = ("scnet",)
    precisions = ("bf16",)
    loudness_db = LOUDNESS_DB
    gives = (VOICE, "drums", "bass", "other")

    def load(self, files: Sequence[Path], device: torch.device) -> Stems:
        """Load one checkpoint, and its description if it has one.

        Raises:
            ModelCorrupt: they are no SCNet, do not give what is asked for, or hold more than data.
        """
        return loaded(files, self.models[0], device, self.targets)

    def separate(self, model: Stems, mix: Tensor, params: Params) -> Tensor:
        """The targets in a mixture at the level ``loudness_db``. In "bf16" all but the recurrent
        layers stays float32. Shape: (batch, 1 or 2, samples) to (batch, targets · (1 or 2),
        samples)."""
        samples = mix.shape[2]
        more = max(0, model.window // LEAST - samples)
        sound = F.pad(mix.expand(-1, 2, -1), (more // 2, more - more // 2))
        stems = model(sound, params.precision)[..., more // 2 : more // 2 + samples]
        if mix.shape[1] == 1:
            stems = in_mono(stems)
        return stems * mix.any(2, keepdim=True).any(1, keepdim=True)  # it has biases
