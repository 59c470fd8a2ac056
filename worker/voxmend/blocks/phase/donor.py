"""A magnitude donor at the voice's level: a voice made anew says how its partials lie, the present
one says how loud each third of an octave is.

A vocoder's level is its own. So within bands of a third of an octave, each some tenths of a second
long, the donor gets the voice's power, by 6 dB at most each way: a hole that is deeper than that
was meant. Between two bands the gain goes over smoothly.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..stft import TINY

BANDS_PER_OCTAVE, LOWEST_HZ = 3, 50.0

MOST_DB = 6.0
"""A band's gain, each way."""

REACH_S = 0.25
"""Over which power is averaged, each way: a vocoder's partials beat within a tenth of a second."""


def at_voices_level(donor: Tensor, voice: Tensor, frequency: Tensor, reach: int) -> Tensor:
    """The donor's magnitude, band by band as loud as the voice.

    Args:
        donor: magnitudes. Shape: (batch, bins, frames).
        voice: magnitudes, same shape.
        frequency: middle of each bin, Hz. Shape: (bins,).
        reach: frames each way.
    """
    place = BANDS_PER_OCTAVE * torch.log2(frequency.clamp_min(LOWEST_HZ) / LOWEST_HZ)
    wanted, had = (over_time(in_bands(x.square(), place), reach) for x in (voice, donor))
    db = 10 * torch.log10((wanted + TINY) / (had + TINY))
    gain = 10 ** (db.clamp(-MOST_DB, MOST_DB) / 20)
    low = (place - 0.5).clamp_min(0)  # a band's gain holds in its middle
    before = low.long().clamp_max(gain.shape[1] - 1)
    after = (before + 1).clamp_max(gain.shape[1] - 1)
    return donor * torch.lerp(gain[:, before], gain[:, after], (low - before)[:, None])


def in_bands(power: Tensor, place: Tensor) -> Tensor:
    """Power summed over bands. Shape: (batch, bins, frames) to (batch, bands, frames)."""
    band = place.long()
    summed = power.new_zeros(len(power), int(band[-1]) + 1, power.shape[-1])
    return summed.index_add(1, band, power)


def over_time(power: Tensor, reach: int) -> Tensor:
    """Mean over up to 2·reach + 1 frames. Shape: (batch, bands, frames), kept."""
    reach = min(reach, power.shape[-1] - 1)
    return F.avg_pool1d(power, 2 * reach + 1, 1, reach, count_include_pad=False)
