"""The short-time spectrum as everything here that reads a sound uses it.

A Hann window of a power of two, a hop of a quarter, any rate, any length, silence included. The
sound is brought to peak 1 first, so that no number after it knows the level.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

HOPS = 4
"""Hops in a window."""

LEAST = 1e-37
"""Peak of silence."""


def stft(
    signal: Tensor, rate: int, window_s: float, level: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Spectrum of each window of a batch, brought to peak 1, and that peak.

    Args:
        signal: float32. Shape: (batch, channels, samples).
        window_s: longest STFT window in seconds; the largest power of two within it is taken.
        level: another sound's peak, in units of which it is brought instead, 120 dB louder at most.
            Shape: (batch, 1, 1).

    Returns:
        Spectrum, shape (batch, channels, bins, frames), and level, shape (batch, 1, 1). Frame n is
        centred on sample n·hop.
    """
    size = 1 << max(4, int(window_s * rate).bit_length() - 1)
    own = signal.abs().amax(dim=(1, 2), keepdim=True).clamp_min(LEAST)
    level = own if level is None else torch.maximum(level, own * 1e-6)
    padded = F.pad(signal / level, (0, size)).flatten(0, 1)
    window = torch.hann_window(size, device=signal.device)
    spectrum = torch.stft(
        padded, size, size // HOPS, window=window, pad_mode="constant", return_complex=True
    )
    return spectrum.view(*signal.shape[:2], *spectrum.shape[1:]), level


def istft(spectrum: Tensor, samples: int) -> Tensor:
    """Back from ``stft``. Shape: (batch, channels, bins, frames) to (batch, channels, samples)."""
    size = 2 * (spectrum.shape[-2] - 1)
    window = torch.hann_window(size, device=spectrum.device)
    signal = torch.istft(spectrum.flatten(0, 1), size, size // HOPS, window=window)
    return signal[:, :samples].reshape(*spectrum.shape[:2], samples)


def power(spectrum: Tensor) -> Tensor:
    """|X|², without the root that ``abs`` takes on the way. Shape: kept, float32."""
    return common(spectrum, spectrum)


def common(one: Tensor, other: Tensor) -> Tensor:
    """Re X·Y*: what two spectra have in common, cell by cell. Shape: kept, float32."""
    return torch.addcmul(one.real * other.real, one.imag, other.imag)


def together(values: Tensor, axis: int) -> Tensor:
    """The sum over an axis of channels, bit for bit: for so few of them ``sum`` takes half as long
    again. Shape: without the axis."""
    first, *others = values.unbind(axis)
    for other in others:
        first = first + other
    return first


def hertz(bins: int, rate: int, device: torch.device) -> Tensor:
    """The middle of each bin in Hz. Shape: (bins,)."""
    return torch.linspace(0, rate / 2, bins, device=device)


def hop_samples(bins: int) -> int:
    """Samples from one STFT frame to the next, for a spectrum of so many bins."""
    return 2 * (bins - 1) // HOPS
