from __future__ import annotations

import math

import pytest
import torch

from voxmend.blocks.bandwidth.other_rate import resampled


@pytest.mark.parametrize(("rate", "to"), [(44_100, 16_000), (48_000, 16_000), (16_000, 44_100)])
@pytest.mark.parametrize("samples", [4_410, 16_001])
def test_an_instant_keeps_its_time_and_a_tone_its_level(rate: int, to: int, samples: int) -> None:
    seconds = samples / rate

    def tone(at: int) -> torch.Tensor:
        time = torch.arange(-(-samples * at // rate), dtype=torch.float64) / at
        fade = torch.sin(math.pi * (time / seconds).clamp(0, 1)).square()
        return (torch.sin(2 * math.pi * 997 * time) * fade).float()

    found = resampled(tone(rate)[None], rate, to)[0]
    assert found.shape == tone(to).shape
    assert float((found - tone(to)).norm() / tone(to).norm()) < 1e-3


def test_there_and_back_is_the_same_below_half_the_lower_rate() -> None:
    noise = torch.randn(2, 30_000, generator=torch.Generator().manual_seed(1))
    low = resampled(resampled(noise, 44_100, 16_000), 16_000, 44_100)[:, :30_000]
    again = resampled(resampled(low, 44_100, 16_000), 16_000, 44_100)[:, :30_000]
    inside = slice(2000, -2000)
    assert float((again - low)[:, inside].norm() / low[:, inside].norm()) < 0.05


def test_one_rate_is_left_alone() -> None:
    sound = torch.rand(1, 77)
    assert resampled(sound, 48_000, 48_000) is sound
