"""Whitened correlation: delays of parts of a sample, polarity, silence."""

from __future__ import annotations

import pytest
import torch

from voxmend.align.correlate import BLIND, RATE, curves, exact, peaks


def noise(samples: int, seed: int) -> torch.Tensor:
    return torch.randn(samples, generator=torch.Generator().manual_seed(seed))


def moved(sound: torch.Tensor, delay: float) -> torch.Tensor:
    """The sound later by any number of samples, as one period."""
    turn = torch.fft.rfftfreq(len(sound), 1.0).double() * (-2 * torch.pi * delay)
    spectrum = torch.fft.rfft(sound.double()) * torch.polar(torch.ones_like(turn), turn)
    made: torch.Tensor = torch.fft.irfft(spectrum).float()
    return made


@pytest.mark.parametrize("delay", [0.0, 0.27, -0.5, 3.9])
def test_a_delay_is_found_to_a_fiftieth_of_a_sample_under_a_louder_band(delay: float) -> None:
    whole = noise(4 * RATE, 1)
    within = moved(whole, delay) + 2 * noise(4 * RATE, 2)
    peak, sign = exact(whole[RATE : 3 * RATE], within)
    assert peak.lag - RATE == pytest.approx(delay, abs=0.02)
    assert sign == 1


def test_a_mask_over_frequency_moves_nothing() -> None:
    whole = noise(4 * RATE, 1)
    spectrum = torch.fft.rfft(whole[RATE : 3 * RATE])
    mask = torch.linspace(0.01, 1, len(spectrum)) ** 2
    peak, _ = exact(torch.fft.irfft(spectrum * mask), whole)
    assert peak.lag == pytest.approx(RATE, abs=0.01)


def test_an_inverted_sound_has_the_sign_of_one() -> None:
    whole = noise(2 * RATE, 3)
    assert exact(-whole[100 : RATE + 100], whole)[1] == -1


def test_strangers_have_no_peak_and_silence_has_none_at_all() -> None:
    within = noise(4 * RATE, 4)
    strangers, silence = curves(torch.stack([noise(RATE, 5), torch.zeros(RATE)]), within)
    assert float(strangers.abs().max()) < 6
    assert not silence.any()
    assert peaks(silence, 8, 1.0) == []


def test_peaks_are_the_highest_first_and_keep_apart() -> None:
    curve = torch.zeros(2000)
    curve[500], curve[500 + BLIND // 2], curve[1500] = -9.0, 8.0, 7.0
    found = peaks(curve, 8, 6.5)
    assert [(peak.lag, peak.score) for peak in found] == [(500.0, 9.0), (1500.0, 7.0)]
