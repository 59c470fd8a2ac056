"""The lead voice out of a voice that holds all singers, with a RoFormer that was trained for it:
BS-RoFormer (Lu, Wang, Kong, Hung, ICASSP 2024) or Mel-Band RoFormer, whichever the files hold.

It hears the voice, not the song: fed with a whole song, networks of this kind give all voices. As
they are published their output is called "vocals", and means the lead; all that they leave is
called "instrumental", and of a voice that is the backing vocals. The network is the one of
``separate.roformer`` with other weights, its window is audio-separator's.

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
from ..contract import Params, Splitter
from ..registry import register

LEAD = ("lead", "vocals")
BACKING = ("backing", "back", "instrumental", "other")
"""Names of the output that is the lead, and of one that is all but it."""


@register
class Lead(Splitter):
    """``part.lead``: anvuew's BS-RoFormer."""

    name = "part.lead"
    rate = RATE
    window_s = 11.0
    context_s = 1.375
    channels = 2
    models = ("bs_karaoke_anvuew",)
    splits = ("lead", "backing_vocals")
    precisions = ("bf16",)

    def load(self, files: Sequence[Path], device: torch.device) -> TorchNetwork:
        """Load one checkpoint and its description.

        Raises:
            ModelCorrupt: they are no RoFormer that gives a lead, or hold more than data.
        """
        published = Published.open(files, self.models[0])
        return loaded(published, published.stem(LEAD, BACKING), device)

    def split(self, model: TorchNetwork, voice: Tensor, params: Params) -> Tensor:
        """The lead. In "bf16" the transforms and the rotary angles stay float32.

        Shape: (batch, 1 or 2, samples), kept.
        """
        with lowered(params.precision, voice.device):
            return in_standard_form(model, voice, model.window)
