"""Where a voice's highs were cut off: a cliff in its spectrum with nothing behind it.

A naturally dark voice falls and falls, by some 12 dB per octave; a separator's or a codec's band
limit is a cliff. So what is looked for is a steep fall between two neighbouring bands, not a level
that is low. For the blocks of stage B, and for the detector of missing highs.

Always holds: a gain changes nothing, silence has no edge, any rate.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..stft import TINY

LOWEST_HZ, HIGHEST_HZ = 3000.0, 20_000.0
"""Edges looked for: from the telephone's 3.4 kHz to a good MP3's 20 kHz."""

USUAL = 0.95
"""Quantile over time that stands for what the voice reaches in a bin."""

BESIDE_HZ, SKIRT_HZ = 500.0, 700.0
"""Bands compared at both sides of an edge, and the width an edge takes at most between them."""

EDGE_DB = 24.0
"""Fall over an edge. A voice alone falls by some 12 dB per octave, 3 over these bands at 5 kHz."""


def find_edges(power: Tensor, frequency: Tensor) -> Tensor:
    """The edge at each moment: Hz, or 0 where there is none.

    Args:
        power: of the voice, channels together. Shape: (batch, bins, STFT frames).
        frequency: of the bins, Hz. Shape: (bins,).

    Returns:
        Shape: (batch, STFT frames).
    """
    return find_edge(power, frequency)[:, None].expand(-1, power.shape[-1])


def find_edge(power: Tensor, frequency: Tensor) -> Tensor:
    """Where a voice ends in a cliff with nothing behind it: Hz, or 0.

    Shape: (batch, bins, frames) to (batch,).
    """
    width = float(frequency[1])
    beside, skirt = max(1, round(BESIDE_HZ / width)), max(1, round(SKIRT_HZ / width))
    reached = power.kthvalue(1 + int(USUAL * (power.shape[-1] - 1)), dim=-1).values
    level = 10 * torch.log10(reached + TINY)
    bins = level.shape[1]
    first = max(round(LOWEST_HZ / width), beside)
    last = min(round(HIGHEST_HZ / width), bins - beside - skirt)
    if last <= first:
        return torch.zeros_like(level[:, 0])
    sides = level.unfold(1, beside, 1)
    # Whether there is a cliff says the median: one loud partial is none. Where, the sharper mean.
    usual, mean = sides.median(-1).values, sides.mean(-1)
    at = torch.arange(first, last, device=level.device)
    below, above = usual[:, at - beside], usual[:, at + skirt]
    highest_after = level.flip(1).cummax(1).values.flip(1)[:, at + skirt]
    cliff = (below - above >= EDGE_DB) & (highest_after < below - EDGE_DB / 2)
    # The lower band falls off first: the steepest place is where it ends.
    steepest = ((mean[:, at - beside] - mean[:, at + skirt]) * cliff).max(1)
    return torch.where(steepest.values > 0, frequency[at[steepest.indices]], 0.0)
