"""Spleeter's network (Hennequin, Khlif, Voituret, Moussallam: "Spleeter: a fast and efficient music
source separation tool with pre-trained models", JOSS 2020), in its published form.

One U-Net for the voice and one for the band, over magnitudes: six convolutions down, six up, then a
soft mask on the input. Only the form is here; ``spleeter`` asks it and makes sound of its answer.

The six up are published as transposed convolutions of stride 2. Here they are plain ones that give
the four cells of each square of 2 by 2 as channels: the same sums, which torch computes at the
processor's speed with channels last, and transposed ones not.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

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
    """One stem's magnitudes out of the mixture's. Names of weights are the published ones, and
    ``in_plain_form`` makes their values fit."""

    def __init__(self) -> None:
        super().__init__()
        before = STEREO
        for level, channels in enumerate(CHANNELS, 1):
            self.add_module(f"down{level}_conv", _Named(_1=nn.Conv2d(before, channels, KERNEL, 2)))
            self.add_module(f"down{level}_act", _Named(_0=nn.BatchNorm2d(channels, EPSILON)))
            before = channels
        for level, channels in enumerate((*CHANNELS[-2::-1], 1), 1):
            up = nn.Conv2d(before, 4 * channels, 3, padding=1)
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
            wide = F.pixel_shuffle(self._part(f"up{level}", 0)(here), STRIDE)
            here = self._part(f"up{level}", 3)(F.relu(wide))
            if skipped:
                here = torch.cat([skipped.pop(), here], dim=1)
        mask = torch.sigmoid(self._part(f"up{len(CHANNELS) + 1}", 0)(here))
        return mask * magnitudes

    @classmethod
    def in_plain_form(cls, published: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weights with every transposed convolution turned into a plain one.

        Raises:
            RuntimeError, ValueError: one is none of stride 2 with this kernel.
        """
        weights = dict(published)
        for level in range(1, len(CHANNELS) + 1):
            place = f"up{level}.0."
            if {place + "weight", place + "bias"} <= weights.keys():
                weights[place + "weight"] = plain(weights[place + "weight"])
                weights[place + "bias"] = weights[place + "bias"].repeat_interleave(STRIDE**2)
        return weights

    def _part(self, name: str, at: int) -> nn.Module:
        return self.get_submodule(f"{name}.{at}")


def plain(transposed: Tensor) -> Tensor:
    """The weights of the plain convolution with which, after ``pixel_shuffle``, a transposed one of
    stride 2 gives the same, less its first row and its last two. Shape: (channels in, channels out,
    5, 5) to (4 · channels out, channels in, 3, 3)."""
    inside, outside, *size = transposed.shape
    if size != [KERNEL, KERNEL]:
        raise ValueError(f"a kernel of {size}")
    square = transposed.new_zeros(outside, STRIDE, STRIDE, inside, 3, 3)
    # Row 2m + p of the answer takes row m + d - 1 through the kernel's row p + 3 - 2d.
    rows = [(p, d, p + 3 - 2 * d) for p in range(STRIDE) for d in range(3)]
    rows = [row for row in rows if 0 <= row[2] < KERNEL]
    for (p, d, row), (q, e, column) in product(rows, rows):
        square[:, p, q, :, d, e] = transposed[:, :, row, column].mT
    return square.flatten(0, 2)


class _Named(nn.Module):
    """Modules under the places that they have in the published weights, such as ``up1.3``."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name.removeprefix("_"), part)
