"""Denoising with DeepFilterNet3: its whole answer for now, one and the same for all channels.

Always holds: same shape, zero lag, stereo image kept; the sound's first sample is the first that
the network hears, so a clip's start does not depend on the silence around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ..contract import Params, Proposal
from ..registry import register
from . import deepfilternet_network as network
from .deepfilternet_network import DeepFilterNet

TURNED = -0.2
"""Correlation with the loudest channel below which a channel stands on its head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepFilterNetParams(Params):
    """How much of the network's answer to take.

    Attributes:
        strength: 0 changes nothing. 0..1.
        wet: take the answer itself in place of the voice, as the network gives it.
    """

    strength: float = 1.0
    wet: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise BadRequest(
                f"denoise.deepfilternet: strength is {self.strength:g}; give a number from 0 to 1."
            )


@register
class DeepFilter:
    """``denoise.deepfilternet``: DeepFilterNet3."""

    name: ClassVar[str] = "denoise.deepfilternet"
    version: ClassVar[int] = 1
    rate: ClassVar[int | None] = network.RATE
    window_s: ClassVar[float | None] = network.WINDOW / network.RATE
    context_s: ClassVar[float] = network.CONTEXT / network.RATE
    channels: ClassVar[int | None] = None
    models: ClassVar[tuple[str, ...]] = ("deepfilternet3",)
    params: ClassVar[type[Params]] = DeepFilterNetParams
    levelled: ClassVar[bool] = True

    def load(self, files: Sequence[Path], device: torch.device) -> DeepFilterNet:
        """Open the network.

        Raises:
            ModelCorrupt: a part is missing or not what its name says.
        """
        return DeepFilterNet(files, device)

    def run(
        self,
        model: DeepFilterNet,
        mix: Tensor | None,
        voice: Tensor | None,
        params: DeepFilterNetParams,
    ) -> Proposal:
        """Propose the voice without what the network takes for noise.

        Args:
            mix: float32, or None. Shape: (batch, channels, samples).
            voice: float32, same shape, at an even level.
            params: ``strength`` and ``wet``.
        """
        if voice is None:
            raise ValueError("a denoiser needs a voice")
        frames = max(1, round(voice.shape[-1] / network.HOP))
        out = voice.clone()
        curves = {name: voice.new_zeros(len(voice), frames) for name in ("lsnr",)}
        for n, sound in enumerate(voice):
            first, end = sounding_span(sound, model.margin)
            if first == end or params.strength == 0:
                continue
            part = sound[:, first:end]
            whole = F.pad(part, (0, -part.shape[1] % network.HOP))
            spectrum = network.analysed(whole)
            heard = model(network.analysed(upright(whole))[0])
            made = network.sounding(heard.applied(spectrum))[:, : part.shape[1]]
            out[n, :, first:end] += params.strength * (made - part)
            at = round(first / network.HOP)
            put(curves["lsnr"][n], heard.lsnr, at)
        return Proposal(out, curves)


def sounding_span(sound: Tensor, margin: int) -> tuple[int, int]:
    """First sample and end of a window without the silence at its ends, of which no more is left
    out than the runner may have put there. Shape: (channels, samples)."""
    (places,) = sound.abs().amax(0).nonzero(as_tuple=True)
    if len(places) == 0:
        return 0, 0
    first = min(int(places[0]), margin) // network.HOP * network.HOP  # all on one grid of frames
    return first, max(int(places[-1]) + 1, sound.shape[1] - margin)


def upright(sound: Tensor) -> Tensor:
    """The mean of all channels, those that stand on their head turned. Shape: (channels, samples)
    to (1, samples)."""
    loudest = sound[int(sound.square().sum(1).argmax())]
    size = sound.norm(dim=1) * loudest.norm()
    turned = sound @ loudest < TURNED * size
    return torch.where(turned[:, None], -sound, sound).mean(0, keepdim=True)


def put(curve: Tensor, values: Tensor, first: int) -> None:
    """Write a stretch of a curve into its place, as far as the curve goes."""
    part = values[: max(0, len(curve) - first)]
    curve[first : first + len(part)] = part
