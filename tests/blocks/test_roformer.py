"""RoFormer of both kinds through the whole path: what a separator must hold whatever its weights.

Random weights show that the path is sound, never that the separation is good.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from rack import CPU, separate, snr, song, tune

from voxmend.blocks.contract import Params
from voxmend.blocks.registry import load
from voxmend.blocks.separate.roformer import Roformer
from voxmend.cascade.plan import block_called
from voxmend.networks.network import TorchNetwork
from voxmend_bench.networks import roformer
from voxmend_protocol.errors import ModelCorrupt

RATE = 44_100

KINDS = ["mel", "bs"]


def write_identity(folder: Path, kind: str) -> list[Path]:
    """A network whose every mask is 1 + 0i: the last layer's weights are zero, its biases make the
    gate one half and the real part two."""
    files = roformer.write(folder, full=False, seed=4, kind=kind)
    state = torch.load(files[0], weights_only=True)
    layers = [key for key in state if key.startswith("mask_estimators.")]
    last = max(key.split(".")[5] for key in layers)
    for key in layers:
        if key.split(".")[5] == last:
            state[key].zero_()
            if key.endswith("bias"):
                state[key][: len(state[key]) // 2 : 2] = 2.0
    torch.save(state, files[0])
    return files


@pytest.fixture(scope="module", params=KINDS)
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return roformer.write(
        tmp_path_factory.mktemp("weights"), full=False, seed=3, kind=request.param
    )


@pytest.fixture(scope="module", params=KINDS)
def identity(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    return write_identity(tmp_path_factory.mktemp("identity"), request.param)


@pytest.mark.parametrize("gain_db", [-20, -40, -60, 6])
def test_gain_in_is_gain_out(weights: list[Path], tmp_path: Path, gain_db: int) -> None:
    gain = 10 ** (gain_db / 20)
    mix = song(1.7)
    loud = separate(Roformer(), weights, mix, tmp_path)
    quiet = separate(Roformer(), weights, mix * gain, tmp_path)
    assert abs(20 * torch.log10(quiet.norm() / (gain * loud.norm()))) < 0.01
    assert snr(loud * gain, quiet) > 90


def test_silence_gives_silence(weights: list[Path], tmp_path: Path) -> None:
    assert not separate(Roformer(), weights, torch.zeros(2, 60_000), tmp_path).any()


def test_random_weights_are_heard(weights: list[Path], tmp_path: Path) -> None:
    """Else the tests around this one would compare silence."""
    mix = song(1.7)
    voice = separate(Roformer(), weights, mix, tmp_path)
    assert bool(voice.isfinite().all())
    assert -60 < 20 * torch.log10(voice.norm() / mix.norm()) < 0
    assert snr(mix, voice) < 10


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("seconds", [0.0003, 0.4, 1.0, 3.3])
def test_what_an_identity_network_hears_comes_out_in_place(
    identity: list[Path], tmp_path: Path, channels: int, seconds: float
) -> None:
    """Length, lag, level, seams and the place of each channel at once."""
    mix = tune(seconds)[:1].repeat(channels, 1) * torch.linspace(1, 0.2, channels)[:, None]
    voice = separate(Roformer(), identity, mix, tmp_path)
    assert voice.shape == mix.shape
    assert snr(mix, voice) > 90
    assert (voice - mix).abs().max() < 1e-5  # no click, at any seam or edge


def test_a_voice_on_one_side_stays_there(identity: list[Path], tmp_path: Path) -> None:
    mix = tune(2.0) * torch.tensor([[1.0], [0.0]])
    left, right = separate(Roformer(), identity, mix, tmp_path)
    assert abs(20 * torch.log10(left.norm() / mix[0].norm())) < 0.01
    assert right.abs().max() < 1e-6


def test_the_same_clip_gives_the_same_bytes(weights: list[Path], tmp_path: Path) -> None:
    once, again = (separate(Roformer(), weights, song(2.6), tmp_path) for _ in range(2))
    assert torch.equal(once, again)


def test_three_windows_together_are_three_one_by_one(weights: list[Path], tmp_path: Path) -> None:
    one = separate(Roformer(), weights, song(3.0), tmp_path)
    many = separate(Roformer(), weights, song(3.0), tmp_path, batch=3)
    assert snr(one, many) > 100


def test_mono_is_heard_as_two_equal_sides(weights: list[Path], tmp_path: Path) -> None:
    mix = song(1.4)[:1]
    mono = separate(Roformer(), weights, mix, tmp_path)
    stereo = separate(Roformer(), weights, mix.repeat(2, 1), tmp_path)
    assert snr(stereo.mean(0, keepdim=True), mono) > 100


def test_bf16_stays_near(weights: list[Path]) -> None:
    model, mix = Roformer().load(weights, CPU), song(1.0)[None, :, :44_032]
    full = Roformer().run(model, mix, None, Params())
    lower = Roformer().run(model, mix, None, Params(precision="bf16"))
    assert 40 < snr(full, lower) < 80  # the upper bound: it really is another precision
    assert lower.dtype == torch.float32


def test_bf16_keeps_the_spectrum_in_float32(identity: list[Path]) -> None:
    """A mask of one is exact in any precision: what is lost would be lost in the transforms."""
    model, mix = Roformer().load(identity, CPU), song(1.0)[None, :, :44_032]
    assert snr(mix, Roformer().run(model, mix, None, Params(precision="bf16"))) > 90


def test_places_turn_as_upstream_turns_them() -> None:
    from audio_separator.separator.uvr_lib_v5.roformer.rotary import rotate_queries_or_keys
    from rotary_embedding_torch import RotaryEmbedding

    from voxmend.networks.roformer import Angles

    rotary = RotaryEmbedding(dim=64)
    angles = Angles(rotary.freqs)
    for places in (801, 60, 801):
        x = torch.randn(2, 3, places, 64)
        assert snr(rotate_queries_or_keys(rotary, x), angles.turn(x)) > 120


def test_the_network_says_what_it_is(tmp_path: Path) -> None:
    model = Roformer().load(roformer.write(tmp_path, full=False, seed=1), CPU)
    assert isinstance(model, TorchNetwork)
    assert (model.window, model.context, model.margin) == (44_100, 5_512, 0)
    assert model.runs_on == "cpu"
    assert 3e6 < model.bytes < 5e6


def test_the_other_block_differs_in_its_weights_only() -> None:
    block = block_called("separate.bs_roformer")
    assert isinstance(block, Roformer)
    assert (block.models, block.rate) == (("bs_roformer_resurrection",), RATE)
    assert load("separate.roformer").models == ("melband_roformer_kim",)


def test_a_description_without_frames_gives_the_length_of_training(tmp_path: Path) -> None:
    config = roformer.describe(full=False, kind="mel")
    del config["inference"]["dim_t"]
    config["audio"]["chunk_size"] = 441 * 60 + 100
    files = roformer.write(tmp_path, full=False, seed=1, config=config)
    assert Roformer().load(files, CPU).window == 441 * 60


@pytest.mark.parametrize(
    ("section", "change", "said"),
    [
        ("model", {"freqs_per_bands": [1, 2]}, "either num_bands or freqs_per_bands"),
        ("model", {"num_bands": None}, "can be built"),
        ("model", {"dim": "wide"}, "can be built"),
        ("model", {"no_such": 1}, "no_such"),
        ("model", {"depth": 2}, "does not fit"),
        ("model", {"stereo": False}, "stereo"),
        ("model", {"sample_rate": 48_000}, "44.1 kHz"),
        ("model", {"num_stems": 3}, "names 1"),
        ("model", {"skip_connection": True}, "skip connections"),
        ("model", {"stft_hop_length": "many"}, "stft_hop_length"),
        ("audio", {"sample_rate": 16_000}, "44.1 kHz"),
        ("training", {"target_instrument": "drums"}, "no vocals"),
        ("training", {"target_instrument": None, "instruments": []}, "no stems"),
        ("inference", {"dim_t": 0}, "dim_t"),
        ("inference", {"dim_t": True}, "dim_t"),
    ],
)
def test_a_description_of_something_else_is_refused(
    tmp_path: Path, section: str, change: dict[str, Any], said: str
) -> None:
    import yaml

    files = roformer.write(tmp_path, full=False, seed=1)
    config = roformer.describe(full=False, kind="mel")
    config[section].update(change)
    files[1].write_text(yaml.dump(config))
    with pytest.raises(ModelCorrupt, match=said) as refused:
        Roformer().load(files, CPU)
    assert refused.value.message.startswith(("vocals_mel_band_roformer.",))
    assert refused.value.message.endswith("voxmend models pull melband_roformer_kim")
