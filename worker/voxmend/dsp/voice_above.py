"""Whether the mixture holds the voice above an edge, or only the band.

Asked of M − V: what a voice that was never cut holds there is not in it. Four cues, band by band:

- likeness: correlation, in dB, of the band's level with the voice's own band just below the edge;
- overshoot: 10·log10 of the part of the band's energy within 6 dB of what that level suggests;
- pumping: how much more the band follows the top of the mixture than the voice does;
- attacks: the part of the band's energy that follows a sudden rise which the voice does not have.

    score = likeness + 0.1 · overshoot − pumping − attacks − doubt(seconds of voice)

The last three tell hi-hats, of which a loud one now and then falls together with an s.

Always holds: a gain changes nothing; nothing below the edge is looked at, nor where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .curves import TINY, Ramp, decibel, mean_over_time, quantile_around, sum_over_time

BELOW_HZ = 3000.0, 300.0
"""The voice's own band, so far below the edge, and not below half of it."""

BAND_HZ = 1500.0
"""Width of a band above."""

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

RANGE = 1e-3
"""Levels are compared down to 30 dB below their loudest."""

NEAR_S = 0.7
"""Reach of the loudest frame that "loud" is relative to."""

LOUD, ACTIVE = 0.03, 1e-3
"""A frame is loud within 15 dB of the loudest nearby; one counts where the mean nearby is within
30 dB of the loudest."""

PLAUSIBLE, OVERSHOOT = 4.0, 0.1
"""Energy is plausible up to 6 dB over what is usual; score that a decibel of overshoot takes."""

ATTACK, ATTACK_DB, STEADY_DB = 3, 10.0, 4.0
"""STFT frames in which a sudden rise happens, how much it is, and how much the voice may rise."""

ATTACK_RANGE = 1e-5
"""Levels are compared down to 50 dB below their loudest where attacks are looked for."""

DECAY_S = 0.06
"""How long what was struck sounds on, and is counted."""

SCORE_ADMITS = Ramp(-0.56, -0.48)
"""Score below which nothing is added, above which all. Cut at 7 kHz, the band above the edge,
median over the clip: two singers over two backings at two places -0.44 and more, a speaker -0.1 and
more; with hi-hats 16 dB below the voice -0.6 at most."""

SCORE_ALONE = Ramp(SCORE_ADMITS.high, 0.5)
"""Score from which on the mixture above the edge is, in part and then all, the voice alone."""

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
        likeness: correlation, less where there is little voice to read it from.
        pumping: how much more a band moves with the top of the mixture than the voice does.
        score: all cues in one number, -inf where nothing is heard.
        active: whether a frame counts. Shape: (batch, 1, STFT frames), bool.
    """

    edge: Tensor
    size: int
    likeness: Tensor
    pumping: Tensor
    score: Tensor
    active: Tensor

    def score_of_cells(self, bins: int) -> Tensor:
        """The score for each cell: -inf below the edge and where there is none. Shape: (batch,
        bins, STFT frames)."""
        place = torch.arange(bins, device=self.edge.device)[:, None] - self.edge
        spread = self.score.gather(1, place.clamp_min(0) // self.size)
        return spread.masked_fill((place < 0) | (self.edge <= 0), -torch.inf)


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
    lowest = torch.maximum(edge - round(BELOW_HZ[0] / width), edge // 2)
    below = sums_between(voice, (lowest, edge - round(BELOW_HZ[1] / width)))[0] * (edge > 0)
    above, top = sums_between(
        rest,
        (edge + bands, edge + bands + size),
        (edge + round(TOP_HZ[0] / width), edge + round(TOP_HZ[1] / width)),
    )
    nothing = torch.full_like(above, -torch.inf)
    found = Cues(edge, size, torch.zeros_like(above), torch.zeros_like(above), nothing, below < 0)
    # Where a part of a clip is cut, the rest of it must not speak for it, nor against it.
    rounded = (edges / SAME_HZ).ceil()
    for kind in distinct(rounded):
        here = (rounded == kind[:, None])[:, None]
        own = all_cues(below * here, above * here, top * here, per_second)
        likeness, pumping, score, active = (
            torch.where(here, one, other)
            for one, other in zip(
                own, (found.likeness, found.pumping, found.score, found.active), strict=True
            )
        )
        found = Cues(edge, size, likeness, pumping, score, active)
    return found


def distinct(edges: Tensor) -> list[Tensor]:
    """The different values of each clip but 0, one of each at a time. Shape: (batch, frames) to
    (batch,) each; -1 where a clip has fewer."""
    own = [clip.unique() for clip in edges]
    own = [values[values > 0] for values in own]
    most = max(len(values) for values in own)
    padded = [F.pad(values, (0, most - len(values)), value=-1.0) for values in own]
    return list(torch.stack(padded, dim=1))


def all_cues(
    below: Tensor, above: Tensor, top: Tensor, per_second: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Likeness, pumping, the score, and which frames count.

    Args:
        below: power of the voice's own band below the edge; frames of 0 do not count. Shape:
            (batch, 1, frames).
        above: power of M − V in each band above the edge. Shape: (batch, bands, frames).
        top: its power at the top. Shape: (batch, 1, frames).
    """
    pool = round(POOL_S * per_second)
    counts = active(below, per_second)
    seconds = sum_over_time(counts.float(), pool) / per_second
    doubt = BRIEF_S / (seconds + BRIEF_S)
    likeness = correlation(below, above, counts, per_second) * (1 - doubt)
    followed = [correlation(top, each, counts, per_second) for each in (above, below)]
    pumping = followed[0] - followed[1]
    energy = mean_over_time(above * counts, pool)
    within, struck = (
        mean_over_time(part * counts, pool) / energy.clamp_min(TINY)
        for part in (
            plausible(below, above, counts, per_second),
            after_attacks(below, above, per_second),
        )
    )
    overshoot = decibel(within.clamp_min(1e-6))
    score = likeness + OVERSHOOT * overshoot - pumping - struck - doubt
    silent = energy <= AUDIBLE * mean_over_time(below * counts, pool)
    return likeness, pumping, score.masked_fill(silent, -torch.inf), counts


