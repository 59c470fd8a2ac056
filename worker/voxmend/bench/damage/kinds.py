"""What separation breaks, broken on purpose: each takes the truth and gives a damaged voice.

Phase: a random turn of every STFT cell, as a mask with a guessed phase leaves. Highs: cut off.
Musical noise: lone cells that light up and go out. Bleed as separators make it: leakage that
varies with time and frequency, and ratio masks whose error is smooth and some decibels large.
Loss: parts of the voice that went into the band. ``V + aB`` is no separator's doing (it has an
exact one-line inverse) and serves for calibration alone.

All are seeded, change nothing but what they say, and keep length and lag.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ...dsp.stft import hertz, istft, stft
from .material import Material

WINDOW_S = 0.047
"""2048 samples at 44.1 kHz, hop 512: what the published figures were measured with."""

EDGE_HZ = 300.0
"""Width of the edge where highs are cut off."""

ISLANDS = 0.012
"""Share of the cells that light up."""

FIELD_S, FIELD_OCTAVES = 0.3, 0.5
"""How far a smooth error reaches in time and in frequency."""

LEAST = 0.05
"""Ratio of voice to backing below which no mask is surer that there is no voice: −26 dB come
through between two phrases."""

LEAK_DB = 6.0
"""Standard deviation of leakage over time and frequency."""


def phase(clean: Material, sigma: float, seed: int = 7) -> Tensor:
    """Every STFT cell turned by a normal error of so many radians, both channels alike."""
    spectrum, level = stft(clean.voice[None], clean.rate, WINDOW_S)
    turn = sigma * torch.randn(spectrum.shape[-2:], generator=_random(seed))
    turned = spectrum * torch.polar(torch.ones_like(turn), turn)
    return (istft(turned, clean.voice.shape[1]) * level)[0]


def cut_highs(sound: Tensor, rate: int, cutoff_hz: float) -> Tensor:
    """Nothing is left above the cutoff, nothing is changed below. Shape: (channels, samples)."""
    size = 2 * sound.shape[-1]
    spectrum = torch.fft.rfft(sound, size)
    place = (hertz(spectrum.shape[-1], rate, sound.device) - cutoff_hz) / EDGE_HZ
    gain = torch.cos(math.pi / 2 * place.clamp(0, 1)).square()
    cut: Tensor = torch.fft.irfft(spectrum * gain, size)
    return cut[..., : sound.shape[-1]]


def musical(clean: Material, level_db: float, seed: int = 8) -> Tensor:
    """Lone cells that light up over two or three frames, so far below the voice altogether."""
    spectrum, _ = stft(clean.voice[None], clean.rate, WINDOW_S)
    random = _random(seed)
    shape = spectrum.shape[-2:]
    lit = (torch.rand(shape, generator=random) < ISLANDS).float()
    lit = F.avg_pool1d(lit, 3, 1, 1)  # a chirp lasts some 30 ms
    tone = torch.polar(lit, 2 * math.pi * torch.rand(shape, generator=random))
    frequency = hertz(shape[0], clean.rate, lit.device)[:, None]
    shown = (frequency > 200) & (frequency < 16_000)
    noise = istft((tone * shown / (1 + frequency / 3000))[None, None], clean.voice.shape[1])[0]
    return clean.voice + noise * _level(clean.voice, noise, level_db)


def leak(clean: Material, level_db: float, seed: int = 9) -> Tensor:
    """The voice and what came through of the backing: smooth in time and frequency, never the
    same twice, so far below the voice altogether."""
    spectrum, level = stft(clean.backing[None], clean.rate, WINDOW_S)
    field = 10 ** (LEAK_DB * smooth_field(spectrum, clean.rate, seed) / 20)
    through = (istft(spectrum * field, clean.voice.shape[1]) * level)[0]
    return clean.voice + through * _level(clean.voice, through, level_db)


def masked(clean: Material, error_db: float, seed: int = 10) -> Tensor:
    """The mixture through the true ratio mask with a smooth error of so many decibels: bleed and
    loss together, as a separator makes them."""
    voice, voice_level = stft(clean.voice[None], clean.rate, WINDOW_S)
    band, band_level = stft(clean.backing[None], clean.rate, WINDOW_S)
    mix, level = stft(clean.mix[None], clean.rate, WINDOW_S)
    ratio = (voice.abs() * voice_level[..., None]).square() / (
        (band.abs() * band_level[..., None]).square() + 1e-20
    )
    error = 10 ** (error_db * smooth_field(mix, clean.rate, seed) / 10)
    error = error * ratio.clamp_min(LEAST)
    mask = error / (1 + error)
    return (istft(mask * mix, clean.voice.shape[1]) * level)[0]


def lost(clean: Material, depth_db: float, seed: int = 11) -> Tensor:
    """Parts of the voice that went into the instrumental: where the smooth field is high, so many
    decibels are gone."""
    spectrum, level = stft(clean.voice[None], clean.rate, WINDOW_S)
    share = ((smooth_field(spectrum, clean.rate, seed) - 0.7) / 0.6).clamp(0, 1)
    gain = 10 ** (-depth_db * share / 20)
    return (istft(spectrum * gain, clean.voice.shape[1]) * level)[0]


def constant(clean: Material, level_db: float) -> Tensor:
    """``V + aB``: for calibration."""
    return clean.voice + clean.backing * _level(clean.voice, clean.backing, level_db)


def smooth_field(spectrum: Tensor, rate: int, seed: int) -> Tensor:
    """A normal field of deviation 1, smooth in time and over octaves. Shape: (bins, frames)."""
    bins, frames = spectrum.shape[-2:]
    hop_s = (bins - 1) / 2 / rate
    frequency = hertz(bins, rate, spectrum.device)
    octave = torch.log2(frequency.clamp_min(60.0) / 60.0) / FIELD_OCTAVES
    moment = torch.arange(frames) * hop_s / FIELD_S
    knots = torch.randn(int(octave.max()) + 3, int(moment.max()) + 3, generator=_random(seed))
    rows = _between(knots, octave)
    field = _between(rows.mT, moment).mT
    return field / field.square().mean().sqrt()


def _between(knots: Tensor, place: Tensor) -> Tensor:
    """Rows of ``knots`` read at fractional places, with a raised cosine between them."""
    before = place.long()
    share = 0.5 - 0.5 * torch.cos(math.pi * (place - before))
    return knots[before] * (1 - share)[:, None] + knots[before + 1] * share[:, None]


def _level(voice: Tensor, added: Tensor, level_db: float) -> float:
    """What brings a sound so many decibels below the voice."""
    ratio = float(voice.square().mean()) / max(float(added.square().mean()), 1e-30)
    return float(ratio**0.5 * 10 ** (level_db / 20))


def _random(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
