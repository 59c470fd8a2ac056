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

from dataclasses import dataclass

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

WIDE = 16
"""Reach from which running sums are quicker."""

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

REFUSED, TAKEN = -0.56, -0.48
"""All cues together, below which nothing is added, above which all. Cut at 7 kHz, the band above
the edge, median over the clip: two singers over two backings at two places -0.44 and more, a
speaker -0.1 and more; with hi-hats 16 dB below the voice -0.6 at most."""

PLAIN = 0.5
"""From here the mixture above the edge is all but the voice alone."""

SAME_HZ = 700.0
"""Edges in one class of this width speak together."""

BRIEF_S = 1.0
"""In so much voice half of a likeness is believed, and as much again held against it."""


@dataclass(frozen=True, slots=True)
class Cues:
    """What speaks for a voice in M − V above the edge, and against. Shape of each: (batch, bands,
    STFT frames); ``edge``, the first bin above the edge or 0, (batch, 1, STFT frames).

    Attributes:
        size: bins in a band; the first begins at the edge.
        alike: likeness, less where there is little voice to read it from.
        pumping: how much more a band moves with the top of the mixture than the voice does.
        sum: all cues together, -inf where nothing is heard.
        sings: whether a frame counts. Shape: (batch, 1, STFT frames), bool.
    """

    edge: Tensor
    size: int
    alike: Tensor
    pumping: Tensor
    sum: Tensor
    sings: Tensor


def cues(voice: Tensor, rest: Tensor, frequency: Tensor, edges: Tensor, per_second: float) -> Cues:
    """Compare the voice below its edge with M − V above it.

    Args:
        voice: power, channels together. Shape: (batch, bins, STFT frames).
        rest: power of M − V, same shape.
        frequency: of the bins, Hz. Shape: (bins,).
        edges: Hz, 0 = none. Shape: (batch, STFT frames).
        per_second: STFT frames in a second.
    """
    width = float(frequency[1])
    edge = (edges / width).round().long()[:, None]
    size = max(1, round(BAND_HZ / width))
    bands = torch.arange(-(-voice.shape[1] // size), device=voice.device)[:, None] * size
    deep = torch.maximum(edge - round(BELOW_HZ[0] / width), edge // 2)
    told = between(voice, deep, edge - round(BELOW_HZ[1] / width)) * (edge > 0)
    heard = between(rest, edge + bands, edge + bands + size)
    top = between(rest, *(edge + round(hertz / width) for hertz in TOP_HZ))
    nothing = torch.full_like(heard, -torch.inf)
    found = Cues(edge, size, torch.zeros_like(heard), torch.zeros_like(heard), nothing, told < 0)
    # Where a part of a clip is cut, the rest of it must not speak for it, nor against it.
    rounded = (edges / SAME_HZ).ceil()
    for kind in kinds(rounded):
        here = (rounded == kind[:, None])[:, None]
        own = together(told * here, heard * here, top * here, per_second)
        alike, pumping, total, sings = (
            torch.where(here, one, other)
            for one, other in zip(
                own, (found.alike, found.pumping, found.sum, found.sings), strict=True
            )
        )
        found = Cues(edge, size, alike, pumping, total, sings)
    return found


def evidence(found: Cues, bins: int) -> Tensor:
    """``Cues.sum`` for each cell: -inf below the edge and where there is none. Shape: (batch, bins,
    STFT frames)."""
    place = torch.arange(bins, device=found.edge.device)[:, None] - found.edge
    spread = found.sum.gather(1, place.clamp_min(0) // found.size)
    return spread.masked_fill((place < 0) | (found.edge <= 0), -torch.inf)


def kinds(edges: Tensor) -> list[Tensor]:
    """The different values of each clip but 0, one of each at a time. Shape: (batch, frames) to
    (batch,) each; -1 where a clip has fewer."""
    own = [clip.unique() for clip in edges]
    own = [values[values > 0] for values in own]
    most = max(len(values) for values in own)
    padded = [F.pad(values, (0, most - len(values)), value=-1.0) for values in own]
    return list(torch.stack(padded, dim=1))


def together(
    told: Tensor, heard: Tensor, top: Tensor, per_second: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Likeness, pumping, all cues together, and which frames count.

    Args:
        told: power of the voice's own band; frames of 0 do not count. Shape: (batch, 1, frames).
        heard: power of M − V in each band above the edge. Shape: (batch, bands, frames).
        top: its power at the top. Shape: (batch, 1, frames).
    """
    pool = round(POOL_S * per_second)
    counts = active(told, per_second)
    seconds = sum_over_time(counts.float(), pool) / per_second
    brief = BRIEF_S / (seconds + BRIEF_S)
    alike = likeness(told, heard, counts, per_second) * (1 - brief)
    pumping = likeness(top, heard, counts, per_second) - likeness(top, told, counts, per_second)
    whole = mean_over_time(heard * counts, pool)
    over, struck = (
        mean_over_time(part * counts, pool) / whole.clamp_min(TINY)
        for part in (plausible(told, heard, counts, per_second), sudden(told, heard, per_second))
    )
    total = alike + OVERSHOOT * 10 * torch.log10(over.clamp_min(1e-6)) - pumping - struck - brief
    silent = whole <= AUDIBLE * mean_over_time(told * counts, pool)
    return alike, pumping, total.masked_fill(silent, -torch.inf), counts


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
    usual = usual.nan_to_num(posinf=0.0)
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
    if reach < WIDE:
        return F.avg_pool1d(curve, 2 * reach + 1, 1, reach, count_include_pad=False)
    place = torch.arange(curve.shape[-1], device=curve.device)
    count = (place + reach + 1).clamp_max(len(place)) - (place - reach).clamp_min(0)
    return (_running(curve, reach) / count).float()


def sum_over_time(curve: Tensor, reach: int) -> Tensor:
    """Sum over up to 2·reach + 1 frames. Shape: (batch, any, frames), kept."""
    return _running(curve, min(reach, curve.shape[-1] - 1)).float()


def _running(curve: Tensor, reach: int) -> Tensor:
    """The same in float64, at a cost that does not grow with the reach; what is at least 0 stays
    so."""
    total = F.pad(curve, (reach + 1, reach)).double().cumsum(-1)
    found = total[..., 2 * reach + 1 :] - total[..., : -2 * reach - 1]
    return found.clamp_min(0) if bool((curve >= 0).all()) else found


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
