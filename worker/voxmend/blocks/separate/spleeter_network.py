"""Spleeter's network (Hennequin, Khlif, Voituret, Moussallam: "Spleeter: a fast and efficient music
source separation tool with pre-trained models", JOSS 2020), in its published form.

One U-Net for the voice and one for the band, over magnitudes: six convolutions down, six up, then a
soft mask on the input. Only the form is here; ``spleeter`` asks it and makes sound of its answer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STEREO = 2
CHANNELS = (16, 32, 64, 128, 256, 512)
"""Of the six levels, from the finest to the coarsest."""

KERNEL, STRIDE = 5, 2
EPSILON = 1e-3
"""Of the batch norms."""

SLOPE = 0.2
"""Of the leaky ReLU on the way down."""

STEPS = STRIDE ** len(CHANNELS)
"""Frames and bins that the coarsest level sees as one; lengths are multiples of it."""

FFT, BINS = 4096, 1024
"""Length of the transform, and its lowest bins, which are all that the network hears and gives: up
to 11.0 kHz at 44.1."""


class UNet(nn.Module):
    """One stem's magnitudes out of the mixture's. Names of weights are the published ones."""

    def __init__(self) -> None:
        super().__init__()
        before = STEREO
        for level, channels in enumerate(CHANNELS, 1):
            self.add_module(f"down{level}_conv", _Named(_1=nn.Conv2d(before, channels, KERNEL, 2)))
            self.add_module(f"down{level}_act", _Named(_0=nn.BatchNorm2d(channels, EPSILON)))
            before = channels
        for level, channels in enumerate((*CHANNELS[-2::-1], 1), 1):
            up = nn.ConvTranspose2d(before, channels, KERNEL, STRIDE)
            self.add_module(f"up{level}", _Named(_0=up, _3=nn.BatchNorm2d(channels, EPSILON)))
            before = 2 * channels
        last = nn.Conv2d(1, STEREO, 4, dilation=2, padding=3)
        self.add_module(f"up{len(CHANNELS) + 1}", _Named(_0=last))

    def forward(self, magnitudes: Tensor) -> Tensor:
        """Magnitudes of the stem. Shape: (batch, 2, frames, bins), multiples of 64; kept."""
        skipped = []
        here = magnitudes
        for level in range(1, len(CHANNELS) + 1):
            # TensorFlow's "same" padding of a stride of 2: one more after than before.
            here = self._part(f"down{level}_conv", 1)(F.pad(here, (1, 2, 1, 2)))
            skipped.append(here)
            here = F.leaky_relu(self._part(f"down{level}_act", 0)(here), SLOPE)
        here = skipped.pop()
        for level in range(1, len(CHANNELS) + 1):
            whole = self._part(f"up{level}", 0)(here)
            here = self._part(f"up{level}", 3)(F.relu(whole[:, :, 1:-2, 1:-2]))
            if skipped:
                here = torch.cat([skipped.pop(), here], dim=1)
        mask = torch.sigmoid(self._part(f"up{len(CHANNELS) + 1}", 0)(here))
        return mask * magnitudes

    def _part(self, name: str, at: int) -> nn.Module:
        return self.get_submodule(f"{name}.{at}")


class _Named(nn.Module):
    """Modules under the places that they have in the published weights, such as ``up1.3``."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name.removeprefix("_"), part)
