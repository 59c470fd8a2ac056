"""Weight-free denoiser: a cautious spectral gate under the measured noise floor.

Placeholder of the first minutes: bounded Wiener-like gain over a low quantile per band.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ..contract import Params, Proposal
from ..registry import register


@dataclass(frozen=True, slots=True, kw_only=True)
class GateParams(Params):
    """How much noise to take.

    Attributes:
        strength: 0 leaves the voice as it is, 1 takes up to 24 dB off the floor.
    """

    strength: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise BadRequest(f"denoise.gate: strength must lie in 0..1, not {self.strength}.")


@register
class Gate:
    """``denoise.gate``."""

    name: ClassVar[str] = "denoise.gate"
    version: ClassVar[int] = 1
    rate: ClassVar[int | None] = None
    window_s: ClassVar[float | None] = 32.0
    context_s: ClassVar[float] = 2.0
    channels: ClassVar[int | None] = None
    models: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[type[Params]] = GateParams

    def run(
        self, model: Any, mix: Tensor | None, voice: Tensor | None, params: GateParams
    ) -> Proposal:
        """Propose the voice with its noise floor lowered."""
        if voice is None:
            raise ValueError("a denoiser needs a voice")
        size = 1 << max(4, int(0.047 * params.rate).bit_length() - 1)
        batch, channels, samples = voice.shape
        window = torch.hann_window(size, device=voice.device)
        padded = F.pad(voice.flatten(0, 1), (0, size))
        spectrum = torch.stft(
            padded, size, size // 4, window=window, pad_mode="constant", return_complex=True
        ).unflatten(0, (batch, channels))
        power = spectrum.abs().square().sum(1)
        floor = power.quantile(0.05, dim=-1, keepdim=True)
        keep = (1 - 4 * floor / power.clamp_min(1e-37)).clamp_min(0)
        lowest = 10 ** (-24 * params.strength / 20)
        gain = lowest + (1 - lowest) * keep
        shaped = (spectrum * gain[:, None]).flatten(0, 1)
        out = torch.istft(shaped, size, size // 4, window=window)[..., :samples]
        return Proposal(out.unflatten(0, (batch, channels)))
