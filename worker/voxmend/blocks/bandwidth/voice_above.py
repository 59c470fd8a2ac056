"""Whether the mixture holds the voice above the edge, or only the band.

Asked of M − V: what a voice that was never cut holds there is not in it. Four cues, band by band.
Likeness: does the level rise and fall with the voice's own band below the edge. Overshoot: how much
of the energy lies far over what the voice would suggest. Pumping: how much more the band moves with
the top of the mixture than the voice does. Attacks: how much of the energy follows a sudden rise
that the voice does not have. The last three tell hi-hats, of which a loud one now and then falls
together with an s.

Always holds: a gain changes nothing; nothing below the edge is looked at, nor where there is none.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..stft import TINY

BELOW_HZ = 3000.0, 300.0
"""The voice's own band, so far below the edge, and not below half of it."""

BAND_HZ = 1500.0
"""Width of a band."""

TOP_HZ = 4500.0, 9000.0
"""The top of the mixture, so far above the edge: hi-hats reach there, and most voices do not."""

POOL_S = 8.0
"""Reach of the cues each way: some thirty syllables. In less, chance makes a likeness."""

AUDIBLE = 1e-6
"""Of the voice's own band: 60 dB below it, nothing is heard beside it, and nothing is asked."""

TREND_S = 1.5
"""Reach of the mean that is taken off: what changes slower is loudness, not likeness."""

SMOOTH = 3
"""STFT frames of the mean before, each way: 20 ms."""

DEEP = 1e-3
"""Levels are compared down to 30 dB below their loudest."""

NEAR_S = 0.7
"""Reach of the loudest frame that "loud" is relative to."""

LOUD, ACTIVE = 0.03, 1e-3
"""A frame is loud within 15 dB of the loudest nearby; one counts where the mean nearby is within
30 dB of the loudest."""

FAR, OVERSHOOT = 4.0, 0.1
"""Overshoot begins 6 dB over what is usual; likeness that a decibel of it takes away."""

ATTACK, ATTACK_DB, CALM_DB = 3, 10.0, 4.0
"""STFT frames in which a sudden rise happens, how much it is, and how much the voice may rise."""

SOUNDS_S = 0.06
"""How long what was struck sounds on, and is counted."""

REFUSED, TAKEN = -0.35, -0.28
"""All cues together, below which nothing is added, above which all. Over two backings at two
places, cut at 7 kHz, in the band above the edge: two singers -0.39 and more, a speaker 0.31 and
more; with hi-hats 16 dB below the voice -0.68 at most."""

PLAIN = 0.85
"""From here the mixture above the edge is all but the voice alone."""


