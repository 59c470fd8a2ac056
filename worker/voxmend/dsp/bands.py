"""Bins of a spectrum gathered in bands: third octaves, as wide as hearing tells apart, or bands of
one width."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor


def third_octaves(bins: int, first: float, last: float, device: torch.device) -> Tensor:
    """Which bins lie in which third octave, 0 or 1.

    Args:
        first: where the lowest one begins, in bins; what lies below is one band.
        last: no further one begins at or above it, in bins; what is left above is one band.

    Returns:
        Shape: (bands, bins). Each bin is in one band.

    Examples:
        >>> third_octaves(6, 2.0, 6.0, torch.device("cpu")).int().tolist()
        [[1, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 1]]
    """
    edges, n, edge = [0], 0, first
    while edge < min(last, bins):
        edges.append(round(edge))
        n += 1
        edge = first * 2 ** (n / 3)
    edges = sorted({*(edge for edge in edges if edge < bins), bins})
    member = torch.zeros(len(edges) - 1, bins, device=device)
    for row, (low, high) in enumerate(pairwise(edges)):
        member[row, low:high] = 1
    return member


def place_in_thirds(frequency: Tensor, lowest_hz: float) -> Tensor:
    """How many thirds of an octave each bin lies above ``lowest_hz``, at least 0. Shape: (bins,).

    Examples:
        >>> place_in_thirds(torch.tensor([10.0, 50.0, 100.0]), 50.0).tolist()
        [0.0, 0.0, 3.0]
    """
    return 3 * torch.log2(frequency.clamp_min(lowest_hz) / lowest_hz)


def summed_at(power: Tensor, place: Tensor) -> Tensor:
    """Power summed over the bands that ``place_in_thirds`` counts. Shape: (batch, bins, frames) to
    (batch, bands, frames)."""
    band = place.long()
    summed = power.new_zeros(len(power), int(band[-1]) + 1, power.shape[-1])
    return summed.index_add(1, band, power)


def mean_in_bands(power: Tensor, size: int) -> Tensor:
    """Mean power of bands of so many bins. Shape: (batch, channels, bins, frames) to (batch,
    channels, bands, frames); the last band may be short."""
    return F.avg_pool2d(power, (size, 1), ceil_mode=True)


def summed_in_bands(cells: Tensor, size: int) -> Tensor:
    """Sum over bands of so many bins; what fills no whole band is left out. Shape: (bins, frames)
    to (bands, frames)."""
    bands = len(cells) // size
    return cells[: bands * size].view(bands, size, -1).sum(1)


def mean_over_bins(power: Tensor, reach: int) -> Tensor:
    """Mean over up to 2·reach + 1 bins. Shape: (batch, channels, bins, frames), kept."""
    rows = power.transpose(-1, -2).flatten(0, 1)
    rows = F.avg_pool1d(rows, 2 * reach + 1, 1, reach, count_include_pad=False)
    return rows.view(*power.shape[:2], *rows.shape[1:]).transpose(-1, -2)
