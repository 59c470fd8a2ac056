"""A magnitude donor at the voice's level: a voice made anew says how its partials lie, the present
one says how loud each third of an octave is.

A vocoder's level is its own. So within bands of a third of an octave, each some tenths of a second
long, the donor gets the voice's power, by 6 dB at most each way: a hole that is deeper than that
was meant. Between two bands the gain goes over smoothly.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...dsp.bands import place_in_thirds, summed_at
from ...dsp.curves import TINY, decibel, mean_over_time

LOWEST_HZ = 50.0
"""Where the lowest third of an octave begins."""

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
    place = place_in_thirds(frequency, LOWEST_HZ)
    wanted, had = (mean_over_time(summed_at(x.square(), place), reach) for x in (voice, donor))
    db = decibel((wanted + TINY) / (had + TINY))
    gain = 10 ** (db.clamp(-MOST_DB, MOST_DB) / 20)
    low = (place - 0.5).clamp_min(0)  # a band's gain holds in its middle
    before = low.long().clamp_max(gain.shape[1] - 1)
    after = (before + 1).clamp_max(gain.shape[1] - 1)
    return donor * torch.lerp(gain[:, before], gain[:, after], (low - before)[:, None])
