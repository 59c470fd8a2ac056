"""Band levels: the same in pieces as at once, placed by time, in phase or not."""

from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend.dsp.band_levels import BANDS, EDGES_HZ, BandLevels, band_levels, frames_of, reach


def sounds(rate: int, seconds: float = 1.0) -> tuple[Tensor, Tensor]:
    """A voice and a mixture. Shape: (2, samples) each."""
    random = torch.Generator().manual_seed(1)
    voice, band = (torch.randn(2, round(seconds * rate), generator=random) for _ in range(2))
    return voice, voice + band


def whole(voice: Tensor, mix: Tensor, rate: int) -> BandLevels:
    beside = (reach(rate), reach(rate) + rate)
    frames = frames_of(voice.shape[1], rate)
    return band_levels(F.pad(voice, beside), F.pad(mix, beside), rate, 0, frames)


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100, 96_000])
def test_a_piece_reads_as_it_does_in_the_whole(rate: int) -> None:
    voice, mix = sounds(rate)
    found = whole(voice, mix, rate)
    assert found.voice.shape == (BANDS, 50)
    start = round(20 * 0.02 * rate) - reach(rate)
    part = band_levels(voice[:, start:], mix[:, start:], rate, 20, 7)
    assert torch.allclose(part.voice, found.voice[:, 20:27], rtol=1e-4)
    assert torch.allclose(part.rest, found.rest[:, 20:27], rtol=1e-4)


def test_a_frame_lies_where_its_number_says_also_an_hour_in() -> None:
    rate = 11_025  # 220.5 samples a frame
    frame = 3600 * 50
    click = torch.zeros(1, 4 * rate)
    click[0, reach(rate) + rate] = 1.0  # a second behind the middle of the first frame
    found = band_levels(click, click, rate, frame, 100).voice.sum(0)
    assert int(found.argmax()) == 50


def test_bands_are_where_they_are_said_to_be() -> None:
    rate = 44_100
    time = torch.arange(rate) / rate
    for n, (low, high) in enumerate(itertools.pairwise(EDGES_HZ)):
        tone = torch.sin(2 * torch.pi * (low + high) / 2 * time)[None]
        assert int(whole(tone, tone, rate).voice[:, 25].argmax()) == n


def test_what_the_two_have_in_common_is_positive_in_phase_and_nothing_apart() -> None:
    rate = 44_100
    voice, mix = sounds(rate)
    same = whole(voice, 3 * voice, rate)
    assert torch.allclose(same.common, 2 * same.voice, rtol=1e-3)
    turned = whole(voice, torch.zeros_like(voice), rate)
    assert torch.allclose(turned.common, -turned.voice, rtol=1e-3)
    apart = whole(voice, mix, rate)
    assert float(apart.common.sum().abs()) < 0.1 * float(apart.voice.sum())
