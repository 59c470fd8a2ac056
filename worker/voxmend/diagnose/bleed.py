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

import torch
from torch import Tensor

from ..blocks.contract import FRAME_S
from ..blocks.stft import power
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
    return read(gather(look).double().sum(-1).tolist(), look.mix is None, look.sung_power)


def gather(look: Look) -> Tensor:
    """What ``read`` takes. With a mixture, column by column: leak and the band's energy where it
    dominates; without, in each 10 ms frame: energy and samples of gaps, the same of singing.
    Shape: (2, columns) or (4, frames)."""
    if look.mix is not None:
        found = leak(look)
        return torch.stack([found.part, found.whole])
    return levels(look)


def read(sums: Sequence[float], alone: bool, sung_power: float = 0.0) -> float:
    """The sums of ``gather`` over any stretch as one reading.

    Args:
        sung_power: mean square where somebody sings, over the clip; 0 = this stretch must do.
    """
    if not alone:
        return max(0.0, 100 * sums[0] / sums[1]) if sums[1] > 0 else 0.0
    calm, calm_samples, sung, sung_samples = sums
    if calm_samples <= 0:
        return 0.0
    beside = sung_power or (sung / sung_samples if sung_samples > 0 else 0.0)
    if beside <= 0:
        return 0.0
    level = 10 * math.log10(calm / calm_samples / beside + 1e-12)
    return max(0.0, level - ALONE_DB) / 10


def levels(look: Look) -> Tensor:
    """Energy and number of samples where nobody sings, and where somebody does. Shape: (4, 10 ms
    frames)."""
    square = look.voice.square().mean(0)
    place = torch.arange(len(square), device=square.device) / (look.rate * FRAME_S)
    place = place.long().clamp_max(len(look.voiced) - 1)
    frames = torch.zeros(2, len(look.voiced), dtype=torch.float64, device=square.device)
    frames[0].index_add_(0, place, square.double())
    frames[1] = torch.bincount(place, minlength=len(look.voiced))
    sings = look.voiced.to(square.device)
    return torch.cat([frames * ~sings, frames * sings])


def _powers(look: Look) -> tuple[Tensor, Tensor, Tensor]:
    """Re V·A*, |V|² and |A|² in bands of 300 Hz, channels together. Shape: (bands, columns)."""
    size = max(1, round(BAND_HZ / float(look.frequency[1])))
    voice, rest = look.spectrum, look.rest
    return (
        _banded((voice.real * rest.real + voice.imag * rest.imag).sum(0), size),
        _banded(look.power.sum(0), size),
        _banded(power(rest).sum(0), size),
    )


def _banded(cells: Tensor, size: int) -> Tensor:
    bands = len(cells) // size
    return cells[: bands * size].view(bands, size, -1).sum(1)
