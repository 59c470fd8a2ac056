"""Weight-free denoiser: lowers what is steady in time and smooth in frequency, and only that.

A cautious spectral gate. The noise floor of a bin is a low quantile of its power over the window,
as in quantile-based noise estimation (Stahl, Fischer, Bippus, ICASSP 2000), but believed only
where the quantiles lie close together (noise stays, a reverb tail passes through) and no higher
than in the bins around it (noise is broad, the held note of a quiet verse is a line). The gain is
power subtraction (Berouti, Schwartz, Makhoul, ICASSP 1979) with a spectral floor.

Always holds: same shape, zero lag, gain 0..1 and the same for all channels, gain in = gain out,
no floor found = nothing done: digital silence between phrases counts as a floor of 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...dsp.curves import TINY, Ramp, mean_over_time
from ...dsp.stft import hop_samples, istft, stft
from ..contract import LOSS, Repair, RepairParams
from ..registry import register

WINDOW_S = 0.047
"""Longest STFT window: shorter than the separators' so that consonants stay sharp."""

LOW, HIGH = 0.05, 0.2
"""Quantiles over time. Most bins are free of voice a fifth of the time; one that is not is left
alone."""

SMOOTH_S = 0.07
"""Reach of the mean each way before the quantiles: single STFT bins of noise scatter by 20 dB."""

SPREAD_STEADY = Ramp(4.0, 2.0)
"""Ratio of the two quantiles over time: not believed from the first on, believed below the second.
White noise gives 1.4 ± 0.2 at this smoothing; a tail of RT 2 s doubles in 0.1 s."""

BROAD_HZ = 250.0
"""Reach of the comparison with the bins around: holds a valley beside any line of a voice."""

MARGIN = 4.0
"""6 dB over the floor: 3 because it is half the mean power of noise, 3 for its scatter."""

DEEPEST_DB = 24.0
"""Attenuation of pure noise at strength 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateParams(RepairParams):
    """How much noise to take.

    Attributes:
        strength: 0 changes nothing, 1 lowers pure noise by 24 dB. 0..1.
    """

    strength: float = 0.5


@register
class Gate(Repair):
    """``denoise.gate``: power subtraction above a believed noise floor."""

    name = "denoise.gate"
    window_s = 36.0
    params = GateParams
    mends = ("musical", "bleed", LOSS)

    def repair(self, model: Any, mix: Tensor | None, voice: Tensor, params: GateParams) -> Tensor:
        """The voice with its steady noise lowered. Shape: (batch, channels, samples), kept."""
        samples = voice.shape[-1]
        spectrum, level = stft(voice, params.rate, WINDOW_S)
        hop = hop_samples(spectrum.shape[-2])
        power = spectrum.abs().square().sum(1)

        # Frames that reach over the clip's ends hold padding, which is no silence of the singer's.
        whole = power[..., 2 : max(3, samples // hop - 1)]
        noise = MARGIN * noise_floor(whole, params.rate)[..., None]
        around = F.avg_pool2d(power[:, None], 3, 1, 1, count_include_pad=False)[:, 0]
        left = (1 - noise / around.clamp_min(TINY)).clamp_min(0).sqrt()
        least = 10 ** (-DEEPEST_DB * params.strength / 20)
        gain = least + (1 - least) * left

        return istft(spectrum * gain[:, None], samples) * level


def noise_floor(power: Tensor, rate: int) -> Tensor:
    """Power per bin of the noise that is believed. Shape: (batch, bins, frames) to (batch, bins).

    A low estimate: about half the mean power of white noise.
    """
    bins, frames = power.shape[1:]
    width = rate / 2 / (bins - 1)
    reach = round(SMOOTH_S * 4 * width)  # 4·width frames per second: the hop is a quarter window
    smooth = mean_over_time(power, reach)
    low = smooth.kthvalue(1 + int(LOW * (frames - 1)), dim=-1).values
    high = smooth.kthvalue(1 + int(HIGH * (frames - 1)), dim=-1).values
    spread = high / low.clamp_min(TINY)
    floor = low * SPREAD_STEADY(spread)
    beside = min(round(BROAD_HZ / width), bins - 1)
    near = F.pad(floor[:, None], (beside, beside), mode="reflect")[:, 0]
    valley = near.unfold(1, 2 * beside + 1, 1)
    return torch.minimum(floor, valley.kthvalue(1 + beside // 2, dim=-1).values)
