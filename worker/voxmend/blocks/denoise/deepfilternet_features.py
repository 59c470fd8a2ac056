"""The spectrum DeepFilterNet works on, what its network sees of it, and the way back to sound.

Called by ``deepfilternet_network`` for the features, by ``denoise.deepfilternet`` and its voicing
for the spectrum. All of it is torch and stays on the sound's device. The constants are the
published ones of DeepFilterNet3 (Schröter et al., Interspeech 2023); against libdf, the library
that upstream computes with, each function lies above 100 dB over a minute.

Always holds: 48 kHz, frames of 10 ms, frame n centred on sample 480·n, so no lag.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...dsp.curves import decibel
from ...dsp.stft import power

RATE = 48_000
FFT, HOP = 960, 480
BINS = FFT // 2 + 1

WIDTHS = (
    *(2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 5, 5, 7, 7, 8, 10, 12),
    *(13, 15, 18, 20, 24, 28, 31, 37, 42, 50, 56, 67),
)
"""Bins in each band: even steps on the ERB scale (Glasberg and Moore 1990), two bins at least."""

BANDS = len(WIDTHS)

FILTERED = 96
"""Low bins, up to 4.8 kHz, that the network sees one by one."""

DECAY = 0.99
"""Of the running means that normalise the features, per frame: one second."""

START_DB = -60.0, -90.0
"""Where the running level of the lowest and of the highest band starts."""

START_SIZE = 1e-3, 1e-4
"""Where the running magnitude of the lowest and of the highest low bin starts."""

SPAN_DB = 40.0
"""Levels are given in units of so much."""

FLOOR = 1e-10
"""Power below which a band's level falls no further: −100 dB."""

FAINTEST = 1e-30
"""Weight, and running magnitude, below which a float32 does not tell more from less. The
magnitude gets there after a minute and more of digital silence, which would else end in 0/0."""


def analysed(sound: Tensor) -> Tensor:
    """Spectrum of each channel. Shape: (channels, samples) to (channels, frames, bins).

    Two frames of silence follow, so that nothing of the sound is lost and ``sounding`` gives it
    back. The samples must be a whole number of hops.
    """
    frames = F.pad(sound, (HOP, FFT)).unfold(-1, FFT, HOP)
    spectrum: Tensor = torch.fft.rfft(frames * window(sound.device), norm="forward")
    return spectrum


def sounding(spectrum: Tensor) -> Tensor:
    """Back from ``analysed``. Shape: (channels, frames, bins) to (channels, samples)."""
    made = torch.fft.irfft(spectrum, FFT, norm="forward") * window(spectrum.device)
    early, late = made[..., :HOP], made[..., HOP:]
    sound: Tensor = (early[:, 1:-1] + late[:, :-2]).flatten(1)
    return sound


def features(spectrum: Tensor) -> tuple[Tensor, Tensor]:
    """What the network sees of a spectrum.

    Args:
        spectrum: of one channel, from its very start. Shape: (frames, bins).

    Returns:
        Levels in ERB bands less their running mean, in units of ``SPAN_DB``, shape (frames,
        BANDS); and the low bins over the root of their running magnitude, complex, shape (frames,
        FILTERED).
    """
    return less_mean(band_levels(spectrum)), over_size(spectrum[:, :FILTERED])


def band_levels(spectrum: Tensor) -> Tensor:
    """Mean power in each ERB band, dB. Shape: (frames, bins) to (frames, BANDS)."""
    bands = torch.split(power(spectrum), list(WIDTHS), dim=-1)
    return decibel(torch.stack([band.mean(-1) for band in bands], dim=-1), FLOOR)


def less_mean(levels: Tensor) -> Tensor:
    """Levels against what they were of late. Shape: (frames, BANDS), dB, to units of
    ``SPAN_DB``."""
    start = torch.linspace(*START_DB, levels.shape[-1], device=levels.device)
    return (levels - running_mean(levels, start)) / SPAN_DB


def over_size(low: Tensor) -> Tensor:
    """Bins against the root of what their magnitude was of late. Shape: (frames, FILTERED),
    complex, kept."""
    start = torch.linspace(*START_SIZE, low.shape[-1], device=low.device)
    return low / running_mean(low.abs(), start).clamp_min(FAINTEST).sqrt()


def running_mean(values: Tensor, start: Tensor) -> Tensor:
    """The mean over frames gone by, each a ``DECAY`` less than the next: m[n] = DECAY·m[n − 1] +
    (1 − DECAY)·v[n].

    Not frame after frame: each round adds to every frame the sum that ended ``step`` frames
    before it, so that with each the sums reach twice as far back, and a minute takes 13. No weight
    exceeds 1 and nothing is subtracted, so rounding does not pile up.

    Args:
        values: Shape: (frames, bands), float32.
        start: m[−1]. Shape: (bands,).
    """
    mean = (1 - DECAY) * values
    mean[0] += DECAY * start
    step, weight = 1, DECAY
    while step < len(mean) and weight > FAINTEST:
        mean[step:] += weight * mean[:-step]
        step, weight = 2 * step, weight * weight
    return mean


def window(device: torch.device) -> Tensor:
    """The Vorbis power-complementary window, for analysis and synthesis. Shape: (FFT,)."""
    place = (torch.arange(FFT, dtype=torch.float32, device=device) + 0.5) / FFT
    return torch.sin(torch.pi / 2 * torch.sin(torch.pi * place).square())
