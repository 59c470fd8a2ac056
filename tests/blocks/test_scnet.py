"""SCNet through the whole path: what a separator must hold whatever its weights.

Random weights show that the path is sound, never that the separation is good.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from rack import CPU, separate, snr, song, tune
from sampled import sampled
from torch import Tensor

from voxmend.blocks.contract import Params
from voxmend.blocks.registry import load
from voxmend.blocks.separate.scnet import LOUDNESS_DB, Scnet
from voxmend.cascade.plan import block_called
from voxmend.networks.scnet.form import STEREO
from voxmend.networks.scnet.published import Stems
from voxmend_bench.networks import scnet
from voxmend_protocol.errors import ModelCorrupt

RATE = 44_100

GATE = 100.0
"""A gate's bias that leaves it open."""


def write_identity(folder: Path) -> list[Path]:
    """A network of one level whose last stem is what it hears: each bin of a band has a number of
    its own and another for its negative, since gelu(x) - gelu(-x) = x; the recurrent layers and
    all that adds are nought. The voice stands last, so that taking the first stem would show."""
    config = scnet.describe("tiny")
    config["model"] |= {"band_stride": [1, 2, 4], "band_kernel": [3, 2, 4]}
    widest = config["model"]["band_stride"][2] * STEREO
    config["model"]["dims"] = [STEREO, 2 * widest]
    config["audio"]["chunk_size"] = RATE
    files = scnet.write(folder, "tiny", seed=1, config=config)
    state = {name: 0 * weights for name, weights in torch.load(files[0], weights_only=True).items()}
    count, rows = 2 * widest, slice(3 * STEREO, 4 * STEREO)
    for band, stride in enumerate(config["model"]["band_stride"]):
        into = state[f"encoder.0.SDlayer.convs.{band}.weight"]
        out = state[f"decoder.0.1.convtrs.{band}.weight"]
        for place in range(stride):
            tap = 1 if stride == 1 else place  # the middle of a kernel of three
            for number in range(STEREO):
                at = 2 * (place * STEREO + number)
                into[at, number, tap, 0], into[at + 1, number, tap, 0] = 1.0, -1.0
                out[at, rows][number, tap, 0], out[at + 1, rows][number, tap, 0] = 1.0, -1.0
    join = state["decoder.0.0.conv.weight"]
    for at in range(count):
        join[at, at, 1, 1] = 1.0
    state["decoder.0.0.conv.bias"][count:] = GATE
    torch.save(state, files[0])
    return files


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return scnet.write(tmp_path_factory.mktemp("weights"), "tiny", seed=3)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_identity(tmp_path_factory.mktemp("identity"))


@pytest.mark.parametrize("gain_db", sampled([-20, -40, -60, 6], [-60, 6]))
def test_gain_in_is_gain_out(weights: list[Path], tmp_path: Path, gain_db: int) -> None:
    """The network alone depends on level: it has nothing that takes it away."""
    gain = 10 ** (gain_db / 20)
    mix = song(3.1)
    loud = separate(Scnet(), weights, mix, tmp_path)
    quiet = separate(Scnet(), weights, mix * gain, tmp_path)
    assert abs(20 * torch.log10(quiet.norm() / (gain * loud.norm()))) < 0.01
    assert snr(loud * gain, quiet) > 80


