"""Denoising with a Mel-Band RoFormer (Wang, Lu, Won 2023) that was trained on music: in place of
DeepFilterNet, which knows speech, for studio work.

The network is the one of ``separate.roformer`` with other weights: it hears a stem, stereo at
44.1 kHz, and masks what it takes for noise. Its window is audio-separator's, and so is its level.
For stage A.

Always holds: same shape, zero lag, gain in = gain out, the same window gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ...networks.checkpoint import Published
from ...networks.network import TorchNetwork, lowered
from ...networks.roformer import RATE, loaded
from ...networks.standard import in_standard_form
from ..contract import LOSS, Repair, RepairParams
from ..registry import register

CLEAN = ("dry", "clean", "vocals", "instrumental")
NOISE = ("noise", "bleed", "wet", "other")
"""Names of the output that is kept, and of one that is taken away."""


@register
class RoformerDenoise(Repair):
    """``denoise.roformer``: aufr33's denoiser."""

    name = "denoise.roformer"
    rate = RATE
    window_s = 11.0
    context_s = 1.375
    channels = 2
    models = ("melband_denoise_aufr33",)
    mends = ("musical", "bleed", LOSS)
    precisions = ("bf16",)

    def load(self, files: Sequence[Path], device: torch.device) -> TorchNetwork:
        """Load one checkpoint and its description.

        Raises:
            ModelCorrupt: they are no RoFormer that cleans a stem, or hold more than data.
        """
        published = Published.open(files, self.models[0])
        return loaded(published, published.stem(CLEAN, NOISE), device)

    def repair(
        self, model: TorchNetwork, mix: Tensor | None, voice: Tensor, params: RepairParams
    ) -> Tensor:
        """The voice without what the network takes for noise. In "bf16" the transforms stay
        float32.

        Shape: (batch, 1 or 2, samples), kept.
        """
        with lowered(params.precision, voice.device):
            clean = in_standard_form(model, voice, model.window)
        return clean if params.strength == 1 else torch.lerp(voice, clean, params.strength)
