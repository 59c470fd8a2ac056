"""Where a voice's highs were cut off: a cliff in its spectrum with nothing behind it.

A naturally dark voice falls and falls, by some 12 dB per octave; a separator's or a codec's band
limit is a cliff. So what is looked for is a steep fall between two neighbouring bands, not a level
that is low. For the blocks of stage B, and for the detector of missing highs.

Always holds: a gain changes nothing, silence has no edge, any rate.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .curves import TINY, decibel
from .stft import HOPS

LOWEST_HZ, HIGHEST_HZ = 3000.0, 20_000.0
"""Edges looked for: from the telephone's 3.4 kHz to a good MP3's 20 kHz."""

USUAL = 0.95
"""Quantile over time that stands for what the voice reaches in a bin."""

BESIDE_HZ, SKIRT_HZ = 500.0, 700.0
"""Bands compared at both sides of an edge, and the width an edge takes at most between them."""

EDGE_DB = 24.0
"""Fall over an edge. A voice alone falls by some 12 dB per octave, 3 over these bands at 5 kHz."""
PART_DB = 40.0
"""Fall over an edge that only a part of the sound has: a held vowel ends in a gentler one."""

PIECE_S = 1.0
"""Length of a piece: some three syllables, of which one has highs. Each begins a quarter later."""

AGREE = 3
"""Neighbouring pieces that must have the same edge."""

QUIET = 1e-5
"""A piece that stays 50 dB below the loudest says nothing."""


def find_edges(power: Tensor, frequency: Tensor, per_second: float) -> Tensor:
    """The edge at each moment: that of the whole, or a lower one where several pieces agree on it,
    since damage may be in a part only.

    Args:
        power: of the voice, channels together. Shape: (batch, bins, STFT frames).
        frequency: of the bins, Hz. Shape: (bins,).
        per_second: STFT frames in a second.

    Returns:
        Hz, or 0 where there is none. Shape: (batch, STFT frames).
    """
    batch, _, frames = power.shape
    whole = find_edge(power, frequency)[:, None].expand(-1, frames)
    size = HOPS * max(1, round(PIECE_S * per_second / HOPS))
    step = size // HOPS
    if frames < size + (AGREE - 1) * step:
        return whole
    padded = F.pad(power, (0, -(frames - size) % step))
    pieces = _usual_of_pieces(padded, step).mT
    count = pieces.shape[1]
    found = _cliff(pieces.flatten(0, 1), frequency, PART_DB).view(batch, count)
    loud = padded.sum(1).unfold(-1, size, step).amax(-1)
    found = found * (loud > QUIET * loud.amax(-1, keepdim=True))
    # A piece alone may be one vowel: its neighbours, which overlap it, must see the same.
    near = F.pad(found, (AGREE // 2, AGREE // 2), mode="replicate").unfold(-1, AGREE, 1)
    agreed = (near.amax(-1) - near.amin(-1) < SKIRT_HZ) & (near.amin(-1) > 0)
    found = near.median(-1).values * agreed
    # An edge holds for all of its piece, and one that reaches out of the part sees a higher one.
    found = torch.where(found > 0, found, torch.inf)
    covers = F.pad(found, (HOPS - 1, 0), value=torch.inf).unfold(-1, HOPS, 1).amin(-1)
    rest = F.pad(covers, (0, HOPS), mode="replicate").repeat_interleave(step, -1)[:, :frames]
    return torch.where(rest.isfinite() & ((rest < whole - SKIRT_HZ) | (whole == 0)), rest, whole)


def find_edge(power: Tensor, frequency: Tensor, fall_db: float = EDGE_DB) -> Tensor:
    """Where a voice ends in a cliff with nothing behind it: Hz, or 0.

    Args:
        power: of the voice, channels together. Shape: (batch, bins, frames).
        frequency: of the bins, Hz. Shape: (bins,).
        fall_db: how deep a cliff must be.

    Returns:
        Shape: (batch,).
    """
    return _cliff(_usual(power), frequency, fall_db)


def _usual(power: Tensor) -> Tensor:
    """What each bin reaches in the last axis. Shape: without it."""
    return _loudest(power, _rank(power.shape[-1])).amin(-1)


def _usual_of_pieces(power: Tensor, step: int) -> Tensor:
    """The same for pieces of so many times ``HOPS`` frames, each a step after the one before.

    The loudest of a piece are among the loudest of its quarters, which are looked for once.

    Shape: (batch, bins, frames) to (batch, bins, pieces).
    """
    rank = _rank(HOPS * step)
    quarters = _loudest(power.reshape(*power.shape[:-1], -1, step), min(rank, step))
    return _loudest(quarters.unfold(2, HOPS, 1).flatten(-2), rank).amin(-1)


def _rank(frames: int) -> int:
    """Which of so many is ``USUAL``, counted from the loudest."""
    return frames - int(USUAL * (frames - 1))


def _loudest(power: Tensor, count: int) -> Tensor:
    """The loudest of the last axis, in any order; quicker than ``kthvalue``."""
    return power.topk(count, dim=-1, sorted=False).values


def _cliff(reached: Tensor, frequency: Tensor, fall_db: float) -> Tensor:
    """The edge of what is reached in each bin. Shape: (batch, bins) to (batch,)."""
    width = float(frequency[1])
    beside, skirt = max(1, round(BESIDE_HZ / width)), max(1, round(SKIRT_HZ / width))
    level = decibel(reached, TINY)
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
    cliff = (below - above >= fall_db) & (highest_after < below - fall_db / 2)
    # The lower band falls off first: the steepest place is where it ends.
    steepest = ((mean[:, at - beside] - mean[:, at + skirt]) * cliff).max(1)
    return torch.where(steepest.values > 0, frequency[at[steepest.indices]], 0.0)
