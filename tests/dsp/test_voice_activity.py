"""Voice activity beside a mixture: what holds for any sound, and what a real singer shows.

How well it does on songs is asked by ``voxmend_bench.activity``, on songs that were left out.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend.bench.damage import material
from voxmend.bench.damage.material import Material
from voxmend.dsp.band_levels import BandLevels, band_levels, frames_of, reach
from voxmend.dsp.voice_activity import INPUTS, WEIGHTS, Activity, inputs, trained
from voxmend_bench.activity import _fresh, auc


def levels(voice: Tensor, mix: Tensor, rate: int) -> BandLevels:
    beside = (reach(rate), reach(rate) + rate)
    frames = frames_of(voice.shape[1], rate)
    return band_levels(F.pad(voice, beside), F.pad(mix, beside), rate, 0, frames)


@pytest.fixture(scope="module")
def sung(shared: Path) -> Material:
    audio = shared / "audio"
    return material.load(audio / "vocadito_10.wav", audio / "vibe_ace.ogg", 20.0, 8.0)


def test_the_weights_that_come_along_say_what_they_are() -> None:
    stored = json.loads(WEIGHTS.read_text())
    shapes = {name: weights.shape for name, weights in _fresh().items()} | {"scale": (2,)}
    assert {name: torch.tensor(w).shape for name, w in stored["weights"].items()} == shapes
    count = sum(torch.tensor(weights).numel() for weights in stored["weights"].values())
    assert count < 10_000
    assert stored["trained_on"]
    for name, (whole, clear) in stored["songs_left_out"].items():
        assert 0.84 <= whole <= clear <= 1, name


def test_a_gain_changes_nothing(sung: Material) -> None:
    found = trained()(levels(sung.voice, sung.mix, sung.rate))
    quiet = trained()(levels(1e-3 * sung.voice, 1e-3 * sung.mix, sung.rate))
    assert torch.allclose(found, quiet, atol=1e-3)


def test_silence_is_no_voice(sung: Material) -> None:
    nothing = levels(torch.zeros_like(sung.voice), sung.mix, sung.rate)
    assert not trained()(nothing).any()
    empty = torch.zeros(2, 4410)
    assert not trained()(levels(empty, empty, 44_100)).any()


@pytest.mark.parametrize("frames", [1, 2, 40, 400])
def test_any_length_gives_one_number_a_frame(frames: int) -> None:
    random = torch.Generator().manual_seed(1)
    made = BandLevels(*(torch.rand(16, frames, generator=random) for _ in fields(BandLevels)))
    assert inputs(made).shape == (INPUTS, frames)
    found = trained()(made)
    assert found.shape == (frames,)
    assert bool(((found >= 0) & (found <= 1)).all())


def test_a_singer_with_bleed_is_told_from_the_bleed(sung: Material) -> None:
    stem = sung.voice + 0.1 * sung.backing
    found = trained()(levels(stem, sung.mix, sung.rate))
    sounds = sung.sounds[: 2 * len(found)].view(-1, 2).any(1)[: len(found)]
    assert auc(found[: len(sounds)], sounds) > 0.9


def test_a_network_of_other_weights_gives_another_answer(sung: Material) -> None:
    seen = levels(sung.voice, sung.mix, sung.rate)
    other = {name: weights + 0.05 for name, weights in trained().weights.items()}
    assert not torch.allclose(Activity(other)(seen), trained()(seen), atol=1e-2)


def test_the_area_under_the_curve_is_what_it_says() -> None:
    told = torch.tensor([0.1, 0.2, 0.8, 0.9])
    assert auc(told, torch.tensor([False, False, True, True])) == 1
    assert auc(told, torch.tensor([True, True, False, False])) == 0
    assert auc(told, torch.tensor([True, False, False, True])) == 0.5
