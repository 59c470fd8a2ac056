"""The same random weights through demucs' own ``apply_model`` and through our network, under its
window plan. Random weights: this proves the same arithmetic, nothing about the sound."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from demucs.apply import BagOfModels, TensorChunk, apply_model
from rack import CPU, snr, song
from torch import Tensor

from voxmend.bench.networks import htdemucs
from voxmend.blocks.separate.htdemucs import Demucs, Htdemucs
from voxmend.cascade.plan import block_called

SIZES = [
    pytest.param(False, 9.0, id="tiny"),
    pytest.param(True, 20.0, id="full", marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
]


def under_upstreams_plan(model: Demucs, mix: Tensor) -> Tensor:
    """Its windows: a step of three quarters, a triangle for weight, the last one short and in the
    middle of what lies around it."""
    window, length = model.window, mix.shape[-1]
    step = int(0.75 * window)
    half = window // 2
    weight = torch.cat([torch.arange(1, half + 1), torch.arange(window - half, 0, -1)]) / half
    total, weights = torch.zeros_like(mix), torch.zeros(length)
    for start in range(0, length, step):
        size = min(window, length - start)
        before = (window - size) // 2
        heard = TensorChunk(mix, start, window).padded(window)  # type: ignore[no-untyped-call]
        voice = model(heard)
        total[..., start : start + size] += weight[:size] * voice[..., before : before + size]
        weights[start : start + size] += weight[:size]
    return total / weights


@pytest.mark.parametrize(("full", "seconds"), SIZES)
def test_htdemucs_is_upstreams(full: bool, seconds: float, tmp_path: Path) -> None:
    network = htdemucs.build(full=full, seed=11)
    mix = song(seconds)[None]
    truth = apply_model(network, mix, shifts=0, split=True, overlap=0.25)[:, 3]
    ours = Htdemucs().load([htdemucs.save(network, tmp_path / "a.safetensors")], CPU)
    found = snr(truth, under_upstreams_plan(ours, mix))
    print(f"\nparity htdemucs {'full' if full else 'tiny'}: {found:.1f} dB")
    assert found >= 100


@pytest.mark.parametrize(("full", "seconds"), SIZES)
def test_the_vocals_member_alone_is_the_whole_bag(
    full: bool, seconds: float, tmp_path: Path
) -> None:
    bag = [htdemucs.build(full=full, seed=seed) for seed in range(4)]
    weights = [[float(row == column) for column in range(4)] for row in range(4)]
    mix = song(seconds)[None]
    truth = apply_model(BagOfModels(bag, weights), mix, shifts=0, split=True, overlap=0.25)[:, 3]
    fine = block_called("separate.htdemucs_ft")
    assert isinstance(fine, Htdemucs)
    ours = fine.load([htdemucs.save(bag[3], tmp_path / "a.safetensors")], CPU)
    found = snr(truth, under_upstreams_plan(ours, mix))
    print(f"\nparity htdemucs_ft {'full' if full else 'tiny'}: {found:.1f} dB")
    assert found >= 100


@pytest.mark.parametrize(("full", "seconds"), [SIZES[0]])
def test_a_clip_shorter_than_the_step_is_upstreams_as_it_is(
    full: bool, seconds: float, tmp_path: Path
) -> None:
    """Upstream's plan and ours agree there: one window, the clip in its middle."""
    from voxmend.blocks.contract import Params

    network = htdemucs.build(full=full, seed=12)
    mix = song(1.2)[None]
    ours = Htdemucs().load([htdemucs.save(network, tmp_path / "a.safetensors")], CPU)
    truth = apply_model(network, mix * (0.9 / mix.abs().max()), shifts=0)[:, 3]
    voice = Htdemucs().run(ours, mix, None, Params()) * (0.9 / mix.abs().max())
    assert snr(truth, voice) >= 100
