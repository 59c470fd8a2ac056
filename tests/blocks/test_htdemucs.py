"""HTDemucs through the whole path: what a separator must hold whatever its weights are.

Random weights show that the path is sound, never that the separation is good.
"""

from __future__ import annotations

import itertools
import json
import pickle
import subprocess
from pathlib import Path

import identity_htdemucs
import pytest
import torch
from rack import CPU, separate, snr, song, tune
from safetensors.torch import load_file, save_file
from sampled import sampled

from voxmend.bench.networks import htdemucs
from voxmend.blocks.contract import Params
from voxmend.blocks.separate.htdemucs import Demucs, Htdemucs
from voxmend.cascade.plan import block_called
from voxmend_protocol.errors import ModelCorrupt

RATE = 44_100


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return htdemucs.write(tmp_path_factory.mktemp("htdemucs"), "955717e8", full=False, seed=3)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return identity_htdemucs.write(tmp_path_factory.mktemp("identity"))


def test_the_voice_is_the_row_of_the_whole_network(weights: Path) -> None:
    whole = htdemucs.build(full=False, seed=3)
    ours = Htdemucs().load([weights], CPU)
    mix = song(2.0)[None]
    with torch.no_grad():
        truth = whole(mix)[:, whole.sources.index("vocals")]
    assert truth.square().mean() > 1e-8
    assert snr(truth, ours(mix)) > 110


@pytest.mark.parametrize("gain_db", sampled([-20, -40, -60, 6], [-60, 6]))
def test_gain_in_is_gain_out(weights: Path, tmp_path: Path, gain_db: int) -> None:
    gain = 10 ** (gain_db / 20)
    mix = song(3.1)
    loud = separate(Htdemucs(), [weights], mix, tmp_path)
    quiet = separate(Htdemucs(), [weights], mix * gain, tmp_path)
    assert abs(20 * torch.log10(quiet.norm() / (gain * loud.norm()))) < 0.001
    assert snr(loud * gain, quiet) > 90


def test_silence_gives_silence(weights: Path, tmp_path: Path) -> None:
    assert not separate(Htdemucs(), [weights], torch.zeros(2, 100_000), tmp_path).any()


@pytest.mark.parametrize(
    ("seconds", "channels"),
    sampled(
        itertools.product([0.0003, 0.5, 2.0, 5.3], [1, 2, 3]),
        [(0.0003, 2), (0.5, 1), (2.0, 3), (5.3, 2)],
    ),
)
def test_what_an_identity_network_hears_comes_out_in_place(
    identity: Path, tmp_path: Path, channels: int, seconds: float
) -> None:
    """Length, lag, level, seams and the place of each channel at once."""
    mix = tune(seconds)[:1].repeat(channels, 1) * torch.linspace(1, 0.2, channels)[:, None]
    voice = separate(Htdemucs(), [identity], mix, tmp_path)
    assert voice.shape == mix.shape
    # The few samples of the shortest are so little energy that 1e-5 in a norm of the network shows.
    assert snr(mix, voice) > (60 if seconds > 0.1 else 40)


def test_no_step_and_no_click_at_a_seam(identity: Path, tmp_path: Path) -> None:
    """A tone is smooth: what its neighbours do not predict of a sample is error."""
    time = torch.arange(9 * RATE) / RATE
    mix = (0.5 * torch.sin(2 * torch.pi * 441.0 * time)).repeat(2, 1)
    voice = separate(Htdemucs(), [identity], mix, tmp_path)[0].double()
    turn = 2 * torch.cos(torch.tensor(2 * torch.pi * 441.0 / RATE, dtype=torch.float64))
    left = (voice[2:] - turn * voice[1:-1] + voice[:-2]).abs()
    seams = torch.zeros(len(left), dtype=torch.bool)
    hop, shared = 67_284, 16_820  # of a window without its margins: less overlap, and overlap
    for seam in range(hop, len(mix[0]), hop):
        seams[seam - 100 : seam + shared + 100] = True
    assert left[seams].max() < 2 * left[~seams][2000:-2000].max() + 1e-6


def test_a_voice_on_one_side_stays_there(identity: Path, tmp_path: Path) -> None:
    mix = tune(4.0) * torch.tensor([[1.0], [0.0]])
    left, right = separate(Htdemucs(), [identity], mix, tmp_path)
    assert abs(20 * torch.log10(left.norm() / mix[0].norm())) < 0.1
    assert 20 * torch.log10(right.norm() / left.norm()) < -40


def test_a_clip_at_96_khz_comes_back_as_long_and_in_place(identity: Path, tmp_path: Path) -> None:
    mix = tune(3.0, 96_000)
    mix *= torch.hann_window(mix.shape[1])  # no edge for the resampler to ring at
    voice = separate(Htdemucs(), [identity], mix, tmp_path, rate=96_000)
    assert voice.shape == mix.shape
    assert snr(mix, voice) > 45


def test_the_same_clip_gives_the_same_bytes(weights: Path, tmp_path: Path) -> None:
    once, again = (separate(Htdemucs(), [weights], song(5.0), tmp_path) for _ in range(2))
    assert torch.equal(once, again)


