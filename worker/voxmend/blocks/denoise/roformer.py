"""Denoising with a Mel-Band RoFormer (Wang, Lu, Won 2023) that was trained on music: in place of
DeepFilterNet, which knows speech, for studio work.

The network is ``separate.roformer``'s with other weights: it hears a stem, stereo at 44.1 kHz, and
masks what it takes for noise. Its window is audio-separator's, and so is its level. For stage A.

Always holds: same shape, zero lag, gain in = gain out, the same window gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ..contract import Params, Proposal
from ..registry import register
from ..separate.checkpoint import Published
from ..separate.network import TorchNetwork, lowered
from ..separate.roformer import RATE, loaded
from ..separate.standard import in_standard_form

CLEAN = ("dry", "clean", "vocals", "instrumental")
NOISE = ("noise", "bleed", "wet", "other")
"""Names of the output that is kept, and of one that is taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoformerParams(Params):
    """How much of the network's answer to take.

    Attributes:
        strength: 0 changes nothing, 1 takes all of it. 0..1.
    """

    strength: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise BadRequest(f"denoise: strength is {self.strength:g}; give a number from 0 to 1.")


@register
class RoformerDenoise:
    """``denoise.roformer``: aufr33's denoiser."""

    name: ClassVar[str] = "denoise.roformer"
    version: ClassVar[int] = 1
    rate: ClassVar[int | None] = RATE
    window_s: ClassVar[float | None] = 11.0
    context_s: ClassVar[float] = 1.375
    channels: ClassVar[int | None] = 2
    models: ClassVar[tuple[str, ...]] = ("melband_denoise_aufr33",)
    params: ClassVar[type[Params]] = RoformerParams
    precisions: ClassVar[tuple[str, ...]] = ("bf16",)

    def load(self, files: Sequence[Path], device: torch.device) -> TorchNetwork:
        """Load one checkpoint and its description.

        Raises:
            ModelCorrupt: they are no RoFormer that cleans a stem, or hold more than data.
        """
        published = Published.open(files, self.models[0])
        return loaded(published, published.stem(CLEAN, NOISE), device)

    def run(
        self,
        model: TorchNetwork,
        mix: Tensor | None,
        voice: Tensor | None,
        params: RoformerParams,
    ) -> Proposal:
        """Propose the voice without what the network takes for noise.

        Args:
            mix: not heard.
            voice: float32. Shape: (batch, 1 or 2, samples).
            params: ``strength`` and ``precision``. In "bf16" the transforms stay float32.
        """
        if voice is None:
            raise ValueError("a denoiser needs a voice")
        if params.strength == 0:
            return Proposal(voice)
        with lowered(params.precision, voice.device):
            clean = in_standard_form(model, voice, model.window)
        return Proposal(
            clean if params.strength == 1 else torch.lerp(voice, clean, params.strength)
        )
