from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from voxmend.dsp.edges import find_edge, find_edges
from voxmend.dsp.stft import hertz, hop_samples, stft

RATE = 44_100


def syllables(seconds: float, slope_db: float = 9.0, seed: int = 3) -> Tensor:
    """Noise that falls by so many dB per octave, three beats a second. Shape: (samples,)."""
    samples = round(seconds * RATE)
    spectrum = torch.fft.rfft(
        torch.randn(samples, generator=torch.Generator().manual_seed(seed)).double()
    )
    frequency = torch.linspace(0, RATE / 2, len(spectrum)).clamp_min(300) / 300
    shaped: Tensor = torch.fft.irfft(spectrum * frequency ** (-slope_db / 6.02), samples)
    beat = torch.sin(math.pi * 3 * torch.arange(samples) / RATE).abs()
    return (0.3 * shaped * beat).float()


def below(sound: Tensor, cut: float) -> Tensor:
    """Nothing above a cut 200 Hz wide."""
    spectrum = torch.fft.rfft(sound)
    frequency = torch.linspace(0, RATE / 2, len(spectrum))
    kept: Tensor = torch.fft.irfft(spectrum * ((cut - frequency) / 200).clamp(0, 1), len(sound))
    return kept


def edges(sound: Tensor) -> Tensor:
    """The edge at each STFT frame, Hz. Shape: (frames,)."""
    spectrum, _ = stft(sound[None, None], RATE, 0.024)
    power = spectrum.abs().square().sum(1)
    frequency = hertz(power.shape[1], RATE, sound.device)
    return find_edges(power, frequency, RATE / hop_samples(power.shape[1]))[0]


@pytest.mark.parametrize("cut", [3500.0, 7000.0, 12_000.0, 16_000.0])
def test_a_cut_is_found_where_it_is(cut: float) -> None:
    found = edges(below(syllables(3), cut))
    assert float((found - cut).abs().max()) < 250


@pytest.mark.parametrize("slope_db", [6.0, 12.0, 18.0])
def test_a_voice_that_only_falls_has_no_edge(slope_db: float) -> None:
    assert not bool(edges(syllables(3, slope_db)).any())


def test_a_cut_in_a_part_is_found_in_that_part_alone() -> None:
    whole = syllables(9)
    broken = whole.clone()
    broken[3 * RATE : 6 * RATE] = below(whole, 7000.0)[3 * RATE : 6 * RATE]
    found = edges(broken)
    third = len(found) // 3
    assert float((found[third + 50 : 2 * third - 50] - 7000).abs().max()) < 250
    assert not bool(found[: third - 30].any())
    assert not bool(found[2 * third + 30 :].any())


def test_a_lower_cut_in_a_part_goes_before_that_of_the_whole() -> None:
    whole = below(syllables(9), 12_000.0)
    broken = whole.clone()
    broken[3 * RATE : 6 * RATE] = below(whole, 7000.0)[3 * RATE : 6 * RATE]
    found = edges(broken)
    third = len(found) // 3
    assert float((found[third + 50 : 2 * third - 50] - 7000).abs().max()) < 250
    assert float((found[: third - 30] - 12_000).abs().max()) < 250


def test_silence_and_a_rate_too_low_have_no_edge() -> None:
    assert not bool(edges(torch.zeros(RATE)).any())
    power = torch.rand(1, 33, 20)
    assert not bool(find_edge(power, torch.linspace(0, 4000, 33)).any())
