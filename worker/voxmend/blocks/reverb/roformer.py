"""A dry voice out of one with reverb, with a RoFormer that was trained for it: BS-RoFormer (Lu,
Wang, Kong, Hung, ICASSP 2024) or Mel-Band RoFormer, whichever the files hold.

What is left is the reverb. A reverb is part of how a voice was produced, so no preset takes it off
unasked, and the guard looks at what goes with it. The network is the one of ``separate.roformer``
with other weights, its window is audio-separator's.

Always holds: same shape, zero lag, gain in = gain out, the same window gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...networks.checkpoint import Published
from ...networks.network import TorchNetwork, lowered
from ...networks.roformer import RATE, loaded
from ...networks.standard import in_standard_form
from ..contract import RepairParams, Splitter
from ..registry import register

DRY = ("noreverb", "dry")
REVERB = ("reverb", "wet", "other")
"""Names of the output that is kept, and of one that is taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DryParams(RepairParams):
    """How much of the reverb goes.

    Attributes:
        strength: 0 leaves all of it in the voice, 1 takes all that the network finds. 0..1.
    """


@register
class Dry(Splitter):
    """``reverb.roformer``: anvuew's BS-RoFormer."""

    name = "reverb.roformer"
    rate = RATE
    window_s = 11.0
    context_s = 1.375
    channels = 2
    models = ("bs_dereverb_anvuew",)
    params = DryParams
    splits = ("dry", "reverb")
    guarded = True
    precisions = ("bf16",)

    def load(self, files: Sequence[Path], device: torch.device) -> TorchNetwork:
        """Load one checkpoint and its description.

        Raises:
            ModelCorrupt: they are no RoFormer that gives a dry voice, or hold more than data.
        """
        published = Published.open(files, self.models[0])
        return loaded(published, published.stem(DRY, REVERB), device)

    def split(self, model: TorchNetwork, voice: Tensor, params: DryParams) -> Tensor:
        """The voice with less reverb; at strength 0 as it is, bit for bit. In "bf16" the transforms
        and the rotary angles stay float32.

        Shape: (batch, 1 or 2, samples), kept.
        """
        if params.strength == 0:
            return voice
        with lowered(params.precision, voice.device):
            dry = in_standard_form(model, voice, model.window)
        return dry if params.strength == 1 else torch.lerp(voice, dry, params.strength)
