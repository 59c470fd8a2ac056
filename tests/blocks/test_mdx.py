"""MDX-Net through the whole path: what a separator must hold whatever its weights are.

Random weights and networks of one node show that the path is sound, never that the separation is
good.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from rack import CPU, separate, snr, song, tune
from torch import Tensor

from voxmend.bench.networks import mdx
from voxmend.blocks.registry import load
from voxmend.blocks.separate.mdx import Mdx, MdxParams, MdxVocFt
from voxmend.cascade.plan import block_called
from voxmend_protocol.errors import ModelCorrupt

RATE = 44_100
GAIN = MdxVocFt.compensate
PUBLISHED = ["batch_size", 4, 3072, 32]


def draw(
    file: Path,
    *nodes: tuple[str, list[str], str],
    form: list[str | int] = PUBLISHED,  # type: ignore[assignment]
    bias: float = 0.0,
) -> Path:
    """A network of a few nodes between ``input`` and ``output``; ``bias`` is a number to add."""
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, form) for n in ("input", "output")]
    made = [helper.make_node(kind, taken, [given]) for kind, taken, given in nodes]
    weights = [numpy_helper.from_array(torch.tensor(bias).numpy(), "bias")]
    graph = helper.make_graph(made, "drawn", ends[:1], ends[1:], weights)
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=7), str(file))
    return file


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mdx.write(tmp_path_factory.mktemp("mdx") / "voice.onnx", full=False, seed=3)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The voice is what the network hears."""
    file = tmp_path_factory.mktemp("identity") / "voice.onnx"
    return draw(file, ("Identity", ["input"], "output"))


def alone(file: Path, mix: Tensor, params: MdxParams | None = None) -> Tensor:
    """Windows through the block, without the runner. Shape: (batch, channels, samples)."""
    block = MdxVocFt()
    return block.run(block.load([file], CPU), mix, None, params or MdxParams())


def db(ratio: Tensor) -> float:
    return float(20 * torch.log10(ratio))


@pytest.mark.parametrize("gain_db", [-20, -40, -60, 6])
def test_gain_in_is_gain_out(weights: Path, tmp_path: Path, gain_db: int) -> None:
    gain, mix = 10 ** (gain_db / 20), song(2.1)
    loud = separate(MdxVocFt(), [weights], mix, tmp_path)
    quiet = separate(MdxVocFt(), [weights], mix * gain, tmp_path)
    assert abs(db(quiet.norm() / (gain * loud.norm()))) < 0.001
    assert snr(loud * gain, quiet) > 90


def test_the_network_itself_depends_on_level(weights: Path) -> None:
    """Without this the test above would hold for any path."""
    model = MdxVocFt().load([weights], CPU)
    mix = song(0.8)[None, :, : model.window]
    mix = torch.nn.functional.pad(mix, (0, model.window - mix.shape[2]))
    assert snr(0.1 * model(mix), model(0.1 * mix)) < 20


def test_silence_gives_silence(weights: Path, tmp_path: Path) -> None:
    assert not separate(MdxVocFt(), [weights], torch.zeros(2, 100_000), tmp_path).any()
    voice = separate(MdxVocFt(), [weights], torch.full((2, 100_000), 1e-38), tmp_path)
    assert torch.isfinite(voice).all()


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(
    ("seconds", "least"), [(0.0003, 3.0), (0.2, 60.0), (0.55, 60.0), (3.7, 60.0)]
)
def test_what_an_identity_network_hears_comes_out_in_place(
    identity: Path, tmp_path: Path, channels: int, seconds: float, least: float
) -> None:
    """Length, lag, level, seams and the place of each channel at once."""
    mix = tune(seconds)[:1].repeat(channels, 1) * torch.linspace(1, 0.2, channels)[:, None]
    if seconds > 0.1:
        mix *= torch.hann_window(mix.shape[1], periodic=False)  # no edge below the lowest bin
    voice = separate(MdxVocFt(), [identity], mix, tmp_path)
    assert voice.shape == mix.shape
    # The few samples of the shortest reach over the whole band, of which the network has 80 %.
    assert snr(GAIN * mix, voice) > least


def test_no_step_and_no_click_at_a_seam(tmp_path: Path) -> None:
    """A tone is smooth: what its neighbours do not predict of a sample is error. Windows as long
    as the published ones, three of them."""
    form: list[str | int] = ["batch_size", 4, 3072, 256]
    file = draw(tmp_path / "voice.onnx", ("Identity", ["input"], "output"), form=form)
    time = torch.arange(13 * RATE, dtype=torch.float64) / RATE
    for frequency in (100.0, 441.0, 5000.0):
        turn = 2 * math.pi * frequency
        mix = (0.5 * torch.sin(turn * time)).float().repeat(2, 1)
        voice = separate(MdxVocFt(), [file], mix, tmp_path)[0].double()
        left = (voice[2:] - 2 * math.cos(turn / RATE) * voice[1:-1] + voice[:-2]).abs()
        ends = 2 * 3840  # where the tone starts and ends, samples ring
        assert db(left[ends:-ends].max() / 0.5) < -110


