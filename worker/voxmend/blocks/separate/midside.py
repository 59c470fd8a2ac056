"""Weight-free vocal separation for the preset ``preview``: what sits in the middle is the voice.

The singer is nearly always panned to the centre, so the side signal S = (L - R)/2 holds the
accompaniment alone, and its magnitude tells how much accompaniment to expect in the mid signal
M = (L + R)/2. The mask subtracts one from the other, as ADRess does at azimuth 0 (Barry, Lawlor,
Coyle: "Sound source separation: azimuth discrimination and resynthesis", DAFx 2004).

Always holds: same shape, zero lag, 0 <= mask <= 1, gain in = gain out, silence stays silent.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ..contract import FRAME_S, Params, Proposal
from ..registry import register

WINDOW_S = 0.093
"""Longest STFT window: long enough to part the partials of two notes a third apart at 200 Hz,
short enough for a sung note."""

LOW_CUT_HZ = 100.0
"""Below it there is bass and kick, which are centred too, and no singer's fundamental but a
basso's lowest notes."""

TINY = 1e-30


@register
class MidSide:
    """``separate.midside``: mid-side magnitude subtraction on the short-time spectrum."""

    name: ClassVar[str] = "separate.midside"
    version: ClassVar[int] = 1
    rate: ClassVar[int | None] = None
    window_s: ClassVar[float | None] = 32.0
    context_s: ClassVar[float] = 2.0
    channels: ClassVar[int | None] = None
    models: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[type[Params]] = Params

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Params) -> Proposal:
        """Propose the centred part of the mixture as the voice.

        Args:
            mix: float32. Shape: (batch, 1 or 2, samples).
            params: only ``rate`` matters.
        """
        if mix is None:
            raise ValueError("a separator needs a mixture")
        # Each window is brought to peak 1 and back: no threshold below depends on the level.
        level = mix.abs().amax(dim=(1, 2), keepdim=True).clamp_min(TINY)
        size = stft_size(params.rate)
        spectrum = stft(mix / level, size)
        mid = spectrum.mean(dim=1)
        side = (spectrum[:, 0] - spectrum[:, -1]) / 2
        mask = (1 - side.abs() / mid.abs().clamp_min(TINY)).clamp_min(0)
        hertz = torch.arange(size // 2 + 1, device=mix.device) * (params.rate / size)
        mask = mask * (hertz >= LOW_CUT_HZ)[:, None]
        estimate = istft(mid * mask, size, mix.shape[-1])[:, None] * level
        power = mid.abs().square() + side.abs().square()
        off = (power - (mid.abs() - side.abs()).clamp_min(0).square()).sum(1) / (
            power.sum(1) + 1e-12
        )
        frames = max(1, round(mix.shape[-1] / (params.rate * FRAME_S)))
        centre = F.interpolate(1 - off[:, None], frames, mode="linear")[:, 0]
        return Proposal(estimate.expand_as(mix).contiguous(), {"centre": centre})


def stft_size(rate: int) -> int:
    """The largest power of two within ``WINDOW_S``: 46 to 93 ms at any rate."""
    return 1 << max(4, int(WINDOW_S * rate).bit_length() - 1)


def stft(signal: Tensor, size: int) -> Tensor:
    """(batch, channels, samples) to (batch, channels, bins, frames), hop = size / 4."""
    batch, channels, _ = signal.shape
    window = torch.hann_window(size, device=signal.device)
    padded = F.pad(signal.flatten(0, 1), (0, size))
    spectrum = torch.stft(
        padded, size, size // 4, window=window, pad_mode="constant", return_complex=True
    )
    return spectrum.unflatten(0, (batch, channels))


def istft(spectrum: Tensor, size: int, samples: int) -> Tensor:
    """Inverse of ``stft`` for one channel. Shape: (batch, bins, frames) to (batch, samples)."""
    window = torch.hann_window(size, device=spectrum.device)
    full = torch.istft(spectrum, size, size // 4, window=window)
    return full[..., :samples]
