"""Distances between a voice and the truth; all in dB but the two spectral ones.

SI-SDR (Le Roux, Wisdom, Erdogan, Hershey, ICASSP 2019); multi-resolution STFT loss (Yamamoto,
Song, Kim, ICASSP 2020); multi-mel SNR as in the Music Source Restoration challenge (ICASSP 2026);
log-spectral distance above a cutoff, energies matched and with a floor of −90 dB below the
truth's loudest cell, because without a floor the order of two methods depends on digital silence.

SI-SDR does not see missing highs and punishes every vocoder: read all of them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...dsp.curves import FRAME_S

FLOOR_DB = -90.0
HIGHS_FLOOR_DB = -60.0
RESOLUTIONS = ((512, 128), (1024, 256), (2048, 512))
MELS = ((512, 256, 80), (1024, 512, 128), (2048, 1024, 192))
BEST_DB = 120.0
"""More is rounding."""

HOLD = 20
"""Frames around a sounding one that are no gap: 0.2 s."""


def si_sdr(estimate: Tensor, truth: Tensor) -> float:
    """Scale-invariant signal to distortion ratio over all channels, dB. Shape: (channels,
    samples)."""
    one, other = estimate.double().flatten(), truth.double().flatten()
    wanted = (one @ other) / (other @ other).clamp_min(1e-30) * other
    return _db(float(wanted @ wanted), float((one - wanted) @ (one - wanted)))


def mr_stft(estimate: Tensor, truth: Tensor) -> float:
    """Mean over three resolutions of spectral convergence and log magnitude distance; less is
    better. Shape: (channels, samples)."""
    total = 0.0
    for size, hop in RESOLUTIONS:
        one, other = (_magnitude(sound, size, hop) for sound in (estimate, truth))
        floor = float(other.max()) * 10 ** (FLOOR_DB / 20)
        convergence = float((one - other).norm() / other.norm().clamp_min(1e-30))
        logs = (one.clamp_min(floor) / other.clamp_min(floor)).log().abs().mean()
        total += convergence + float(logs)
    return total / len(RESOLUTIONS)


def multi_mel_snr(estimate: Tensor, truth: Tensor, rate: int) -> float:
    """SNR of mel power spectra after the best gain, mean over three resolutions, dB."""
    one, other = estimate.double().flatten(), truth.double().flatten()
    gain = float((one @ other) / (one @ one).clamp_min(1e-30))
    total = 0.0
    for size, hop, mels in MELS:
        bank = mel_bank(mels, size // 2 + 1, rate)
        got, want = (
            bank @ _magnitude(sound, size, hop).square() for sound in (gain * estimate, truth)
        )
        total += _db(float(want.square().sum()), float((want - got).square().sum()))
    return total / len(MELS)


def lsd_above(estimate: Tensor, truth: Tensor, rate: int, cutoff_hz: float) -> float:
    """Log-spectral distance above a cutoff, log10 of power: 0 is equal. Shape: (channels,
    samples)."""
    gain = float(truth.double().norm() / estimate.double().norm().clamp_min(1e-30))
    one, other = (_magnitude(s, 2048, 512).square() for s in (gain * estimate, truth))
    floor = float(other.max()) * 10 ** (FLOOR_DB / 10)
    first = math.ceil(cutoff_hz / (rate / 2048))
    top = min(one.shape[-2], math.floor(min(24_000.0, rate / 2) / (rate / 2048)))
    ratio = one[..., first:top, :].clamp_min(floor) / other[..., first:top, :].clamp_min(floor)
    return float(ratio.log10().square().mean(-2).sqrt().mean())


def lsd_db(
    estimate: Tensor, truth: Tensor, rate: int, low_hz: float, high_hz: float = 20_000.0
) -> tuple[float, float]:
    """Log-spectral distance in a band in dB, and that of silence there: root of the mean square
    over its bins, mean over all frames, with a floor of −60 dB under the truth's mean cell, levels
    as they are. Shape: (channels, samples)."""
    one, other = (_magnitude(sound, 2048, 512).square() for sound in (estimate, truth))
    floor = float(other.mean()) * 10 ** (HIGHS_FLOOR_DB / 10) + 1e-30
    top = min(one.shape[-2], round(min(high_hz, rate / 2) / (rate / 2048)))
    band = slice(round(low_hz / (rate / 2048)), top)
    got, want = (power[..., band, :].clamp_min(floor).log10() for power in (one, other))
    silent = torch.full_like(want, math.log10(floor))
    distances = (10 * (each - want).square().mean(-2).sqrt().mean() for each in (got, silent))
    lsd, nothing = (float(each) for each in distances)
    return lsd, nothing


def band_error_db(estimate: Tensor, truth: Tensor, rate: int, low_hz: float) -> float:
    """How much louder an estimate is than the truth above a frequency, dB. Shape: (channels,
    samples)."""
    levels = (band_level_db(sound, rate, low_hz, rate / 2) for sound in (estimate, truth))
    got, want = levels
    return got - want


def gap_residual_db(estimate: Tensor, truth: Tensor, sounds: Tensor, rate: int) -> float:
    """What is left where the dry voice is silent, against the truth's mean level, dB.

    Args:
        sounds: 10 ms frames of the dry voice. Shape: (frames,), bool.
    """
    gap = _samples(~_held(sounds), estimate.shape[-1], rate)
    if not bool(gap.any()):
        return math.nan
    left = float((estimate - truth)[:, gap].double().square().mean())
    return -_db(float(truth.double().square().mean()), left)


def level_change_db(estimate: Tensor, truth: Tensor, sounds: Tensor, rate: int) -> float:
    """By how much the voice is louder than it was, over the frames in which it sounds, dB: the
    part of it that is the voice, so that bleed does not count."""
    inside = _samples(sounds, estimate.shape[-1], rate)
    one, other = estimate[:, inside].double().flatten(), truth[:, inside].double().flatten()
    kept = float((one @ other) / (other @ other).clamp_min(1e-30))
    return 20 * math.log10(max(kept, 1e-6))


def band_level_db(sound: Tensor, rate: int, low_hz: float, high_hz: float) -> float:
    """Power between two frequencies, dB. Shape: (channels, samples)."""
    spectrum = torch.fft.rfft(sound.double()).abs().square()
    width = rate / sound.shape[-1]
    part = spectrum[:, math.ceil(low_hz / width) : math.floor(high_hz / width) + 1]
    return 10 * math.log10(float(part.sum()) / sound.shape[-1] ** 2 + 1e-30)


def mel_bank(mels: int, bins: int, rate: int) -> Tensor:
    """Triangles on the HTK mel scale, 0 to half the rate. Shape: (mels, bins)."""
    top = 2595 * math.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, mels + 2, dtype=torch.float64) / 2595) - 1)
    frequency = torch.linspace(0, rate / 2, bins, dtype=torch.float64)
    rise = (frequency - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - frequency) / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(rise, fall).clamp_min(0)


def _magnitude(sound: Tensor, size: int, hop: int) -> Tensor:
    window = torch.hann_window(size, dtype=torch.float64)
    return torch.stft(sound.double(), size, hop, window=window, return_complex=True).abs()


def _held(sounds: Tensor) -> Tensor:
    reach = torch.nn.functional.max_pool1d(sounds.float()[None], 2 * HOLD + 1, 1, HOLD)
    return reach[0] > 0


def _samples(frames: Tensor, samples: int, rate: int) -> Tensor:
    place = (torch.arange(samples) / (rate * FRAME_S)).long().clamp_max(len(frames) - 1)
    return frames[place]


def _db(wanted: float, wrong: float) -> float:
    return min(BEST_DB, 10 * math.log10((wanted + 1e-30) / (wrong + 1e-30)))
