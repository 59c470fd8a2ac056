"""Bleed: how much of the band is in the voice, and how much of the voice went into the band.

Read from the coherence of V with M − V: where the rest of the mixture is ten times stronger than
the voice, what the two have in common came through; where the voice is ten times stronger, what
they have in common was lost. A phase error gives a negative coherence and does not count, nor does
noise that is in neither. Without a mixture there is nothing to compare with: then the level in
gaps against the level of the voice must do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..damage import Why
from ..dsp.bands import summed_in_bands
from ..dsp.curves import FRAME_S
from ..dsp.stft import common, power, together
from .detector import Detector, Gathered, Setting
from .look import Look, Share

BAND_HZ = 300.0
DOMINATES = 10.0
"""Ratio of powers in a band from which one of the two is all that counts."""

ALONE_DB = -60.0
"""In a gap below this, nothing is heard; so far it is counted up from."""


def leak(look: Look) -> Share:
    """Band in the voice: Re Σ V·A* over Σ |A|² where A dominates; the leak's factor."""
    common, voice, rest = _powers(look)
    inside = rest > DOMINATES * voice
    return Share((common * inside).sum(0), (rest * inside).sum(0))


def loss(look: Look) -> Share:
    """Voice in the band: the same where V dominates and somebody sings."""
    common, voice, rest = _powers(look)
    inside = (voice > DOMINATES * rest) & look.sings
    return Share((common * inside).sum(0), (voice * inside).sum(0))


class WithMixture(NamedTuple):
    """What is added up over columns: Re Σ V·A* and Σ |A|² where the band dominates."""

    leaked: float
    band: float


class Alone(NamedTuple):
    """What is added up over 10 ms frames: energy and samples of pauses, the same of singing."""

    pause: float
    pause_samples: float
    sung: float
    sung_samples: float


class Bleed(Detector):
    """The leak's factor in hundredths; without a mixture, decibels over −60 of the pauses against
    the voice, in tenths."""

    name = "bleed"

    def gather(self, look: Look) -> Gathered:
        """``WithMixture`` column by column, or ``Alone`` in each 10 ms frame."""
        if look.mix is None:
            return Gathered(levels(look), FRAME_S)
        found = leak(look)
        return Gathered(torch.stack([found.part, found.whole]), look.columns_s)

    def read(self, sums: Sequence[float], beside: Setting) -> float:
        """Hundredths, or tenths of a decibel."""
        if not beside.alone:
            leaked, band = WithMixture(*sums)
            return max(0.0, 100 * leaked / band) if band > 0 else 0.0
        found = Alone(*sums)
        if found.pause_samples <= 0:
            return 0.0
        own = found.sung / found.sung_samples if found.sung_samples > 0 else 0.0
        voice = beside.sung_power or own
        if voice <= 0:
            return 0.0
        level = 10 * math.log10(found.pause / found.pause_samples / voice + 1e-12)
        return max(0.0, level - ALONE_DB) / 10

    def why(self, sums: Sequence[float], beside: Setting) -> Why | None:
        """There is no pause, or the band never dominates."""
        if beside.alone:
            return "no_pause" if Alone(*sums).pause_samples <= 0 else None
        return "hidden" if WithMixture(*sums).band <= 0 else None


def levels(look: Look) -> Tensor:
    """``Alone``, frame by frame. Shape: (4, 10 ms frames)."""
    square = look.voice.square().mean(0)
    place = torch.arange(len(square), device=square.device) / (look.rate * FRAME_S)
    place = place.long().clamp_max(len(look.voiced) - 1)
    frames = torch.zeros(2, len(look.voiced), dtype=torch.float64, device=square.device)
    frames[0].index_add_(0, place, square.double())
    frames[1] = torch.bincount(place, minlength=len(look.voiced))
    sings = look.voiced.to(square.device)
    pauses = ~sings if look.pauses is None else look.pauses.to(square.device)
    return torch.cat([frames * pauses, frames * sings])


def _powers(look: Look) -> tuple[Tensor, Tensor, Tensor]:
    """Re V·A*, |V|² and |A|² in bands of 300 Hz, channels together. Shape: (bands, columns)."""
    size = max(1, round(BAND_HZ / float(look.frequency[1])))
    voice, rest = look.spectrum, look.rest
    return (
        summed_in_bands(together(common(voice, rest), 0), size),
        summed_in_bands(together(look.power, 0), size),
        summed_in_bands(together(power(rest), 0), size),
    )


BLEED = Bleed()