def test_the_network_hears_the_whole_clip_at_the_level_it_was_trained_at(
    weights: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet verse stays quiet for it, and an RMS of 1 is what its publishers bring a song to."""
    heard: list[Tensor] = []

    def listen(_: Stems, mix: Tensor, precision: str) -> Tensor:
        heard.append(mix)
        return mix

    monkeypatch.setattr(Stems, "__call__", listen)
    loud = song(1.6) * 0.03
    separate(Scnet(), weights, loud, tmp_path)
    level = 20 * torch.log10(heard[0].square().mean().sqrt())
    assert abs(float(level) - LOUDNESS_DB) < 0.3
    heard.clear()
    mix = torch.cat([song(4.0), 0.1 * song(4.0)], 1)
    separate(Scnet(), weights, mix, tmp_path)
    ratio = float(mix[:, -RATE:].norm() / mix[:, :RATE].norm())
    found = float(heard[-1][0, :, -RATE:].norm() / heard[0][0, :, :RATE].norm())
    assert found == pytest.approx(ratio, rel=1e-3)


def test_silence_gives_silence(weights: list[Path], tmp_path: Path) -> None:
    """Its layers have biases: left alone it would hum."""
    model = Scnet().load(weights, CPU)
    assert model(torch.zeros(1, 2, 60_000)).any()
    assert not separate(Scnet(), weights, torch.zeros(2, 60_000), tmp_path).any()


def test_random_weights_are_heard(weights: list[Path], tmp_path: Path) -> None:
    """Else the tests around this one would compare silence."""
    mix = song(2.7)
    voice = separate(Scnet(), weights, mix, tmp_path)
    assert bool(voice.isfinite().all())
    assert -60 < 20 * torch.log10(voice.norm() / mix.norm()) < 6
    assert snr(mix, voice) < 10


@pytest.mark.parametrize(
    ("seconds", "channels"),
    sampled(itertools.product([0.0003, 0.93, 1.8], [1, 2, 3]), [(0.0003, 2), (0.93, 1), (1.8, 3)]),
)
def test_what_an_identity_network_hears_comes_out_in_place(
    identity: list[Path], tmp_path: Path, channels: int, seconds: float
) -> None:
    """Length, lag, level, seams and the place of each channel at once."""
    mix = tune(seconds)[:1].repeat(channels, 1) * torch.linspace(1, 0.2, channels)[:, None]
    voice = separate(Scnet(), identity, mix, tmp_path)
    assert voice.shape == mix.shape
    if seconds > 0.1:
        assert snr(mix, voice) > 90  # no click at any seam either


def test_a_voice_on_one_side_stays_there(identity: list[Path], tmp_path: Path) -> None:
    mix = tune(1.1) * torch.tensor([[1.0], [0.0]])
    left, right = separate(Scnet(), identity, mix, tmp_path)
    assert abs(20 * torch.log10(left.norm() / mix[0].norm())) < 0.01
    assert right.abs().max() < 1e-5


def test_the_same_clip_gives_the_same_bytes(weights: list[Path], tmp_path: Path) -> None:
    once, again = (separate(Scnet(), weights, song(2.6), tmp_path) for _ in range(2))
    assert torch.equal(once, again)


def test_three_windows_together_are_three_one_by_one(weights: list[Path], tmp_path: Path) -> None:
    one = separate(Scnet(), weights, song(5.2), tmp_path)
    many = separate(Scnet(), weights, song(5.2), tmp_path, batch=3)
    assert snr(one, many) > 100


def test_mono_is_heard_as_two_equal_sides(weights: list[Path], tmp_path: Path) -> None:
    mix = song(1.4)[:1]
    mono = separate(Scnet(), weights, mix, tmp_path)
    stereo = separate(Scnet(), weights, mix.repeat(2, 1), tmp_path)
    assert snr(stereo.mean(0, keepdim=True), mono) > 100


def test_a_clip_at_another_rate_comes_back_at_its_own(weights: list[Path], tmp_path: Path) -> None:
    mix = song(1.5, rate=96_000)
    found = separate(Scnet(), weights, mix, tmp_path, rate=96_000)
    assert found.shape == mix.shape
    assert bool(found.isfinite().all())


def test_bf16_stays_near(weights: list[Path]) -> None:
    model, mix = Scnet().load(weights, CPU), song(1.5)[None] * 5
    full = Scnet().run(model, mix, None, Params())
    lower = Scnet().run(model, mix, None, Params(precision="bf16"))
    assert 60 < snr(full, lower) < 120  # the upper bound: it really is another precision
    assert lower.dtype == torch.float32


def test_the_network_says_what_it_is(weights: list[Path]) -> None:
    model = Scnet().load(weights, CPU)
    assert (model.window, model.margin, model.context) == (88_200, 0, 5_512)
    assert model.runs_on == "cpu"
    assert 300e3 < model.bytes < 350e3
    assert load("separate.scnet").models == ("scnet",)
    large = block_called("separate.scnet_large")
    assert isinstance(large, Scnet)
    assert large.models == ("scnet_large",)


@pytest.mark.parametrize(("size", "millions"), [("small", 10.1), ("large", 41.2)])
def test_the_published_sizes_need_no_description(
    tmp_path: Path, size: str, millions: float
) -> None:
    files = scnet.write(tmp_path, size, seed=1)
    assert [file.suffix for file in files] == [".ckpt"]
    model = Scnet().load(files, CPU)
    assert model.window == 11 * RATE
    # The author's count leaves the rows of three stems in, and the half that is folded here.
    whole = sum(w.numel() for w in torch.load(files[0], weights_only=True).values())
    assert whole / 1e6 == pytest.approx(millions, rel=0.06)
    assert model.bytes < 4 * whole


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"best_state": state, "optimizer": {"lr": 0.1}},
        lambda state: {"best_state": {f"module.{name}": w for name, w in state.items()}},
        lambda state: {name: weights.half() for name, weights in state.items()},
    ],
    ids=["wrapped", "author", "several cards", "half"],
)
def test_weights_are_found_however_they_were_saved(
    weights: list[Path], tmp_path: Path, wrap: Callable[[dict[str, Tensor]], dict[str, Any]]
) -> None:
    files = [Path(shutil.copy(file, tmp_path)) for file in weights]
    torch.save(wrap(torch.load(files[0], weights_only=True)), files[0])
    mix = song(0.5)[None]
    plain, wrapped = Scnet().load(weights, CPU)(mix), Scnet().load(files, CPU)(mix)
    assert snr(plain, wrapped) > 30


def refused(files: list[Path], said: str) -> None:
    with pytest.raises(ModelCorrupt, match=said) as told:
        Scnet().load(files, CPU)
    assert told.value.message.endswith("voxmend models pull scnet")
    assert len(told.value.message) < 400


@pytest.mark.parametrize(
    ("section", "change", "said"),
    [
        ("audio", {"sample_rate": 48_000}, "44.1 kHz"),
        ("audio", {"num_channels": 1}, "stereo"),
        ("audio", {"chunk_size": 8_000}, "two FFT frames"),
        ("audio", {"chunk_size": None}, "chunk_size"),
        ("inference", {"normalize": False}, "own level"),
        ("inference", {"normalize": None}, "own level"),
        ("training", {"instruments": ["drums", "bass", "other", "piano"]}, "no vocals"),
        ("training", {"instruments": ["vocals", "other"]}, "4 stems and names 2"),
        ("training", {"target_instrument": "vocals"}, "4 stems and names 1"),
        ("training", {"instruments": "vocals"}, "names no stems"),
        ("model", {"dims": [4, 8, 12]}, "does not fit"),
        ("model", {"dims": [2, 8, 12, 16]}, "dims"),
        ("model", {"dims": [4, 8, 12, 16.0]}, "dims"),
        ("model", {"dims": [4, 8, 12, 2**40]}, "dims"),
        ("model", {"dims": [4, 4096, 4096, 4096], "expand": 64}, "does not fit"),
        ("model", {"dims": [4]}, "dims"),
        ("model", {"sources": ["a"] * 1000}, "sources"),
        ("model", {"sources": None}, "sources"),
        ("model", {"band_SR": [0.5, 0.6, 0.1]}, "cannot be squeezed"),
        ("model", {"band_SR": [0.175, 0.392]}, "band_SR"),
        ("model", {"band_SR": [0.175, float("nan"), 0.4]}, "band_SR"),
        ("model", {"band_stride": [1, 4, 0]}, "band_stride"),
        ("model", {"band_stride": [1, 4]}, "three bands"),
        ("model", {"band_kernel": [3, 4, 15]}, "cannot be squeezed"),
        ("model", {"band_kernel": [3, 4, True]}, "band_kernel"),
        ("model", {"conv_depths": [3, 2, 10**9]}, "conv_depths"),
        ("model", {"conv_depths": [3, 2, 2]}, "does not fit"),
        ("model", {"conv_kernel": 4}, "conv_kernel"),
        ("model", {"compress": 100}, "compress"),
        ("model", {"num_dplayer": 3}, "num_dplayer"),
        ("model", {"num_dplayer": 64}, "does not fit"),
        ("model", {"nfft": 4097, "win_size": 4097}, "nfft"),
        ("model", {"win_size": 2048}, "window as long"),
        ("model", {"hop_size": 4096}, "hop_size"),
        ("model", {"normalized": "yes"}, "normalized"),
        ("model", {"expand": "1"}, "expand"),
        ("model", {"audio_channels": 1}, "stereo"),
        ("model", {"tran_depth": 2}, "tran_depth"),
        ("model", {"compress": ...}, "compress"),
    ],
)
def test_a_description_of_something_else_is_refused(
    weights: list[Path], tmp_path: Path, section: str, change: dict[str, Any], said: str
) -> None:
    config = scnet.describe("tiny")
    config[section].update(change)
    config[section] = {name: value for name, value in config[section].items() if value is not ...}
    text = tmp_path / "tiny.yaml"
    text.write_text(yaml.dump(config))
    refused([weights[0], text], said)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda state: {}, "no weights"),
        (lambda state: {**state, "more": torch.ones(1)}, "does not fit"),
        (lambda state: {n: w for n, w in state.items() if "globalconv" not in n}, "does not fit"),
        (lambda state: {n: w[..., :1] for n, w in state.items()}, "does not fit"),
        (lambda state: {**state, "decoder.0.0.conv.weight": "none"}, "something else"),
    ],
    ids=["none", "more", "fewer", "narrower", "words"],
)
def test_weights_of_something_else_are_refused(
    weights: list[Path], tmp_path: Path, spoil: Callable[[Any], Any], said: str
) -> None:
    files = [Path(shutil.copy(file, tmp_path)) for file in weights]
    torch.save(spoil(torch.load(files[0], weights_only=True)), files[0])
    refused(files, said)


def test_weights_of_another_size_want_their_description(weights: list[Path]) -> None:
    refused([weights[0]], r"\.yaml beside it")


def test_a_large_network_s_weights_are_no_small_one_s(tmp_path: Path) -> None:
    """Its width is large's, the rest small's."""
    files = scnet.write(tmp_path, "small", seed=1)
    state = torch.load(files[0], weights_only=True)
    state["encoder.0.globalconv.bias"] = torch.zeros(64)
    torch.save(state, files[0])
    refused(files, "does not fit")


@pytest.mark.parametrize("count", [0, 2])
def test_other_than_one_checkpoint_is_refused(weights: list[Path], count: int) -> None:
    refused([weights[0]] * count, "needs one .ckpt")


class Bomb:
    """Would write a file when it is read."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> Any:
        return (Path.touch, (self._file,))


def test_a_checkpoint_that_holds_more_than_weights_runs_nothing(
    weights: list[Path], tmp_path: Path
) -> None:
    state = torch.load(weights[0], weights_only=True)
    file = tmp_path / "evil.ckpt"
    torch.save({**state, "boom": Bomb(tmp_path / "ran")}, file)
    refused([file, weights[1]], "more than weights")
    assert not (tmp_path / "ran").exists()
