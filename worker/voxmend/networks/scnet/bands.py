"""The layers of SCNet that work band by band: a level squeezes its bands on the way in and
stretches them again on the way out.

Sounds are spectra. Shape: (batch, channels, bins, frames).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .form import Band, Cut


def norm(channels: int) -> nn.GroupNorm:
    """All channels, and all that they hear, brought to one mean and deviation.

    A song has ten million numbers here: their sums must be float32 at least, and not made in one
    long row, or they are off by more than anything else in the network. torch's are so; tests hold
    it, and that nothing narrower comes here.
    """
    return nn.GroupNorm(1, channels)


class Residual(nn.Module):
    """Small convolutions along time, the same for each bin of a band; each adds to what it heard.
    A bin of one window is normalised by itself."""

    def __init__(self, channels: int, narrow: int, kernel: int, depth: int) -> None:
        super().__init__()
        half = kernel // 2
        self.layers = nn.ModuleList(
            nn.Sequential(
                norm(channels),
                nn.Conv1d(channels, 2 * narrow, kernel, padding=half),
                nn.GLU(1),
                nn.Conv1d(narrow, narrow, kernel, padding=half, groups=narrow),
                norm(narrow),
                nn.SiLU(),
                nn.Conv1d(narrow, channels, 1),
            )
            for _ in range(depth)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (batch, channels, bins, frames), kept."""
        batch, channels, bins, frames = x.shape
        row = x.transpose(1, 2).reshape(batch * bins, channels, frames)
        for layer in self.layers:
            row = layer(row).add_(row)
        return row.view(batch, bins, channels, frames).transpose(1, 2)


class Split(nn.Module):
    """Cuts a spectrum into bands and squeezes each."""

    def __init__(self, heard: int, made: int, bands: Sequence[Band], cuts: Sequence[Cut]) -> None:
        super().__init__()
        self._cuts = tuple(cuts)
        self.convs = nn.ModuleList(
            nn.Conv2d(heard, made, (band.kernel, 1), (band.stride, 1)) for band in bands
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """The bands, low to high. Shape of each: (batch, made, its bins, frames)."""
        return [
            conv(F.pad(x[:, :, cut.start : cut.stop], (0, 0, cut.before, cut.after)))
            for conv, cut in zip(self.convs, self._cuts, strict=True)
        ]


class Squeeze(nn.Module):
    """A level on the way in."""

    def __init__(
        self, heard: int, made: int, narrow: int, kernel: int,
        bands: Sequence[Band], cuts: Sequence[Cut],
    ) -> None:  # fmt: skip
        super().__init__()
        self.SDlayer = Split(heard, made, bands, cuts)
        self.conv_modules = nn.ModuleList(
            Residual(made, narrow, kernel, band.depth) for band in bands
        )
        self.globalconv = nn.Conv2d(made, made, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the next level hears, and what the way out will want to know."""
        bands = zip(self.conv_modules, self.SDlayer(x), strict=True)
        passed = torch.cat([F.gelu(residual(band)) for residual, band in bands], 2)
        return self.globalconv(passed), passed


class Fusion(nn.Module):
    """Joins what comes from below with what passed by.

    As published the sum is heard twice, side by side, through twice the weights. Here the weights
    are added once, when the network is ready, and it is heard once: half the work, the same answer
    but for rounding.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1)

    def fold(self) -> None:
        """Add the halves of the weights; once, after they are loaded."""
        first, second = self.conv.weight.detach().chunk(2, 1)
        self.conv.weight = nn.Parameter(first + second, requires_grad=False)
        self.conv.in_channels //= 2

    def forward(self, x: Tensor, passed: Tensor) -> Tensor:
        """Shape: that of ``x`` and ``passed``, which is used up."""
        return F.glu(self.conv(passed.add_(x)), 1)


class Stretch(nn.Module):
    """Stretches each band to the bins that it had and puts them together."""

    def __init__(self, heard: int, made: int, bands: Sequence[Band], cuts: Sequence[Cut]) -> None:
        super().__init__()
        self._cuts = tuple(cuts)
        self.convtrs = nn.ModuleList(
            nn.ConvTranspose2d(heard, made, (band.kernel, 1), (band.stride, 1)) for band in bands
        )

    def only(self, rows: Sequence[int]) -> None:
        """Cut the layer down to these of the channels that it makes, in this order."""
        rows = list(rows)
        for conv in self.convtrs:
            weight = conv.get_parameter("weight")[:, rows].detach().clone()
            bias = conv.get_parameter("bias")[rows].detach().clone()
            conv.register_parameter("weight", nn.Parameter(weight, requires_grad=False))
            conv.register_parameter("bias", nn.Parameter(bias, requires_grad=False))

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (batch, made, bins, frames)."""
        parts = torch.split(x, [cut.made for cut in self._cuts], 2)
        stretched = [
            conv(part)[:, :, cut.trim : cut.trim + cut.stop - cut.start]
            for conv, part, cut in zip(self.convtrs, parts, self._cuts, strict=True)
        ]
        return torch.cat(stretched, 2)