def active(below: Tensor, per_second: float) -> Tensor:
    """Frames that count: where the voice is not far below its loudest. Shape: (batch, 1, frames),
    bool."""
    mean = mean_over_time(below, round(NEAR_S * per_second))
    return (mean > ACTIVE * below.amax(-1, keepdim=True)) & (below > 0)


def correlation(one: Tensor, other: Tensor, counts: Tensor, per_second: float) -> Tensor:
    """Correlation of two levels in dB without their trends, over the frames that count. Shape:
    (batch, any, frames), kept."""
    trend, pool = round(TREND_S * per_second), round(POOL_S * per_second)
    first, second = (level_db(mean_over_time(power, SMOOTH), RANGE) for power in (one, other))
    first, second = ((level - mean_over_time(level, trend)) * counts for level in (first, second))
    spread = mean_over_time(first.square(), pool) * mean_over_time(second.square(), pool)
    return mean_over_time(first * second, pool) / spread.sqrt().clamp_min(TINY)


def plausible(below: Tensor, above: Tensor, counts: Tensor, per_second: float) -> Tensor:
    """The part of a band's energy that does not overshoot. Shape: as ``above``."""
    near = min(round(NEAR_S * per_second), below.shape[-1] - 1)
    loud = counts & (below > LOUD * F.max_pool1d(below, 2 * near + 1, 1, near))
    ratio = above / below.clamp_min(TINY)
    usual = quantile_around(ratio, loud.expand_as(ratio), 0.5, round(POOL_S * per_second))
    usual = usual.nan_to_num(posinf=0.0)
    return torch.minimum(PLAUSIBLE * usual * below, above)


def after_attacks(below: Tensor, above: Tensor, per_second: float) -> Tensor:
    """The part of a band's energy that follows an attack the voice does not have. Shape: as
    ``above``."""
    rises = []
    for power in (below, above):
        level = level_db(power, ATTACK_RANGE)
        rises.append(F.pad(level[..., ATTACK:] - level[..., :-ATTACK], (ATTACK, 0)))
    own = F.max_pool1d(rises[0], 2 * ATTACK + 1, 1, ATTACK)
    attack = (rises[1] > ATTACK_DB) & (own < STEADY_DB)
    reach = round(DECAY_S * per_second)
    return above * F.max_pool1d(attack.to(above.dtype), 2 * reach + 1, 1, reach)


def sums_between(power: Tensor, *bounds: tuple[Tensor, Tensor]) -> list[Tensor]:
    """Sums over the bins from a first up to, not including, a last, which may differ from frame to
    frame; one for each pair.

    Shape: (batch, bins, frames), and pairs of (batch, any, frames), to (batch, any, frames) each.
    """
    total = power.cumsum(1, dtype=torch.float64)

    def below(place: Tensor) -> Tensor:
        place = place.clamp(0, power.shape[1])
        return total.gather(1, (place - 1).clamp_min(0)) * (place > 0)

    return [(below(last) - below(first)).clamp_min(0).float() for first, last in bounds]


def level_db(power: Tensor, least: float) -> Tensor:
    """Level in dB, down to this part of the loudest frame's power. Shape: (batch, any, frames)."""
    return decibel(power, least * power.amax(-1, keepdim=True) + TINY)
