"""A dry voice in a made room: its sound, some early reflections, and a tail of known length.

The tail is noise that decays by 60 dB in ``rt60`` seconds at low frequencies and in half of that at
the top, as walls and air do; each channel has a tail of its own. The early part is a dozen single
echoes between 3 and 60 ms, weaker the later they come, as measured rooms have them. Seeded: the
same voice gives the same reverb.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

EARLY, EARLY_S = 12, (0.003, 0.060)
TAIL_FROM_S = 0.020
BANDS_HZ = (500.0, 2000.0, 6000.0)
"""Where the tail gets shorter, step by step."""

SHORTEST = 0.5
"""Of ``rt60``, at the top."""

SEED = 4


@dataclass(frozen=True, slots=True)
class Wet:
    """A voice with reverb, and what it is made of: ``voice`` = ``dry`` + ``reverb``.

    Attributes:
        voice, dry, reverb: float32. Shape: (2, samples).
    """

    voice: Tensor
    dry: Tensor
    reverb: Tensor


def reverberant(dry: Tensor, rate: int, rt60: float, level_db: float) -> Wet:
    """Put a voice into a room.

    Args:
        dry: Shape: (samples,); silence is added behind it, for the tail.
        rt60: seconds in which the tail falls by 60 dB.
        level_db: of the reverb against the dry voice.
    """
    behind = torch.zeros(round(rt60 * rate))
    dry = torch.cat([dry, behind])[None].repeat(2, 1)
    answer = room(rate, rt60)
    size = 1 << (dry.shape[1] + answer.shape[1] - 1).bit_length()
    spectrum = torch.fft.rfft(dry.double(), size) * torch.fft.rfft(answer.double(), size)
    reverb = torch.fft.irfft(spectrum, size)[:, : dry.shape[1]]
    gain = dry.double().norm() / reverb.norm().clamp_min(1e-30) * 10 ** (level_db / 20)
    reverb = (gain * reverb).float()
    return Wet(dry + reverb, dry, reverb)


def room(rate: int, rt60: float) -> Tensor:
    """What a room answers to a click, the click itself left out. Shape: (2, samples)."""
    random = torch.Generator().manual_seed(SEED)
    samples = round(1.2 * rt60 * rate)
    time = torch.arange(samples, dtype=torch.float64) / rate
    noise = torch.randn(2, samples, generator=random, dtype=torch.float64)
    spectrum = torch.fft.rfft(noise)
    frequency = torch.fft.rfftfreq(samples, 1 / rate, dtype=torch.float64)
    edges = (0.0, *BANDS_HZ, math.inf)
    tail = torch.zeros_like(noise)
    for n, (low, high) in enumerate(pairwise(edges)):
        part = spectrum * ((frequency >= low) & (frequency < high))
        length = rt60 * (1 - (1 - SHORTEST) * n / len(BANDS_HZ))
        tail += torch.fft.irfft(part, samples) * 10 ** (-3 * time / length)
    rise = (time / TAIL_FROM_S).clamp_max(1)
    answer = tail * rise
    strength = float(tail[:, round(TAIL_FROM_S * rate)].abs().mean()) * 6
    for _ in range(EARLY):
        place, side = torch.rand(2, generator=random, dtype=torch.float64)
        at_s = EARLY_S[0] + float(place) * (EARLY_S[1] - EARLY_S[0])
        sign = -1.0 if float(torch.rand(1, generator=random)) < 0.3 else 1.0
        echo = sign * strength * 10 ** (-at_s / EARLY_S[1])
        at = min(samples - 1, round(at_s * rate))
        answer[0, at] += echo * float(side)
        answer[1, at] += echo * (1 - float(side))
    return answer.float()
