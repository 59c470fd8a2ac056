"""A window at another rate, on its own device: what a generator hears and what it says.

The runner resamples whole clips for blocks that live at one rate. A generator of highs is only
asked for what lies above an edge, and everything below must stay as it was, so its block lives at
the clip's own rate and only the generator's ears and mouth are resampled. By the spectrum (Fourier
interpolation): exact up to half the lower rate, zero lag.
"""

from __future__ import annotations

from math import gcd

import torch
import torch.nn.functional as F
from torch import Tensor

FADE_HZ = 200.0
"""Width of the cosine at the upper end: a wall rings."""


def resampled(sound: Tensor, rate: int, to: int) -> Tensor:
    """The same sound at another rate.

    Args:
        sound: float32. Shape: (any, samples).

    Returns:
        Shape: (any, ceil(samples · to / rate)).
    """
    if rate == to:
        return sound
    samples = sound.shape[-1]
    unit = rate // gcd(rate, to)
    size = -(-(samples + unit) // unit) * unit  # the silence behind it takes the ringing
    size += size % 2 * unit
    longer = size * to // rate
    spectrum = torch.fft.rfft(F.pad(sound, (0, size - samples)))
    top = min(rate, to) / 2
    frequency = torch.arange(spectrum.shape[-1], device=sound.device) * (rate / size)
    gain = torch.cos(((frequency - top) / FADE_HZ + 1).clamp(0, 1) * (torch.pi / 2)).square()
    bins = longer // 2 + 1
    spectrum = F.pad(spectrum * gain, (0, max(0, bins - spectrum.shape[-1])))[..., :bins]
    made: Tensor = torch.fft.irfft(spectrum, longer) * (to / rate)
    return made[..., : -(-samples * to // rate)]
