"""A convolutional network by torch: the numbers of onnxruntime, and in bf16 nearly those."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from rack import CPU, snr

from voxmend.bench.networks import mdx
from voxmend.networks.convolutional import Convolution, Convolutional, OtherLayersError
from voxmend.networks.onnx import Session

EDGES: list[str | int | None] = ["batch", 4, 3072, 32]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mdx.write(tmp_path_factory.mktemp("mdx") / "voice.onnx", full=False, seed=3)


def heard(batch: int = 1) -> torch.Tensor:
    return torch.randn(batch, 4, 3072, 32, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def test_it_gives_what_onnxruntime_gives(file: Path) -> None:
    truth = Session(file, CPU)(input=heard(2))["output"]
    found = Convolutional.read(file)(heard(2))
    assert found.is_contiguous()
    assert snr(truth, found) > 110


@torch.inference_mode()
def test_a_window_does_not_depend_on_its_batch(file: Path) -> None:
    network = Convolutional.read(file)
    assert snr(network(heard(2))[1:], network(heard(2)[1:])) > 110


@torch.inference_mode()
def test_in_bf16_it_gives_nearly_the_same_and_its_ends_stay_float32(file: Path) -> None:
    network = Convolutional.read(file)
    lower = network.lower()
    found = lower(heard())
    assert found.dtype == torch.float32
    assert 25 < snr(network(heard()), found) < 80
    kinds = [each.weight.dtype for each in lower.layers if isinstance(each, Convolution)]
    assert kinds[0] == kinds[-1] == torch.float32
    assert set(kinds[1:-1]) == {torch.bfloat16}
    assert lower.bytes < network.bytes


@pytest.mark.parametrize(
    ("kind", "told", "shape"),
    [
        ("Sigmoid", {}, None),
        ("Conv", {"kernel_shape": [1, 1], "group": 2}, (4, 2, 1, 1)),
        ("Conv", {"kernel_shape": [3, 3], "pads": [2, 1, 0, 1]}, (4, 4, 3, 3)),
        ("Conv", {"kernel_shape": [3, 3], "auto_pad": "SAME_UPPER"}, (4, 4, 3, 3)),
        ("Relu", {}, None),  # it is known, and alone no network
        ("MatMul", {}, (4, 32, 32)),
    ],
)
def test_a_file_with_other_layers_is_not_taken_for_one(
    kind: str, told: dict[str, Any], shape: tuple[int, ...] | None, tmp_path: Path
) -> None:
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, EDGES) for n in ("input", "output")]
    weights = [] if shape is None else [numpy_helper.from_array(torch.ones(shape).numpy(), "w")]
    taken = ["input", *(["w"] if weights else [])]
    node = helper.make_node(kind, taken, ["output"], **told)
    made = helper.make_graph([node], "drawn", ends[:1], ends[1:], weights)
    file = tmp_path / "drawn.onnx"
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(made, opset_imports=opset, ir_version=7), str(file))
    with pytest.raises(OtherLayersError):
        Convolutional.read(file)


def test_what_is_no_onnx_at_all_is_not_taken_for_one(tmp_path: Path) -> None:
    file = tmp_path / "voice.onnx"
    file.write_bytes(b"no network")
    with pytest.raises(OtherLayersError):
        Convolutional.read(file)
