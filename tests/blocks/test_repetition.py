from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from voxmend.blocks.contract import Params
from voxmend.blocks.registry import load
from voxmend.blocks.separate.repetition import NEIGHBOURS, background

RATE = 16_000


def separate(mix: Tensor, rate: int = RATE) -> Tensor:
    """The voice of one clip. Shape: (channels, samples)."""
    return load("separate.repetition").run(None, mix[None], None, Params(rate=rate)).voice[0]


def level_db(signal: Tensor) -> float:
    return 10 * math.log10(float(signal.double().square().mean()) + 1e-30)


def loop(seconds: float) -> Tensor:
    """Half a second of noise, again and again. Shape: (samples,)."""
    once = torch.randn(RATE // 2, generator=torch.Generator().manual_seed(2))
    fading = once * torch.exp(-6 * torch.arange(RATE // 2) / RATE)
    return 0.3 * fading.repeat(round(2 * seconds))


def glide(seconds: float) -> Tensor:
    """A tone that rises all the time. Shape: (samples,)."""
    time = torch.arange(round(seconds * RATE)) / RATE
    return 0.1 * torch.sin(2 * math.pi * (300 * time + 40 * time**2))


@pytest.mark.parametrize("channels", [1, 2])
def test_what_repeats_goes_and_what_does_not_stays(channels: int) -> None:
    voice, other = glide(16).expand(channels, -1), loop(16).expand(channels, -1)
    estimate = separate(voice + other)
    wanted = (estimate * voice).sum() / voice.square().sum() * voice
    assert level_db(wanted) > level_db(voice) - 4
    assert level_db(estimate - wanted) < level_db(other) - 5


def test_too_few_frames_to_compare_leave_the_sound_as_it_is() -> None:
    short = glide(0.2).expand(2, -1)
    assert level_db(separate(short) - short) < level_db(short) - 30


def test_the_background_is_what_look_alikes_share() -> None:
    pattern = torch.tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]]).repeat(80, 1)
    heard = pattern.clone()
    heard[50, 1] += 5
    found = background(heard[None], pattern[None], NEIGHBOURS)
    assert torch.equal(found[0], pattern)


@pytest.mark.parametrize("gain_db", [-20.0, -60.0])
def test_gain_in_is_gain_out(gain_db: float) -> None:
    mix = (glide(4) + loop(4))[None]
    gain = 10 ** (gain_db / 20)
    one, other = separate(mix), separate(gain * mix) / gain
    assert level_db(other) == pytest.approx(level_db(one), abs=0.01)
    assert level_db(other - one) < level_db(one) - 60


@pytest.mark.parametrize("rate", [8_000, 192_000])
@pytest.mark.parametrize("samples", [1, 2, 3_000])
def test_odd_input_gives_finite_sound_of_the_same_shape(rate: int, samples: int) -> None:
    square = torch.ones(2, samples)
    square[:, ::50] = -1
    for clip in (square, 0 * square, square[:1], 1e-30 * square):
        estimate = separate(clip, rate)
        assert estimate.shape == clip.shape
        assert bool(estimate.isfinite().all())


def test_windows_of_a_batch_do_not_see_each_other() -> None:
    mix = (glide(4) + loop(4))[None]
    batch = torch.stack([torch.zeros_like(mix), mix])
    block = load("separate.repetition")
    together = block.run(None, batch, None, Params(rate=RATE)).voice
    assert level_db(together[1] - separate(mix)) < level_db(together[1]) - 60
