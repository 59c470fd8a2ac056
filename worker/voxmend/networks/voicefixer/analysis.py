"""VoiceFixer's first half: the sound of a damaged voice in, the mel spectrum of a whole one out
(Liu et al., 2021). A recurrent network takes noise off the mel spectrum, a U-Net then restores what
is missing.

The network is upstream's; the way into it is that of its ``restore``: magnitudes of 2048 samples
every 441, 128 mel bands after HTK from 0 to 22.05 kHz, none below 1e-4.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..tensors import NoFirstWeights, corrupt, open_weights
from .upstream import Room

RATE = 44_100
FFT, HOP, MELS = 2048, 441, 128

STEP = 64
"""Frames that the U-Net's coarsest level takes together: it fills up to a multiple of them."""

LEAST = 1e-8
"""Power below which there is silence."""

HIGHEST = 5.0
"""Powers of ten a restored band may have."""

PREFIX = "generator."
"""Under which its weights lie in the file, beside those of other parts."""

UNNEEDED = "num_batches_tracked"
"""What a checkpoint counts while it is trained."""


class Analysis(nn.Module):
    """Sound to restored mel spectrum."""

    filters: Tensor
    hann: Tensor

    def __init__(self, network: nn.Module, filters: Tensor) -> None:
        """Take the network and the mel filters. Shape: (FFT/2 + 1, MELS)."""
        super().__init__()
        self.network = network
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("hann", torch.hann_window(FFT), persistent=False)

    def forward(self, sound: Tensor) -> Tensor:
        """The mel spectrum as magnitudes, one frame more than there are whole hops.

        Shape: (batch, samples) to (batch, frames, MELS).
        """
        found = self.network(None, self.mel(sound)[:, None])["mel"][:, 0]
        return torch.pow(10.0, found.float().clamp_max(HIGHEST))

    def mel(self, sound: Tensor) -> Tensor:
        """The mel spectrum of what is heard. Shape: (batch, samples) to (batch, frames, MELS)."""
        if sound.shape[-1] <= FFT // 2:  # its edges could not be mirrored
            sound = F.pad(sound, (0, FFT - sound.shape[-1]))
        spectrum = torch.stft(
            sound, FFT, HOP, window=self.hann, center=True, pad_mode="reflect", return_complex=True
        )
        power = spectrum.real.square() + spectrum.imag.square()
        return power.clamp_min(LEAST).sqrt().mT @ self.filters


def load(file: Path, model: str) -> Analysis:
    """The first half, its weights from ``vf.ckpt``; it is never in training mode.

    Args:
        model: catalogue id, for the sentence that says how to get the file anew.

    Raises:
        ModelCorrupt: the file is broken, holds more than weights, or another network's.
    """
    state = {
        name.removeprefix(PREFIX): weights
        for name, weights in open_weights(file, model, ("state_dict",)).items()
        if name.startswith(PREFIX)
    }
    with NoFirstWeights():
        analysis = build(Room())
    fill(analysis.network, state, file, model)
    # A tenth quicker on the CPU: no convolution lays anything out anew.
    analysis.network.to(memory_format=torch.channels_last)
    return analysis


def build(room: Room) -> Analysis:
    """The first half, its weights not yet filled in."""
    network = room.module("restorer.model").Generator(MELS, FFT // 2 + 1, 2)
    filters = room.module("tools.mel_scale").MelScale(
        n_mels=MELS, sample_rate=RATE, n_stft=FFT // 2 + 1
    )
    return Analysis(network, filters.fb).eval()


def fill(network: Any, state: Mapping[str, Tensor], file: Path, model: str) -> None:
    """Put weights into a network; what the file holds beside them is left.

    Raises:
        ModelCorrupt: some are missing, or have another shape.
    """
    try:
        missing = network.load_state_dict(state, strict=False, assign=True).missing_keys
    except Exception as error:  # noqa: BLE001  what a layer says against its weights is no list that ends
        why = " ".join(str(error).split("\n")[1:2] or [str(error)]).strip()[:200]
        raise corrupt(file, f"does not fit VoiceFixer ({why})", model) from None
    missing = [name for name in missing if not name.endswith(UNNEEDED)]
    if missing:
        raise corrupt(file, f"has no weights “{missing[0]}” for VoiceFixer", model)