def test_what_lies_in_the_margins_is_thrown_away(tmp_path: Path) -> None:
    """A network with a constant in every bin rings at the ends of its window, and only there."""
    file = draw(tmp_path / "voice.onnx", ("Add", ["input", "bias"], "output"), bias=50.0)
    model = MdxVocFt().load([file], CPU)
    ringing = model(torch.zeros(1, 2, model.window))[0].abs().amax(0)
    assert model.margin == 3840
    assert ringing[: model.margin].max() > 10 * ringing[model.margin : -model.margin].mean()


def test_a_voice_on_one_side_stays_there(identity: Path, tmp_path: Path) -> None:
    mix = tune(2.0) * torch.tensor([[0.0], [1.0]])
    left, right = separate(MdxVocFt(), [identity], mix, tmp_path)
    assert abs(db(right.norm() / (GAIN * mix[1].norm()))) < 0.01
    assert not left.any()


def test_real_and_imaginary_parts_of_the_left_come_first(tmp_path: Path) -> None:
    """A network that keeps one of its four channels gives half of one side."""
    keep = helper.make_node("Constant", [], ["keep"], value=numpy_helper.from_array(
        torch.tensor([1.0, 0.0, 0.0, 0.0]).reshape(1, 4, 1, 1).numpy()
    ))  # fmt: skip
    file = draw(tmp_path / "voice.onnx", ("Mul", ["input", "keep"], "output"))
    graph = onnx.load(str(file))
    graph.graph.node.insert(0, keep)
    onnx.save(graph, str(file))
    # Even around the middle of a frame is real, so half of a tone's energy in the long run.
    mix = tune(0.5)[None]
    voice = alone(file, mix)[0]
    assert not voice[1].any()
    assert 0.3 < float((voice[0].norm() / mix[0, 0].norm()) ** 2) < 0.7


def test_the_same_clip_gives_the_same_bytes(weights: Path, tmp_path: Path) -> None:
    once, again = (separate(MdxVocFt(), [weights], song(3.0), tmp_path) for _ in range(2))
    assert torch.equal(once, again)


@pytest.mark.parametrize("batch", [2, 3, 8])
def test_windows_together_are_windows_one_by_one(weights: Path, tmp_path: Path, batch: int) -> None:
    one = separate(MdxVocFt(), [weights], song(4.0), tmp_path)
    many = separate(MdxVocFt(), [weights], song(4.0), tmp_path, batch=batch)
    assert snr(one, many) > 100


def test_a_file_for_one_window_at_a_time_takes_a_batch_all_the_same(
    weights: Path, tmp_path: Path
) -> None:
    graph = onnx.load(str(weights))
    for end in (*graph.graph.input, *graph.graph.output):
        end.type.tensor_type.shape.dim[0].dim_value = 1
    single = tmp_path / "single.onnx"
    onnx.save(graph, str(single))
    mix = torch.stack([song(0.5, seed=seed) for seed in range(3)])
    assert snr(alone(weights, mix), alone(single, mix)) > 100


def test_the_lowest_bins_are_not_heard_and_nothing_comes_above_the_band(
    identity: Path, tmp_path: Path
) -> None:
    time = torch.arange(2 * RATE) / RATE
    fade = torch.hann_window(len(time))
    for frequency, gives in ((5.0, False), (60.0, True), (17_000.0, True), (18_500.0, False)):
        mix = (0.5 * fade * torch.sin(2 * torch.pi * frequency * time)).repeat(2, 1)
        level = db(separate(MdxVocFt(), [identity], mix, tmp_path).norm() / mix.norm())
        assert level == pytest.approx(20 * math.log10(GAIN), abs=0.01) if gives else level < -30
    assert MdxVocFt.band_hz == block_called("separate.mdx_kim").band_hz == 17_640


def test_both_polarities_are_half_the_difference_of_two_passes(weights: Path) -> None:
    model = MdxVocFt().load([weights], CPU)
    mix = torch.nn.functional.pad(song(0.6), (0, model.window - round(0.6 * RATE)))[None]
    pair = model(mix, polarity=True)
    assert snr((model(mix) - model(-mix)) / 2, pair) > 100
    assert snr(model(mix), pair) < 60


