"""Missing highs: by how many octaves a voice was cut off, where that can be told.

What tells is not a low level but an edge: a naturally dark voice falls gently. And with a mixture
the voice must be above the edge in M − V, or nothing is missing: a recording that never had highs
ends in an edge as well. A recording's own edge with nothing behind it reads 0; without a mixture it
reads as if it had been cut, since nothing can tell the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..damage import Why
from ..dsp.above_edge import heard_above
from ..dsp.curves import Ramp
from ..dsp.voice_above import Cues
from .detector import Detector, Gathered, Setting, only_with_mixture
from .look import Look

FULL_HZ = 16_000.0
"""Where a whole voice ends for the count of octaves: above, little is heard of one."""

ABOVE = 3
"""Bands above the edge of which one must hold the voice: a vowel's lie beside it, an s higher."""

PUMPING = 0.25
"""Likeness that moving with the top of the mixture takes away."""

LIKENESS_CERTAIN = Ramp(-0.05, 0.2)
"""Likeness less pumping, that says no, and that says yes. Over four voices, ten forms and one
backing the octaves then read 0.12 at most where all is clean, and 1.14 on each voice that is cut at
7 kHz."""


CUT_SURE = 0.9
"""Mean certainty over all that is sung from which on a voice is cut off, however high. Stems with a
wall at 11 kHz of four voices that go on above it read 0.85 to 1, true voices that end there
themselves 0 to 0.82."""


class Sums(NamedTuple):
    """What is added up: seconds of singing, octaves missing in the columns that sing, how many
    those are, and how surely each is cut off."""

    sung_s: float
    octaves: float
    columns: float
    cut: float


class Bandwidth(Detector):
    """Octaves that are missing below 16 kHz, over the time in which the voice sings."""

    name = "bandwidth"

    def gather(self, look: Look) -> Gathered:
        """Column by column: ``Sums``."""
        octaves, cut, sings = missing(look)
        rows = [sings * look.columns_s, octaves, sings, cut]
        return Gathered(torch.stack(rows), look.columns_s)

    def read(self, sums: Sequence[float], beside: Setting) -> float:
        """Octaves."""
        found = Sums(*sums)
        return found.octaves / found.columns if found.columns > 0 else 0.0

    def why(self, sums: Sequence[float], beside: Setting) -> Why | None:
        """A voice alone does not show it."""
        return only_with_mixture(Sums(*sums).sung_s, beside)


def cut_at(sums: Sequence[float]) -> float | None:
    """From which frequency on a voice is cut off, Hz, where all of it surely is; else None."""
    found = Sums(*sums)
    if found.columns <= 0 or found.cut < CUT_SURE * found.columns:
        return None
    return float(FULL_HZ / 2 ** (found.octaves / found.cut))


def missing(look: Look) -> tuple[Tensor, Tensor, Tensor]:
    """Octaves that are missing, how surely, and whether anybody sings, column by column; nothing
    where nobody does. Shape of each: (columns,)."""
    mix = None if look.mix is None else look.mix[None]
    heard = heard_above(look.voice[None], mix, look.rate)
    octaves = torch.log2(FULL_HZ / heard.edges.clamp_min(1.0)).clamp_min(0) * (heard.edges > 0)
    sure = torch.ones_like(octaves) if heard.cues is None else certainty(heard.cues)
    columns = torch.arange(look.spectrum.shape[-1], device=look.voice.device) * look.columns_s
    place = (columns / heard.hop_s).round().long().clamp_max(octaves.shape[-1] - 1)
    sings = look.sings.float()
    cut = sure * (octaves > 0)
    return (octaves * sure)[0, place] * sings, cut[0, place] * sings, sings


def certainty(cues: Cues) -> Tensor:
    """Whether M − V holds the voice above its edge, 0..1. Shape: (batch, STFT frames)."""
    best = (cues.likeness - PUMPING * cues.pumping)[:, :ABOVE].amax(1)
    return LIKENESS_CERTAIN(best) * cues.score[:, :ABOVE].isfinite().any(1)


BANDWIDTH = Bandwidth()
