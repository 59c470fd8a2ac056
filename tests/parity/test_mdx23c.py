"""The same random weights through audio-separator's own ``demix`` and through our network, under
its window plan. Random weights: this proves the same arithmetic, nothing about the sound."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from parity.upstream_mdxc import demixed, upstream
from rack import CPU, snr, song
from torch import Tensor
from torch.nn import functional as F

from voxmend.blocks.separate.mdx23c import Mdx23c
from voxmend.networks.network import TorchNetwork
from voxmend_bench.networks import mdx23c

SIZES = [
    pytest.param(False, 2.0, 4, id="tiny"),
    pytest.param(True, 3.0, 1, id="full", marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
]


def under_upstreams_plan(model: TorchNetwork, mix: Tensor, overlap: int) -> Tensor:
    """Its windows: the clip between zeros, ``overlap`` windows over each sample, their mean."""
    window, length = model.window, mix.shape[-1]
    step = window // overlap
    edge = window - step
    more = step - (length - window) % step
    padded = F.pad(mix, (edge, edge + more))
    total = torch.zeros_like(padded)
    for start in range(0, padded.shape[-1] - window + 1, step):
        total[:, start : start + window] += model(padded[None, :, start : start + window])[0]
    return total[:, edge : edge + length] / overlap


@pytest.mark.parametrize(("full", "seconds", "overlap"), SIZES)
def test_mdx23c_is_upstreams(full: bool, seconds: float, overlap: int, tmp_path: Path) -> None:
    files = mdx23c.write(tmp_path, full=full, seed=5)
    mix = song(seconds)
    truth = demixed(upstream(files, overlap), mix, "Vocals")
    ours = Mdx23c().load(files, CPU)
    found = snr(truth, under_upstreams_plan(ours, mix, overlap))
    print(f"\nparity mdx23c {'full' if full else 'tiny'}: {found:.1f} dB")
    assert truth.square().mean() > 1e-8
    assert found >= 100


@pytest.mark.parametrize(
    ("stems", "target", "voice"),
    [
        (["Drums", "Bass", "Vocals"], None, "Vocals"),
        (["Vocals", "Instrumental"], "Vocals", "Vocals"),
        (["Instrumental", "Vocals"], "Instrumental", "Vocals"),
    ],
)
def test_whatever_its_stems_the_voice_is_upstreams(
    stems: list[str], target: str | None, voice: str, tmp_path: Path
) -> None:
    config = mdx23c.describe(full=False)
    config["training"] = {"instruments": stems, "target_instrument": target}
    files = mdx23c.write(tmp_path, full=False, seed=6, config=config)
    mix = song(1.5)
    truth = demixed(upstream(files, 4), mix, voice)
    assert snr(truth, under_upstreams_plan(Mdx23c().load(files, CPU), mix, 4)) >= 100
