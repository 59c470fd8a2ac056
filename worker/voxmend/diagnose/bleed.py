"""Bleed: how much of the band is in the voice, and how much of the voice went into the band.

Read from the coherence of V with M − V: where the rest of the mixture is ten times stronger than
the voice, what the two have in common came through; where the voice is ten times stronger, what
they have in common was lost. A phase error gives a negative coherence and does not count, nor does
noise that is in neither. Without a mixture there is nothing to compare with: then the level in
gaps against the level of the voice must do.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..blocks.contract import FRAME_S
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


def damage(look: Look) -> float:
    """The leak's factor in hundredths, at least 0; without a mixture, decibels over −60 of the
    gaps against the voice, in tenths. Not yet calibrated."""
    if look.mix is None:
        return in_gaps(look)
    return max(0.0, 100 * leak(look).over_all())


def in_gaps(look: Look) -> float:
    """Level where nobody sings against where somebody does, tens of dB over −60, at least 0."""
    square = look.voice.square().mean(0)
    place = torch.arange(len(square), device=square.device) / (look.rate * FRAME_S)
    sings = look.voiced.to(square.device)[place.long().clamp_max(len(look.voiced) - 1)]
    if bool(sings.all()):
        return 0.0
    sung = look.sung_power or (float(square[sings].mean()) if bool(sings.any()) else 0.0)
    if sung <= 0:
        return 0.0
    level = 10 * math.log10(float(square[~sings].mean()) / sung + 1e-12)
    return max(0.0, level - ALONE_DB) / 10


def _powers(look: Look) -> tuple[Tensor, Tensor, Tensor]:
    """Re V·A*, |V|² and |A|² in bands of 300 Hz, channels together. Shape: (bands, columns)."""
    size = max(1, round(BAND_HZ / float(look.frequency[1])))
    voice, rest = look.spectrum, look.rest
    return (
        _banded((voice * rest.conj()).real.sum(0), size),
        _banded(voice.abs().square().sum(0), size),
        _banded(rest.abs().square().sum(0), size),
    )


def _banded(cells: Tensor, size: int) -> Tensor:
    bands = len(cells) // size
    return cells[: bands * size].view(bands, size, -1).sum(1)
