"""Lowers what the band left in a voice's gaps, by one slow gain: long gaps, surely found.

What a trained separator leaves between phrases stands 10 to 25 dB under the voice and follows the
band. A spectral denoiser takes it for voice or takes the voice with it; a gain that moves at the
ends of phrases alone cannot hurt what is sung, if it knows the gaps. ``dsp.voice_activity`` knows
them best of all that was tried on real songs, and ``dsp.gaps`` takes only those it is sure of.

Always holds: outside the gaps the voice passes bit for bit; level only falls; one gain for all
channels; a clip whose residual would not fall by ``WORTH_DB`` is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ...dsp.band_levels import STEP_S, BandLevels, band_levels, frames_of, reach
from ...dsp.fades import Fade
from ...dsp.gaps import CAUTION, Gap, expected_db, gaps
from ...dsp.voice_activity import trained
from ..contract import LOSS, Faded, Fader, RepairParams
from ..registry import register

WORTH_DB = -0.25
"""What the residual must be lowered by at least, on the mean of the time in which nobody sings and
by the network's word: at 6 dB a 24th of it."""

NO_GAP = "no_gap"
"""Why a clip is left as it is."""

DEEPEST_DB = -12.0

EXPLAINED = 0.005
"""Share of what sounds in a gap that the rest of the mixture explains, from which on it is the
band's. Over five songs and remixes of four dry voices the gaps of a trained separator's stems have
.014 and more in nine of ten; those of the true voices, with their rooms and tails, .0016 and
less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsParams(RepairParams):
    """How far to lower.

    Attributes:
        strength: 0 changes nothing, 1 lowers a gap by 12 dB. 0..1.
        caution: how much surer a gap must be than not; lower takes more gaps, and the first quiet
            phrases with them. 1..100.
    """

    caution: float = CAUTION

    def __post_init__(self) -> None:
        RepairParams.__post_init__(self)
        if not 1 <= self.caution <= 100:
            raise BadRequest(f"caution is {self.caution:g}; give a number from 1 to 100.")


@register
class Gaps(Fader):
    """``denoise.gaps``: a slow gain over the gaps of a voice."""

    name = "denoise.gaps"
    params = GapsParams
    mends = ("bleed", "musical", LOSS)
    step_s = STEP_S

    def reach(self, rate: int) -> int:
        """See ``Fader.reach``."""
        return reach(rate)

    def frames(self, samples: int, rate: int) -> int:
        """See ``Fader.frames``."""
        return frames_of(samples, rate)

    def measure(self, mix: Tensor, voice: Tensor, rate: int, first: int, frames: int) -> Tensor:
        """Levels of the voice, of the rest, and what they have in common, in bands."""
        found = band_levels(voice, mix, rate, first, frames)
        return torch.cat([found.voice, found.rest, found.common])

    def decide(self, measured: Tensor, params: GapsParams) -> Faded:
        """Lower the sure gaps, or none."""
        levels = BandLevels(*measured.chunk(3))
        return decided(levels, trained()(levels), DEEPEST_DB * params.strength, params.caution)


def decided(levels: BandLevels, sings: Tensor, gain_db: float, caution: float = CAUTION) -> Faded:
    """What is lowered of a clip.

    Args:
        sings: how surely each frame holds a voice, 0..1. Shape: (frames,).
        gain_db: how far a gap is lowered.
        caution: as in ``GapsParams``.
    """
    power = levels.voice.sum(0)
    found = gaps(sings, power, STEP_S, caution)
    chosen = [gap for gap in found if explained(levels, gap) >= EXPLAINED]
    gain = torch.zeros_like(power)
    for gap in chosen:
        gain[gap.first : gap.end] = gain_db
    numbers = {
        "expected_db": expected_db(sings, power, gain),
        "risk": sum(gap.risk for gap in chosen),
    }
    if not chosen or numbers["expected_db"] > WORTH_DB:
        return Faded(why_not=NO_GAP, numbers=numbers)
    return Faded([_fade(gap, gain_db, len(power)) for gap in chosen], numbers=numbers)


def explained(levels: BandLevels, gap: Gap) -> float:
    """Share of what sounds in a gap that the rest of the mixture explains: in each band as much of
    the rest as fits best, in phase."""
    part = slice(gap.first, gap.end)
    voice, rest, common = (
        power[:, part].double().sum(1) for power in (levels.voice, levels.rest, levels.common)
    )
    shared = common.clamp_min(0).square() / rest.clamp_min(1e-30)
    return float(shared.sum() / voice.sum().clamp_min(1e-30))


def _fade(gap: Gap, gain_db: float, frames: int) -> Fade:
    """A gap in seconds; at the clip's ends it reaches to them."""
    end_s = float("inf") if gap.end == frames else gap.end * STEP_S
    return Fade(gap.first * STEP_S, end_s, gain_db, {"risk": gap.risk})