@pytest.mark.parametrize("batch", sampled([2, 3, 8], [3]))
def test_windows_together_are_windows_one_by_one(weights: Path, tmp_path: Path, batch: int) -> None:
    one = separate(Htdemucs(), [weights], song(8.0), tmp_path)
    many = separate(Htdemucs(), [weights], song(8.0), tmp_path, batch=batch)
    assert snr(one, many) > 100


def test_bf16_stays_within_its_gate(weights: Path) -> None:
    model, mix = Htdemucs().load([weights], CPU), song(2.0)[None]
    full = Htdemucs().run(model, mix, None, Params())
    lower = Htdemucs().run(model, mix, None, Params(precision="bf16"))
    assert 35 < snr(full, lower) < 80  # the upper bound: it really is another precision
    assert lower.dtype == torch.float32


def test_in_bf16_the_outer_layers_stay_in_fp32(weights: Path) -> None:
    model, seen = Htdemucs().load([weights], CPU), {}
    network = model._network
    layers = {
        "first": network.encoder[0].conv,
        "first in time": network.tencoder[0].conv,
        "inner": network.encoder[1].conv,
        "last": network.decoder[-1].conv_tr,
        "last in time": network.tdecoder[-1].conv_tr,
    }
    for name, layer in layers.items():
        layer.register_forward_hook(lambda _, __, made, name=name: seen.update({name: made.dtype}))
    Htdemucs().run(model, song(2.0)[None], None, Params(precision="bf16"))
    assert seen.pop("inner") == torch.bfloat16
    assert set(seen.values()) == {torch.float32}
    assert len(seen) == 4


def test_the_fine_tuned_member_is_the_same_path(weights: Path) -> None:
    mix = song(2.0)[None]
    fine = block_called("separate.htdemucs_ft")
    assert isinstance(fine, Htdemucs)
    one, other = (block.load([weights], CPU)(mix) for block in (Htdemucs(), fine))
    assert torch.equal(one, other)
    assert fine.models == ("htdemucs_ft",)


def test_the_older_form_of_the_file_gives_the_same_voice(weights: Path, tmp_path: Path) -> None:
    old = htdemucs.save_th(htdemucs.build(full=False, seed=3), tmp_path, "955717e8")
    mix = song(2.0)[None]
    assert torch.equal(Htdemucs().load([old], CPU)(mix), Htdemucs().load([weights], CPU)(mix))


def test_the_network_says_what_it_is(weights: Path) -> None:
    model = Htdemucs().load([weights], CPU)
    assert isinstance(model, Demucs)
    assert (model.window, model.context, model.runs_on) == (88_200, 8_410, "cpu")
    assert 1e6 < model.bytes < 2e6
    assert torch.backends.mha.get_fastpath_enabled()


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return subprocess.call, (["touch", str(self.mark)],)


def test_a_pickle_that_runs_a_command_is_refused_and_does_not_run(tmp_path: Path) -> None:
    package = {"klass": Evil(tmp_path / "ran"), "args": (), "kwargs": {}, "state": {}}
    bare, zipped = tmp_path / "bare.th", tmp_path / "zipped.th"
    bare.write_bytes(pickle.dumps(package))
    torch.save(package, zipped)
    for file in (bare, zipped):
        with pytest.raises(ModelCorrupt, match="more than weights"):
            Htdemucs().load([file], CPU)
    assert not (tmp_path / "ran").exists()


def test_a_class_that_the_file_names_is_not_called(weights: Path, tmp_path: Path) -> None:
    """Upstream's own loader imports and calls whatever the metadata says."""
    file = tmp_path / "evil.safetensors"
    facts = {
        "klass": "os.system",
        "args": json.dumps([f"touch {tmp_path / 'ran'}"]),
        "kwargs": "{}",
    }
    save_file(load_file(weights), file, facts)
    with pytest.raises(ModelCorrupt, match="not for HTDemucs"):
        Htdemucs().load([file], CPU)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"klass": "demucs.hdemucs.HDemucs"}, "not for HTDemucs"),
        ({"args": "["}, "published form"),
        ({"args": None}, "published form"),
        ({"kwargs": '{"channels": 12}'}, "does not fit"),
        ({"kwargs": '{"no_such": 12}'}, "does not fit"),
        ({"args": '[["drums", "bass", "other", "choir"]]'}, "no vocals"),
        (
            {"kwargs": '{"segment": {"_type": "fraction", "numerator": 1, "denominator": 0}}'},
            "form",
        ),
        ({"kwargs": "[" * 100_000}, "published form"),
        ({"structure": "{}"}, "packed"),
    ],
)
def test_a_file_that_is_no_htdemucs_says_so(
    weights: Path, tmp_path: Path, change: dict[str, str | None], said: str
) -> None:
    from safetensors import safe_open

    with safe_open(str(weights), framework="pt") as opened:
        facts = {**opened.metadata(), **change}
    file = tmp_path / "other.safetensors"
    save_file(load_file(weights), file, {k: v for k, v in facts.items() if v is not None})
    with pytest.raises(ModelCorrupt, match=said) as caught:
        Htdemucs().load([file], CPU)
    assert "voxmend models verify" in caught.value.message


@pytest.mark.parametrize("name", ["cut.safetensors", "cut.th"])
def test_a_file_that_was_cut_says_so(weights: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelCorrupt):
        Htdemucs().load([file], CPU)
