"""The same random weights through audio-separator's own ``demix`` and through our network, under
its window plan. Random weights: this proves the same arithmetic, nothing about the sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from parity.upstream_mdxc import demixed, upstream
from rack import CPU, snr, song
from torch import Tensor

from voxmend.blocks.contract import Block
from voxmend.blocks.denoise.roformer import RoformerDenoise
from voxmend.blocks.part.lead import Lead
from voxmend.blocks.reverb.roformer import Dry
from voxmend.blocks.separate.roformer import Roformer
from voxmend.networks.network import TorchNetwork
from voxmend_bench.networks import roformer

RATE = 44_100

TITLES = {"mel": "mel_band_roformer", "bs": "bs_roformer"}

BLOCKS = {"mel": Roformer, "bs": Roformer}

SIZES = [
    pytest.param(False, 2.6, id="tiny"),
    pytest.param(True, 3.0, id="full", marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
]


def under_upstreams_plan(model: TorchNetwork, mix: Tensor, overlap: int) -> Tensor:
    """Its windows: ``overlap`` over each sample, Hamming for weight, the last one moved back to
    end with the clip."""
    window, length = model.window, mix.shape[-1]
    last = max(0, length - window)
    starts = sorted({*range(0, last, window // overlap), last})
    weight = torch.from_numpy(np.hamming(window)).float()
    total, weights = torch.zeros_like(mix), torch.zeros(length)
    for start in starts:
        total[:, start : start + window] += model(mix[None, :, start : start + window])[0] * weight
        weights[start : start + window] += weight
    return total / weights


@pytest.mark.parametrize("kind", ["mel", "bs"])
@pytest.mark.parametrize(("full", "seconds"), SIZES)
def test_roformer_is_upstreams(kind: str, full: bool, seconds: float, tmp_path: Path) -> None:
    """The full network with all its weights, over windows of 2 s: they are as many per second."""
    config = roformer.describe(full=full, kind=kind)
    if full:
        config["inference"]["dim_t"] = 2 * RATE // config["model"]["stft_hop_length"]
    files = roformer.write(tmp_path, full=full, seed=5, kind=kind, config=config)
    mix = song(seconds)
    truth = demixed(upstream(files), mix, "vocals")
    ours = BLOCKS[kind]().load(files, CPU)
    found = snr(truth, under_upstreams_plan(ours, mix, config["inference"]["num_overlap"]))
    print(f"\nparity {TITLES[kind]} {'full' if full else 'tiny'}: {found:.1f} dB")
    assert truth.square().mean() > 1e-8
    assert found >= 100


def several(kind: str, stems: list[str], *, target: str | None) -> dict[str, Any]:
    """A tiny description with other stems."""
    config = roformer.describe(full=False, kind=kind)
    config["model"]["num_stems"] = 1 if target else len(stems)
    config["training"] = {"instruments": stems, "target_instrument": target}
    return config


@pytest.mark.parametrize("kind", ["mel", "bs"])
def test_of_several_stems_the_voice_is_upstreams(kind: str, tmp_path: Path) -> None:
    config = several(kind, ["drums", "Vocals", "other"], target=None)
    files = roformer.write(tmp_path, full=False, seed=6, kind=kind, config=config)
    mix = song(2.6)
    truth = demixed(upstream(files), mix, "Vocals")
    ours = BLOCKS[kind]().load(files, CPU)
    assert snr(truth, under_upstreams_plan(ours, mix, 2)) >= 100


@pytest.mark.parametrize("kind", ["mel", "bs"])
def test_where_the_band_is_the_target_the_voice_is_what_upstream_has_left(
    kind: str, tmp_path: Path
) -> None:
    config = several(kind, ["other", "vocals"], target="other")
    files = roformer.write(tmp_path, full=False, seed=7, kind=kind, config=config)
    mix = song(2.6)
    truth = demixed(upstream(files), mix, "vocals")
    ours = BLOCKS[kind]().load(files, CPU)
    assert snr(truth, under_upstreams_plan(ours, mix, 2)) >= 100


def test_a_denoiser_s_clean_stem_is_upstreams(tmp_path: Path) -> None:
    """As published: dry and other, dry the target."""
    config = several("mel", ["dry", "other"], target="dry")
    files = roformer.write(tmp_path, full=False, seed=9, config=config)
    voice = song(2.6)
    truth = demixed(upstream(files), voice, "dry")
    ours = RoformerDenoise().load(files, CPU)
    found = snr(truth, under_upstreams_plan(ours, voice, 2))
    print(f"\nparity denoise.roformer tiny: {found:.1f} dB")
    assert found >= 100


PARTS: dict[str, tuple[type[Block], list[str]]] = {
    "part.lead": (Lead, ["Vocals", "Instrumental"]),
    "reverb.roformer": (Dry, ["noreverb", "reverb"]),
}
"""As published: the first is the target."""


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize(("full", "seconds"), SIZES)
def test_a_part_of_a_voice_is_upstreams_and_so_is_what_is_left(
    name: str, full: bool, seconds: float, tmp_path: Path
) -> None:
    """The shape of the published networks: BS-RoFormer, 12 layers of 256, 62 bands, hop 512."""
    kind, stems = PARTS[name]
    config = roformer.describe(full=full, kind="bs")
    config["training"] = {"instruments": stems, "target_instrument": stems[0]}
    if full:
        config["inference"]["dim_t"] = 2 * RATE // config["model"]["stft_hop_length"]
    files = roformer.write(tmp_path, full=full, seed=11, kind="bs", config=config)
    voice = song(seconds)
    network = upstream(files)
    ours = under_upstreams_plan(kind().load(files, CPU), voice, config["inference"]["num_overlap"])  # type: ignore[arg-type]
    for stem, found in zip(stems, (ours, voice - ours), strict=True):
        truth = demixed(network, voice, stem)
        reached = snr(truth, found)
        print(f"\nparity {name} {stem} {'full' if full else 'tiny'}: {reached:.1f} dB")
        assert truth.square().mean() > 1e-8
        assert reached >= 100


def test_a_window_is_as_long_as_upstreams_and_not_as_in_training(tmp_path: Path) -> None:
    """What the published description of Kim's network says: 1101 frames of 441, 11 s."""
    config = roformer.describe(full=False, kind="mel")
    config["audio"]["chunk_size"], config["inference"]["dim_t"] = 352_800, 1101
    files = roformer.write(tmp_path, full=False, seed=8, config=config)
    assert Roformer().load(files, CPU).window == 485_100
