"""The form in which published separators are run: stereo, a full window, at one level.

Their networks are trained on loud music in stereo, and most of them answer to level. So each window
is brought to the same peak and its answer back to its own: gain in is gain out, to rounding, at any
level, and a window gives the same answer whatever lies around it. Called by each separator that has
a network.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

PEAK = 0.9
"""What audio-separator and UVR bring a loud song to before they run these networks."""

SILENT = 1e-30
"""A peak below this is silence; to bring it up would leave the range of a float."""


def in_standard_form(separate: Callable[[Tensor], Tensor], mix: Tensor, window: int) -> Tensor:
    """The voice in windows of a mixture, or other stems of it.

    Args:
        separate: takes float32 windows and gives one or more stems of them, one behind the other.
            Shape: (batch, 2, window) to (batch, stems · 2, window).
        mix: any level, mono or stereo, not longer than ``window``; a shorter one stands in the
            middle of a window of zeros. Shape: (batch, 1 or 2, samples).

    Returns:
        Each stem in the shape of ``mix``, at its level; silence for silence. Shape: (batch,
        stems · channels, samples).
    """
    batch, channels, samples = mix.shape
    before = (window - samples) // 2
    if channels > 2 or samples > window:
        raise ValueError(f"a separator takes two channels and {window} samples, not {mix.shape}")
    peak = mix.abs().amax((1, 2), keepdim=True)
    sound = mix * (PEAK / peak.clamp_min(SILENT))
    sound = F.pad(sound.expand(batch, 2, samples), (before, window - samples - before))
    voice = separate(sound)[..., before : before + samples]
    if channels == 1:
        voice = in_mono(voice)
    return voice * (peak / PEAK)


def in_mono(stems: Tensor) -> Tensor:
    """Stereo stems, one behind the other, each as the mean of its channels. Shape: (batch, stems ·
    2, samples) to (batch, stems, samples)."""
    batch, channels, samples = stems.shape
    return stems.reshape(batch, channels // 2, 2, samples).mean(2)