def evidence(
    voice: Tensor, rest: Tensor, frequency: Tensor, edges: Tensor, per_second: float
) -> Tensor:
    """How surely M − V holds the voice, for each cell.

    Args:
        voice: power, channels together. Shape: (batch, bins, STFT frames).
        rest: power of M − V, same shape.
        frequency: of the bins, Hz. Shape: (bins,).
        edges: Hz, 0 = none. Shape: (batch, STFT frames).
        per_second: STFT frames in a second.

    Returns:
        -inf where nothing speaks for it, up to 1. Shape: (batch, bins, STFT frames).
    """
    width = float(frequency[1])
    edge = (edges / width).round().long()[:, None]
    size = max(1, round(BAND_HZ / width))
    bands = torch.arange(-(-voice.shape[1] // size), device=voice.device)[:, None] * size
    deep = torch.maximum(edge - round(BELOW_HZ[0] / width), edge // 2)
    told = between(voice, deep, edge - round(BELOW_HZ[1] / width))
    heard = between(rest, edge + bands, edge + bands + size) * (edge > 0)
    low, high = (edge + round(hertz / width) for hertz in TOP_HZ)
    top = between(rest, low, high) * (edge > 0)

    pool = round(POOL_S * per_second)
    counts = active(told * (edge > 0), per_second)
    alike = likeness(told, heard, counts, per_second)
    pumping = likeness(top, heard, counts, per_second) - likeness(top, told, counts, per_second)
    whole = mean_over_time(heard * counts, pool)
    over, struck = (
        mean_over_time(part * counts, pool) / whole.clamp_min(TINY)
        for part in (plausible(told, heard, counts, per_second), sudden(told, heard, per_second))
    )
    found = alike + OVERSHOOT * 10 * torch.log10(over.clamp_min(1e-6)) - pumping - struck
    found = found.masked_fill(whole <= AUDIBLE * mean_over_time(told * counts, pool), -torch.inf)
    place = torch.arange(voice.shape[1], device=voice.device)[:, None] - edge
    spread = found.gather(1, place.clamp_min(0) // size)
    return spread.masked_fill((place < 0) | (edge <= 0), -torch.inf)


def sureness(found: Tensor) -> Tensor:
    """``evidence`` as a share of what is to be taken, 0..1."""
    return ((found - REFUSED) / (TAKEN - REFUSED)).clamp(0, 1)


def plainness(found: Tensor) -> Tensor:
    """``evidence`` as the share that is the voice alone, 0..1."""
    return ((found - TAKEN) / (PLAIN - TAKEN)).clamp(0, 1)


def active(told: Tensor, per_second: float) -> Tensor:
    """Frames that count: where the voice is not far below its loudest. Shape: (batch, 1, frames),
    bool."""
    mean = mean_over_time(told, round(NEAR_S * per_second))
    return (mean > ACTIVE * told.amax(-1, keepdim=True)) & (told > 0)


def likeness(one: Tensor, other: Tensor, counts: Tensor, per_second: float) -> Tensor:
    """Correlation of two levels in dB without their trends, over the frames that count. Shape:
    (batch, any, frames), kept."""
    trend, pool = round(TREND_S * per_second), round(POOL_S * per_second)
    first, second = (decibel(mean_over_time(power, SMOOTH), DEEP) for power in (one, other))
    first, second = ((level - mean_over_time(level, trend)) * counts for level in (first, second))
    spread = mean_over_time(first.square(), pool) * mean_over_time(second.square(), pool)
    return mean_over_time(first * second, pool) / spread.sqrt().clamp_min(TINY)


def plausible(told: Tensor, heard: Tensor, counts: Tensor, per_second: float) -> Tensor:
    """The part of a band's energy that does not overshoot. Shape: as ``heard``."""
    near = min(round(NEAR_S * per_second), told.shape[-1] - 1)
    loud = counts & (told > LOUD * F.max_pool1d(told, 2 * near + 1, 1, near))
    ratio = heard / told.clamp_min(TINY)
    usual = quantile_around(ratio, loud.expand_as(ratio), 0.5, round(POOL_S * per_second))
    return torch.minimum(FAR * usual * told, heard)


def sudden(told: Tensor, heard: Tensor, per_second: float) -> Tensor:
    """The part of a band's energy that follows an attack the voice does not have. Shape: as
    ``heard``."""
    rises = []
    for power in (told, heard):
        level = decibel(power, 1e-5)
        rises.append(F.pad(level[..., ATTACK:] - level[..., :-ATTACK], (ATTACK, 0)))
    own = F.max_pool1d(rises[0], 2 * ATTACK + 1, 1, ATTACK)
    attack = (rises[1] > ATTACK_DB) & (own < CALM_DB)
    reach = round(SOUNDS_S * per_second)
    return heard * F.max_pool1d(attack.to(heard.dtype), 2 * reach + 1, 1, reach)


def between(power: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """Sum over the bins from ``first`` up to, not including, ``last``, which may differ from frame
    to frame.

    Shape: (batch, bins, frames), and (batch, any, frames) twice, to (batch, any, frames).
    """
    total = F.pad(power.double().cumsum(1), (0, 0, 1, 0))
    low, high = (place.clamp(0, power.shape[1]) for place in (first, last))
    return (total.gather(1, high) - total.gather(1, low)).clamp_min(0).float()


def decibel(power: Tensor, deep: float) -> Tensor:
    """Level in dB with a floor, relative to the loudest frame. Shape: (batch, any, frames)."""
    return 10 * torch.log10(power + deep * power.amax(-1, keepdim=True) + TINY)


def mean_over_time(curve: Tensor, reach: int) -> Tensor:
    """Mean over up to 2·reach + 1 frames. Shape: (batch, frames) or (batch, any, frames), kept."""
    reach = min(reach, curve.shape[-1] - 1)
    return F.avg_pool1d(curve, 2 * reach + 1, 1, reach, count_include_pad=False)


def quantile_around(values: Tensor, chosen: Tensor, quantile: float, reach: int) -> Tensor:
    """A quantile of the chosen values within reach, frames each way; infinite where there are none.

    It moves as slowly as its reach: five places in it are enough, and many times less to sort.

    Shape: (batch, any, frames), kept.
    """
    frames = values.shape[-1]
    reach = min(reach, frames - 1)
    step = max(1, reach // 5)
    kept = values.masked_fill(~chosen, torch.inf)
    near = F.pad(kept, (reach, reach + step), value=torch.inf).unfold(-1, 2 * reach + 1, step)
    rank = (quantile * (near.isfinite().sum(-1) - 1).clamp_min(0)).long()
    found = near.sort(-1).values.gather(-1, rank[..., None])[..., 0]
    return found.repeat_interleave(step, -1)[..., :frames]
