"""MDX23C through the whole path: what a separator must hold whatever its weights.

Random weights show that the path is sound, never that the separation is good.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from rack import CPU, separate, snr, song, tune
from sampled import sampled

from voxmend.blocks.contract import Params
from voxmend.blocks.registry import load
from voxmend.blocks.separate.mdx23c import Mdx23c
from voxmend.networks.network import TorchNetwork
from voxmend_bench.networks import mdx23c
from voxmend_protocol.errors import ModelCorrupt

RATE = 44_100


def write_identity(folder: Path) -> list[Path]:
    """A network whose first stem is what it hears: gelu(x) - gelu(-x) = x, in the last two layers.
    Its description puts the voice second, so that taking the first stem would show."""
    config = mdx23c.describe(full=False)
    config["training"]["instruments"] = ["Instrumental", "Vocals"]
    files = mdx23c.write(folder, full=False, seed=4, config=config)
    state = torch.load(files[0], weights_only=True)
    into, out = state["final_conv.0.weight"].zero_(), state["final_conv.2.weight"].zero_()
    rows = out.shape[0] // 2
    for row in range(rows):
        into[2 * row, row], into[2 * row + 1, row] = 1.0, -1.0
        out[rows + row, 2 * row], out[rows + row, 2 * row + 1] = 1.0, -1.0
    torch.save(state, files[0])
    return files


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return mdx23c.write(tmp_path_factory.mktemp("weights"), full=False, seed=3)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_identity(tmp_path_factory.mktemp("identity"))


@pytest.mark.parametrize("gain_db", sampled([-20, -40, -60, 6], [-60, 6]))
def test_gain_in_is_gain_out(weights: list[Path], tmp_path: Path, gain_db: int) -> None:
    """The network alone depends on level: it normalises, and the mixture joins it again."""
    gain = 10 ** (gain_db / 20)
    mix = song(1.7)
    loud = separate(Mdx23c(), weights, mix, tmp_path)
    quiet = separate(Mdx23c(), weights, mix * gain, tmp_path)
    assert abs(20 * torch.log10(quiet.norm() / (gain * loud.norm()))) < 0.01
    assert snr(loud * gain, quiet) > 90


def test_silence_gives_silence(weights: list[Path], tmp_path: Path) -> None:
    assert not separate(Mdx23c(), weights, torch.zeros(2, 60_000), tmp_path).any()


def test_random_weights_are_heard(weights: list[Path], tmp_path: Path) -> None:
    """Else the tests around this one would compare silence."""
    mix = song(1.7)
    voice = separate(Mdx23c(), weights, mix, tmp_path)
    assert bool(voice.isfinite().all())
    assert -60 < 20 * torch.log10(voice.norm() / mix.norm()) < 0
    assert snr(mix, voice) < 10


@pytest.mark.parametrize(
    ("seconds", "channels"),
    sampled(
        itertools.product([0.0003, 0.4, 0.731, 3.3], [1, 2, 3]),
        [(0.0003, 2), (0.4, 1), (0.731, 3), (3.3, 2)],
    ),
)
def test_what_an_identity_network_hears_comes_out_in_place(
    identity: list[Path], tmp_path: Path, channels: int, seconds: float
) -> None:
    """Length, lag, level, seams and the place of each channel at once. The network hears nothing
    at 22.05 kHz: that shows at the clip's edges, which are steps."""
    mix = tune(seconds)[:1].repeat(channels, 1) * torch.linspace(1, 0.2, channels)[:, None]
    voice = separate(Mdx23c(), identity, mix, tmp_path)
    assert voice.shape == mix.shape
    if seconds > 0.1:
        assert snr(mix, voice) > 60
        assert (voice - mix).abs()[:, 2048:-2048].max() < 1e-5  # no click at any seam


def test_a_voice_on_one_side_stays_there(identity: list[Path], tmp_path: Path) -> None:
    mix = tune(2.0) * torch.tensor([[1.0], [0.0]])
    left, right = separate(Mdx23c(), identity, mix, tmp_path)
    assert abs(20 * torch.log10(left.norm() / mix[0].norm())) < 0.01
    assert right.abs().max() < 1e-6


def test_the_same_clip_gives_the_same_bytes(weights: list[Path], tmp_path: Path) -> None:
    once, again = (separate(Mdx23c(), weights, song(2.6), tmp_path) for _ in range(2))
    assert torch.equal(once, again)


def test_three_windows_together_are_three_one_by_one(weights: list[Path], tmp_path: Path) -> None:
    one = separate(Mdx23c(), weights, song(3.0), tmp_path)
    many = separate(Mdx23c(), weights, song(3.0), tmp_path, batch=3)
    assert snr(one, many) > 100


def test_mono_is_heard_as_two_equal_sides(weights: list[Path], tmp_path: Path) -> None:
    mix = song(1.4)[:1]
    mono = separate(Mdx23c(), weights, mix, tmp_path)
    stereo = separate(Mdx23c(), weights, mix.repeat(2, 1), tmp_path)
    assert snr(stereo.mean(0, keepdim=True), mono) > 100


def test_bf16_stays_near(weights: list[Path]) -> None:
    model, mix = Mdx23c().load(weights, CPU), song(0.7)[None]
    full = Mdx23c().run(model, mix, None, Params())
    lower = Mdx23c().run(model, mix, None, Params(precision="bf16"))
    assert 30 < snr(full, lower) < 80  # the upper bound: it really is another precision
    assert lower.dtype == torch.float32


def test_the_network_says_what_it_is(weights: list[Path]) -> None:
    model = Mdx23c().load(weights, CPU)
    assert isinstance(model, TorchNetwork)
    assert (model.window, model.margin, model.context) == (32_256, 1_024, 3_776)
    assert model.runs_on == "cpu"
    assert 0.8e6 < model.bytes < 1.2e6
    assert load("separate.mdx23c").models == ("mdx23c_instvoc_hq",)


@pytest.mark.parametrize(
    ("section", "change", "said"),
    [
        ("model", {"norm": "LayerNorm"}, "model: norm"),
        ("model", {"act": "swish"}, "model: act"),
        ("model", {"growth": "some"}, "can be built"),
        ("model", {"num_channels": 48}, "does not fit"),
        ("audio", {"num_channels": 1}, "stereo"),
        ("audio", {"sample_rate": 48_000}, "44.1 kHz"),
        ("audio", {"hop_length": None}, "hop_length"),
        ("audio", {"n_fft": 32_768}, "two FFT frames"),
        ("training", {"instruments": ["Drums", "Bass"]}, "no vocals"),
        ("inference", {"dim_t": -1}, "dim_t"),
    ],
)
def test_a_description_of_something_else_is_refused(
    tmp_path: Path, section: str, change: dict[str, Any], said: str
) -> None:
    import yaml

    files = mdx23c.write(tmp_path, full=False, seed=1)
    config = mdx23c.describe(full=False)
    config[section].update(change)
    files[1].write_text(yaml.dump(config))
    with pytest.raises(ModelCorrupt, match=said) as refused:
        Mdx23c().load(files, CPU)
    assert refused.value.message.startswith(("MDX23C", "model_2_stem"))
    assert refused.value.message.endswith("voxmend models pull mdx23c_instvoc_hq")