def test_both_polarities_cancel_what_does_not_change_its_sign(
    identity: Path, tmp_path: Path
) -> None:
    file = draw(
        tmp_path / "voice.onnx",
        ("Abs", ["input"], "loud"), ("Add", ["input", "loud"], "sum"),
        ("Add", ["sum", "bias"], "output"), bias=3.0,
    )  # fmt: skip
    mix = torch.stack([song(0.5, seed=seed) for seed in range(2)])
    truth = alone(identity, mix)
    assert snr(truth, alone(file, mix)) < 30
    assert snr(truth, alone(file, mix, MdxParams(polarity=True))) > 100


def test_the_voice_is_brought_to_the_level_that_its_weights_want(
    weights: Path, identity: Path
) -> None:
    """Mixture minus voice is the instrumental, so the gain is on the voice itself."""
    mix = tune(0.5)[None]
    fade = torch.hann_window(mix.shape[-1])
    assert db(alone(identity, mix * fade).norm() / (mix * fade).norm()) == pytest.approx(
        20 * math.log10(1.021), abs=0.001
    )
    kim = block_called("separate.mdx_kim")
    found = kim.run(kim.load([weights], CPU), mix, None, MdxParams())
    assert snr(alone(weights, mix) * 1.009 / 1.021, found) > 120


def test_it_is_known_by_its_name_and_says_what_it_is(weights: Path) -> None:
    model = MdxVocFt().load([weights.with_name("voice.yaml"), weights], CPU)
    assert isinstance(model, Mdx)
    assert (model.window, model.margin, model.context) == (31 * 1024, 3840, 3008)
    assert model.bytes == weights.stat().st_size
    assert load("separate.mdx").models == ("mdx_voc_ft",)
    assert block_called("separate.mdx_kim").models == ("mdx_kim_vocal_2",)


@pytest.mark.parametrize(("wide", "runs_on"), [(True, "cpu"), (False, "CPUExecutionProvider")])
def test_torch_runs_it_where_the_processor_is_wide(
    wide: bool, runs_on: str, weights: Path, identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = alone(weights, song(0.5)[None])
    monkeypatch.setattr("voxmend.blocks.separate.mdx._is_wide", lambda: wide)
    assert MdxVocFt().load([weights], CPU).runs_on == runs_on
    assert snr(truth, alone(weights, song(0.5)[None])) > 100
    # Layers that torch is not told of are onnxruntime's on any processor.
    assert MdxVocFt().load([identity], CPU).runs_on == "CPUExecutionProvider"


@pytest.mark.parametrize("wide", [True, False])
def test_it_has_bf16_where_its_layers_are_known(
    wide: bool, weights: Path, identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxmend.blocks.separate.mdx._is_wide", lambda: wide)
    mix, lower = song(0.5)[None], MdxParams(precision="bf16")
    assert 15 < snr(alone(weights, mix), alone(weights, mix, lower)) < 80
    with pytest.raises(RuntimeError, match="layers"):  # a trial takes it for a no
        alone(identity, mix, lower)


def test_a_published_window_is_as_long_as_the_block_says(tmp_path: Path) -> None:
    form: list[str | int] = ["batch_size", 4, 3072, 256]
    file = draw(tmp_path / "voice.onnx", ("Identity", ["input"], "output"), form=form)
    block = MdxVocFt()
    model = block.load([file], CPU)
    assert model.window == round(RATE * (block.window_s or 0)) == 261_120
    assert model.context == round(RATE * block.context_s) == 16_384


@pytest.mark.parametrize(
    "form",
    [
        ["batch_size", 2, 3072, 32],
        ["batch_size", 4, 4000, 32],
        ["batch_size", 4, 3072, "frames"],
        ["batch_size", 4, 3072, 8],
        [2, 4, 3072, 32],
        ["batch_size", 3072, 32],
    ],
)
def test_a_network_of_another_form_is_refused(tmp_path: Path, form: list[str | int]) -> None:
    file = draw(tmp_path / "voice.onnx", ("Identity", ["input"], "output"), form=form)
    with pytest.raises(ModelCorrupt, match=r"voice\.onnx takes no stereo spectra.*models verify"):
        MdxVocFt().load([file], CPU)


def test_random_weights_are_the_same_for_a_seed_and_no_others(tmp_path: Path) -> None:
    once, again, other = (
        mdx.write(tmp_path / f"{n}.onnx", full=False, seed=seed).read_bytes()
        for n, seed in enumerate((5, 5, 6))
    )
    assert once == again
    assert once != other


def test_random_weights_give_a_voice_of_the_mixtures_size(weights: Path) -> None:
    mix = song(0.5)[None]
    assert -20 < db(alone(weights, mix).norm() / mix.norm()) < 20


def test_the_rate_that_a_runner_sets_changes_nothing(weights: Path) -> None:
    mix, params = song(0.5)[None], MdxParams()
    assert torch.equal(
        alone(weights, mix, params), alone(weights, mix, replace(params, rate=44_100))
    )
