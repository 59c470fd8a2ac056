"""The same random weights through SCNet as published and through ours, under upstream's plan of
windows. Random weights: this proves the same arithmetic, nothing about the sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from parity.upstream_scnet import Stems, demixed, upstream
from rack import CPU, snr, song

from voxmend.networks.scnet.form import LARGE, SMALL, described
from voxmend.networks.scnet.published import loaded
from voxmend_bench.networks import scnet

slow = [pytest.mark.slow, pytest.mark.timeout(900)]
SIZES = [
    pytest.param("tiny", 5.0, id="tiny"),
    pytest.param("small", 5.0, id="small", marks=slow),
    pytest.param("large", 5.0, id="large", marks=slow),
]


@pytest.fixture(autouse=True)
def _no_learning() -> Any:
    with torch.inference_mode():
        yield


@pytest.mark.parametrize(("size", "seconds"), SIZES)
def test_scnet_is_upstreams(size: str, seconds: float, tmp_path: Path) -> None:
    files, config = scnet.write(tmp_path, size, seed=5), scnet.describe(size)
    if size != "tiny":  # all its weights, in two windows of 4 s
        config["audio"]["chunk_size"], config["inference"]["num_overlap"] = 4 * 44_100, 1
    mix = song(seconds) / song(seconds).std()
    stems = config["training"]["instruments"]
    truth = demixed(upstream(files[0], config), mix, config, stems)["vocals"]
    ours = Stems(loaded(files, "scnet", CPU))
    found = snr(truth, demixed(ours, mix, config, ["vocals"])["vocals"])
    print(f"\nparity scnet {size}: {found:.1f} dB")
    assert truth.square().mean() > 1e-4
    assert found >= 100


@pytest.mark.parametrize("samples", [88_200, 50_000, 8 * 1024, 9 * 1024, 9 * 1024 - 1, 4097])
def test_a_stretch_of_any_length_is_upstreams(samples: int, tmp_path: Path) -> None:
    """Both make an even number of frames of it, and mirror what lies beyond its ends."""
    files, config = scnet.write(tmp_path, "tiny", seed=6), scnet.describe("tiny")
    mix = song(samples / 44_100)[None]
    truth = upstream(files[0], config)(mix.clone())[:, 3]
    assert snr(truth, loaded(files, "scnet", CPU)(mix)) >= 100


OTHERS: list[dict[str, Any]] = [
    {"sources": ["vocals", "band"]},
    {"sources": ["Piano", "Vocals", "Bass"], "dims": [4, 20, 24], "compress": 3},
    {"dims": [4, 6, 8, 10, 12], "band_SR": [0.25, 0.35, 0.4], "band_stride": [1, 2, 8]},
    {"band_kernel": [5, 10, 34], "band_stride": [1, 5, 17], "conv_kernel": 5, "expand": 2},
    {"nfft": 2048, "win_size": 2048, "hop_size": 512, "normalized": False, "num_dplayer": 4},
    {"conv_depths": [1, 1, 4], "band_stride": [2, 3, 7], "band_kernel": [2, 3, 7]},
]


@pytest.mark.parametrize("change", OTHERS)
def test_a_network_of_another_size_is_upstreams(change: dict[str, Any], tmp_path: Path) -> None:
    config = scnet.describe("tiny")
    config["model"].update(change)
    names = config["training"]["instruments"] = list(config["model"]["sources"])
    files = scnet.write(tmp_path, "tiny", seed=7, config=config)
    mix = song(1.0)[None]
    at = [name.lower() for name in names].index("vocals")
    truth = upstream(files[0], config)(mix.clone())[:, at]
    assert snr(truth, loaded(files, "scnet", CPU)(mix)) >= 100


def test_the_forms_that_stand_in_the_code_are_those_that_their_publisher_describes() -> None:
    for size, form in (("small", SMALL), ("large", LARGE)):
        said = scnet.describe(size)
        assert described(said["model"], said["audio"]["chunk_size"]) == form
        assert form.sources == ("drums", "bass", "other", "vocals")
