"""The same random weights through audio-separator's own ``demix`` and through our network, under
its window plan. Random weights: this proves the same arithmetic, nothing about the sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from parity.upstream_mdx import separator
from rack import CPU, snr, song
from torch import Tensor
from torch.nn import functional as F

from voxmend.bench.networks import mdx
from voxmend.blocks.separate.mdx import Mdx, MdxVocFt

MOST = [
    pytest.param(False, 3.0, id="tiny"),
    pytest.param(True, 12.0, id="full", marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
]


def under_upstreams_plan(model: Mdx, mix: Tensor, polarity: bool) -> Tensor:
    """Its windows: half a transform of zeros in front and a stretch of them behind, a step of three
    quarters, a Hann window for weight, which is short for the short windows at the end; then
    divided by the sum of weights. So every sample of the clip can be judged, seams included.
    """
    half, size = model.margin, model.window
    useful = size - 2 * half
    padded = F.pad(mix, (half, useful + half - mix.shape[1] % useful))
    total, weights = torch.zeros_like(padded), torch.zeros(padded.shape[1])
    for start in range(0, padded.shape[1], int(0.75 * size)):
        heard = padded[:, start : start + size]
        there = heard.shape[1]
        voice = model(F.pad(heard, (0, size - there))[None], polarity=polarity)[0]
        weight = torch.from_numpy(np.hanning(there)).float()
        total[:, start : start + there] += weight * voice[:, :there]
        weights[start : start + there] += weight
    return (total / weights)[:, half : half + mix.shape[1]]


@pytest.mark.parametrize(("full", "seconds"), MOST)
def test_mdx_is_upstreams(full: bool, seconds: float, tmp_path: Path) -> None:
    file = mdx.write(tmp_path / "voice.onnx", full=full, seed=11)
    ours, mix = MdxVocFt().load([file], CPU), song(seconds)
    truth = separator(file, ours.window // 1024 + 1).demix(mix.numpy())
    found = snr(torch.from_numpy(truth), under_upstreams_plan(ours, mix, polarity=False))
    print(f"\nparity mdx {'full' if full else 'tiny'}: {found:.1f} dB")
    assert found >= 100


def test_the_pair_of_polarities_is_upstreams_denoise(tmp_path: Path) -> None:
    file = mdx.write(tmp_path / "voice.onnx", full=False, seed=11)
    ours, mix = MdxVocFt().load([file], CPU), song(3.0)
    truth = separator(file, ours.window // 1024 + 1, denoise=True).demix(mix.numpy())
    found = snr(torch.from_numpy(truth), under_upstreams_plan(ours, mix, polarity=True))
    print(f"\nparity mdx tiny, both polarities: {found:.1f} dB")
    assert found >= 100


@pytest.mark.slow
def test_the_full_network_is_as_large_as_the_published_one(tmp_path: Path) -> None:
    published = 66_762_490
    size = mdx.write(tmp_path / "voice.onnx", full=True, seed=11).stat().st_size
    assert size == pytest.approx(published, rel=1e-3)
