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
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..damage import Why
from ..dsp.curves import Ramp, decibel
from ..dsp.nearby import around
from ..dsp.stft import common, power
from .detector import Detector, Gathered, Setting, only_with_mixture
from .look import Look, Share

RATIO_RULES, OVER = Ramp(0.3, 0.7), 1.5
"""|V|/|M|: below the first the mixture's phase is not the voice's, above the second it is, and
above ``OVER`` it is not any more."""

EQUAL_RAD = 0.02
"""Phases within this are one. Share of the ruled energy over four voices and two backings as loud:
clean .24 to .56, in rooms, doubled, dark or chirping too; jittered by .25 rad .11 to .17, by .5
rad .06 to .09, by 1 rad .03 to .05."""

WHOLE = 0.22
"""Share down to which a phase is whole: the least of a clean voice over any two seconds."""

SHARE_RULED = Ramp(0.8, 0.95)
"""Part of the voice's energy that must rule: where a quiet verse hides under the band, cells agree
or not by chance, and nothing can be said."""

ENOUGH_S = 0.3
"""Singing from which a reading is believed in full: in a gap there is next to none to read."""

PARTIALS_HZ = 120.0, 5000.0
PARTIAL_DB = 3.0
RANGE_DB = 35.0
"""A partial stands 3 dB over the second bin beside it, no more than 35 dB under the column's
loudest, and has one beside it in the column before."""


class WithMixture(NamedTuple):
    """What is added up: seconds of singing, the ruled energy of one phase, the ruled energy, the
    voice's energy where it sings."""

    sung_s: float
    equal: float
    ruled: float
    voice: float

    @property
    def judged(self) -> float:
        """How far the stretch can be judged, 0..1: little where the voice hides."""
        share = self.ruled / self.voice if self.voice > 0 else 0.0
        return float(SHARE_RULED(torch.tensor(share, dtype=torch.float64)))


class Alone(NamedTuple):
    """What is added up: seconds of singing, spread of the partials' phase, and its weight."""

    sung_s: float
    spread: float
    weight: float


class Phase(Detector):
    """How many times the agreement is halved below that of a whole phase; without a mixture, the
    spread of the phase over a partial's main lobe in hundredths."""

    name = "phase"

    def gather(self, look: Look) -> Gathered:
        """Column by column: ``WithMixture``, or ``Alone``."""
        sung_s = look.sings * look.columns_s
        if look.mix is None:
            found = spread(look)
            return Gathered(torch.stack([sung_s, found.part, found.whole]), look.columns_s)
        found = agreement(look)
        energy = (look.power * look.sings).sum((0, 1))
        return Gathered(torch.stack([sung_s, found.part, found.whole, energy]), look.columns_s)

    def read(self, sums: Sequence[float], beside: Setting) -> float:
        """Halvings, or hundredths."""
        enough = min(1.0, sums[0] / ENOUGH_S)
        if beside.alone:
            alone = Alone(*sums)
            return 100 * alone.spread / alone.weight * enough if alone.weight > 0 else 0.0
        found = WithMixture(*sums)
        if found.voice <= 0:
            return 0.0
        share = found.equal / found.ruled if found.ruled > 0 else 0.0
        return max(0.0, math.log2(WHOLE / max(share, 1e-3))) * found.judged * enough

    def why(self, sums: Sequence[float], beside: Setting) -> Why | None:
        """A voice alone does not show it, nor does one that hides under the band."""
        if (why := only_with_mixture(sums[0], beside)) is not None:
            return why
        return "hidden" if WithMixture(*sums).judged <= 0 else None


def agreement(look: Look) -> Share:
    """Share of the ruled energy in which voice and mixture have one phase."""
    equal = torch.zeros_like(look.sings, dtype=torch.float32)
    ruled = torch.zeros_like(equal)
    # Channel by channel: what is made on the way takes ten times a channel's own memory.
    for voice, mix, loud, heard in zip(
        look.spectrum, look.mixture, look.power, look.mixture_power, strict=True
    ):
        ratio = (around(loud, (1, 1)) / around(heard, (1, 1)).clamp_min(1e-20)).sqrt()
        rules = RATIO_RULES.smooth(ratio) * (ratio < OVER)
        energy = rules * (loud * heard).sqrt() * look.sings
        ruled += energy.sum(0)
        equal += (energy * _within(voice, mix, EQUAL_RAD)).sum(0)
    return Share(equal, ruled)


def _within(one: Tensor, other: Tensor, angle: float) -> Tensor:
    """Where two spectra have phases within an angle of each other, less than a right one."""
    across = torch.addcmul(one.imag * other.real, one.real, other.imag, value=-1)
    return across.abs() < math.tan(angle) * common(one, other)


def spread(look: Look) -> Share:
    """1 − cos of the phase step between a partial's peak and the bins beside it, weighed by
    magnitude. The phase is that at the column's centre."""
    whole = look.spectrum.sum(0)
    width = float(look.frequency[1])
    loudest = 2 * decibel(power(whole).amax(0).sqrt(), 1e-12)
    top = min(PARTIALS_HZ[1] / width, len(whole) - 3)
    sound = whole[: math.ceil(top) + 3]  # the partials, and what lies beside the highest
    magnitude = sound.abs()
    level = 2 * decibel(magnitude, 1e-12)
    bins = torch.arange(len(level), device=level.device)
    inside = (bins > PARTIALS_HZ[0] / width) & (bins < top)
    peak = (level > level.roll(1, 0)) & (level >= level.roll(-1, 0)) & inside[:, None]
    peak &= (level > level.roll(2, 0) + PARTIAL_DB) & (level > level.roll(-2, 0) + PARTIAL_DB)
    peak &= (level > loudest - RANGE_DB) & look.sings
    before = F.max_pool2d(peak.float()[None], (3, 1), 1, (1, 0))[0].roll(1, 1)
    before[:, 0] = 0
    weight = magnitude * peak * before
    turn = torch.zeros_like(magnitude)
    for step in (1, -1):
        # A column begins half a window before its centre: neighbours have opposite signs.
        other = sound.roll(step, 0)
        turn -= 0.5 * common(sound, other) / (magnitude * magnitude.roll(step, 0)).clamp_min(1e-20)
    return Share((weight * (1 - turn)).sum(0), weight.sum(0))


PHASE = Phase()
