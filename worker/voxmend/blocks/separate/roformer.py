"""Separation with Mel-Band RoFormer or BS-RoFormer, whichever the files hold: see
``networks.roformer``.

Always holds: same shape, zero lag, the same window gives the same answer.
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
from ..contract import Params, Separator
from ..registry import register


@register
class Roformer(Separator):
    """``separate.roformer``: Mel-Band RoFormer."""

    name = "separate.roformer"
    rate = RATE
    window_s = 11.0
    context_s = 1.375
    channels = 2
    models = ("melband_roformer_kim",)
    precisions = ("bf16",)

    def load(self, files: Sequence[Path], device: torch.device) -> TorchNetwork:
        """Load one checkpoint and its description.

        Raises:
            ModelCorrupt: they are no RoFormer, do not give what is asked for, or hold more than
                data.
        """
        published = Published.open(files, self.models[0])
        return loaded(published, published.of(self.targets), device)

    def separate(self, model: TorchNetwork, mix: Tensor, params: Params) -> Tensor:
        """The targets. In "bf16" the transforms and the rotary angles stay float32.

        Shape: (batch, 1 or 2, samples) to (batch, targets · (1 or 2), samples).
        """
        with lowered(params.precision, mix.device):
            return in_standard_form(model, mix, model.window)
