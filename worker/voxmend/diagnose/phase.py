"""Phase damage, the metallic sound: how little of a voice's phase is still the singer's.

With the mixture: where the voice is nearly all that sounds, an intact voice has the mixture's
phase to a hundredth of a radian in many cells, since the band is momentarily silent there; a
guessed phase has not. Reverb, doubling and darkness turn both alike, so they do not count. Without
a mixture: within the main lobe of a partial neighbouring bins share one phase (the group delay of
a stationary partial is constant), which a jitter breaks; but reverb breaks it a little too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..blocks.nearby import around
from .look import Look, Share

RARE, RULES, OVER = 0.3, 0.7, 1.5
"""|V|/|M| below which the mixture's phase is not the voice's, above which it is, and above which
it is not any more."""

EQUAL_RAD = 0.02
"""Phases within this are one. Share of the ruled energy over four voices and two backings as loud:
clean .24 to .56, in rooms, doubled, dark or chirping too; jittered by .25 rad .11 to .17, by .5
rad .06 to .09, by 1 rad .03 to .05."""

WHOLE = 0.22
"""Share down to which a phase is whole: the least of a clean voice over any two seconds."""

RULED = 0.8, 0.95
"""Part of the voice's energy that must rule: where a quiet verse hides under the band, cells agree
or not by chance, and nothing can be said."""

PARTIALS_HZ = 120.0, 5000.0
PARTIAL_DB = 3.0
RANGE_DB = 35.0
"""A partial stands 3 dB over the second bin beside it, no more than 35 dB under the column's
loudest, and has one beside it in the column before."""


def agreement(look: Look) -> Share:
    """Share of the ruled energy in which voice and mixture have one phase."""
    voice, mix = look.spectrum, look.mixture
    loud, heard = voice.abs(), mix.abs()
    ratio = (around(loud.square(), (1, 1)) / around(heard.square(), (1, 1)).clamp_min(1e-20)).sqrt()
    rise = ((ratio - RARE) / (RULES - RARE)).clamp(0, 1)
    energy = rise * rise * (3 - 2 * rise) * (ratio < OVER) * loud * heard * look.sings
    equal = (voice * mix.conj()).angle().abs() < EQUAL_RAD
    return Share((energy * equal).sum((0, 1)), energy.sum((0, 1)))


def gather(look: Look) -> Tensor:
    """What ``read`` takes, column by column. With a mixture: ruled energy of one phase, ruled
    energy, the voice's energy where it sings; without: spread and weight. Shape: (3, columns) or
    (2, columns)."""
    if look.mix is None:
        found = spread(look)
        return torch.stack([found.part, found.whole])
    found = agreement(look)
    power = (look.spectrum.abs().square() * look.sings).sum((0, 1))
    return torch.stack([found.part, found.whole, power])


def read(sums: Sequence[float], alone: bool) -> float:
    """The sums of ``gather`` over any stretch as one reading."""
    if alone:
        return 100 * sums[0] / sums[1] if sums[1] > 0 else 0.0
    equal, whole, power = sums
    if power <= 0:
        return 0.0
    halved = math.log2(WHOLE / max(equal / whole if whole > 0 else 0.0, 1e-3))
    return max(0.0, halved) * ruled(sums)


def ruled(sums: Sequence[float]) -> float:
    """How far a stretch with a mixture can be judged, 0..1: little where the voice hides."""
    _, whole, power = sums
    share = whole / power if power > 0 else 0.0
    return min(1.0, max(0.0, (share - RULED[0]) / (RULED[1] - RULED[0])))


def damage(look: Look) -> float:
    """How many times the agreement is halved below that of a whole phase, at least 0; without a
    mixture, the spread of the phase over a partial's main lobe in hundredths. Not yet calibrated.
    """
    return read(gather(look).sum(-1).tolist(), look.mix is None)


def spread(look: Look) -> Share:
    """1 − cos of the phase step between a partial's peak and the bins beside it, weighed by
    magnitude. The phase is that at the column's centre."""
    sound = look.spectrum.sum(0)
    magnitude = sound.abs()
    level = 20 * torch.log10(magnitude + 1e-12)
    bins = torch.arange(len(level), device=level.device)
    width = float(look.frequency[1])
    inside = (bins > PARTIALS_HZ[0] / width) & (bins < min(PARTIALS_HZ[1] / width, len(level) - 3))
    peak = (level > level.roll(1, 0)) & (level >= level.roll(-1, 0)) & inside[:, None]
    peak &= (level > level.roll(2, 0) + PARTIAL_DB) & (level > level.roll(-2, 0) + PARTIAL_DB)
    peak &= (level > level.amax(0) - RANGE_DB) & look.sings
    before = F.max_pool1d(peak.float().mT[None], 3, 1, 1)[0].mT.roll(1, 1)
    before[:, 0] = 0
    weight = magnitude * peak * before
    turn = torch.zeros_like(magnitude)
    for step in (1, -1):
        # A column begins half a window before its centre, so neighbours stand against each other.
        beside = -sound * sound.roll(step, 0).conj()
        turn += 0.5 * (beside / beside.abs().clamp_min(1e-20)).real
    return Share((weight * (1 - turn)).sum(0), weight.sum(0))
