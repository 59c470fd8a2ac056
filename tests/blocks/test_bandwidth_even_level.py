from __future__ import annotations

import pytest
import torch

from voxmend.blocks.bandwidth.even_level import TARGET, even_gain
from voxmend.blocks.registry import load

RATE = 16_000


def verses() -> torch.Tensor:
    """Noise, three seconds loud and three 24 dB below. Shape: (1, 1, samples)."""
    noise = torch.randn(1, 1, 6 * RATE, generator=torch.Generator().manual_seed(2))
    noise[..., 3 * RATE :] *= 10 ** (-24 / 20)
    return noise


@pytest.mark.parametrize("gain", [1e-3, 1.0, 50.0])
def test_loud_and_quiet_come_to_one_level_whatever_the_gain(gain: float) -> None:
    even = gain * verses() * even_gain(gain * verses(), RATE)
    for second in (1, 5):
        part = even[..., second * RATE : (second + 1) * RATE]
        assert float(part.square().mean().sqrt()) == pytest.approx(TARGET, rel=0.1)


def test_a_pause_stays_a_pause_and_silence_is_left_alone() -> None:
    sound = verses()
    sound[..., 3 * RATE :] *= 1e-4
    assert float(even_gain(sound, RATE).max()) < 150 * float(even_gain(sound, RATE).min())
    assert torch.equal(even_gain(torch.zeros(1, 1, 99), RATE), torch.ones(1, 1, 99))


@pytest.mark.parametrize("name", ["mirror", "speechsr", "voicefixer"])
def test_no_block_of_the_stage_has_its_mixture_evened(name: str) -> None:
    assert not getattr(load(f"bandwidth.{name}"), "levelled", False)
