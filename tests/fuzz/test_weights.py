"""Weights, spoilt: checkpoints, arrays, descriptions, ONNX, zips. Each is opened, or refused with a
code; no code of a pickle ever runs, and no file is read that another one names."""

from __future__ import annotations

import io
import os
import pickle
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from fuzz import odd
from models.depot import Bench, catalogue, sha, weights
from onnx import TensorProto, helper

from voxmend.blocks.separate import htdemucs
from voxmend.models import archive
from voxmend.networks import arrays, checkpoint, onnx_form, tensors
from voxmend.networks.onnx import Session
from voxmend_protocol.errors import ModelCorrupt

Attempt = Callable[[bytes], object]

STATE = {"a.weight": torch.ones(3, 2), "a.bias": torch.zeros(3, dtype=torch.float16)}
YAML = b"""
audio: {sample_rate: 44100, num_channels: 2}
model: {dim: 64, depth: 2, freqs: !!python/tuple [2, 4, 8]}
training: {instruments: [vocals, other], target_instrument: vocals}
"""


class Evil:
    """Runs a command where a pickle is let."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.canary}",)


def saved(content: Any, zipped: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def pickles(folder: Path) -> tuple[list[bytes], Attempt]:
    evil = Evil(folder / "ran")
    seeds = [
        *(saved({"state_dict": STATE, "epoch": 3}, zipped) for zipped in (True, False)),
        *(saved({"state_dict": {**STATE, "x": evil}}, zipped) for zipped in (True, False)),
        pickle.dumps({"a": evil}, protocol=2),
        saved({"klass": htdemucs.Demucs, "args": (), "kwargs": {}, "state": STATE}),
    ]

    def attempt(data: bytes) -> object:
        file = folder / "net.ckpt"
        file.write_bytes(data)
        try:
            return tensors.open_weights(file, "mdx", ("state_dict",))
        finally:
            assert not evil.canary.exists()

    return seeds, attempt


def packages(folder: Path) -> tuple[list[bytes], Attempt]:
    from demucs.htdemucs import HTDemucs

    evil = Evil(folder / "ran")
    package = {"klass": HTDemucs, "args": (["vocals"],), "kwargs": {"channels": 4}, "state": STATE}
    seeds = [saved(package), saved({**package, "klass": evil}), saved(package, False)]

    def attempt(data: bytes) -> object:
        file = folder / "net.th"
        file.write_bytes(data)
        try:
            return htdemucs._from_pickle(file)
        finally:
            assert not evil.canary.exists()

    return seeds, attempt


def numbers(folder: Path) -> tuple[list[bytes], Attempt]:
    evil = Evil(folder / "ran")
    seeds = [saved({"a": np.ones((2, 3), np.float32)}), saved({"a": np.ones(2), "b": evil})]

    def attempt(data: bytes) -> object:
        try:
            return arrays.as_safetensors(data)
        except ValueError as error:  # the end of a sentence, as its caller says it
            raise ModelCorrupt(f"net.ckpt {error}.") from None
        finally:
            assert not evil.canary.exists()

    return seeds, attempt


def descriptions(folder: Path) -> tuple[list[bytes], Attempt]:
    (folder / "net.ckpt").write_bytes(saved({"state_dict": STATE}))
    evil = b"!!python/object/apply:os.system ['touch %s']\n" % bytes(folder / "ran")
    bomb = b"a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: &d [*d]\n"

    def attempt(data: bytes) -> object:
        (folder / "net.yaml").write_bytes(data)
        found = checkpoint.Published.open([folder / "net.ckpt", folder / "net.yaml"], "mdx")
        assert not (folder / "ran").exists()
        found.for_stereo_at(44_100)
        return found.stem(), found.number("model", "dim")

    return [YAML, YAML + evil, YAML + bomb], attempt


def drawn(location: str = "") -> bytes:
    """A sum of an input and of weights, which lie in the file or elsewhere."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [3], [1.0, 2.0, 3.0])
    if location:
        weight.ClearField("float_data")
        weight.data_location = TensorProto.EXTERNAL
        entry = weight.external_data.add()
        entry.key, entry.value = "location", location
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in "xy"]
    held = helper.make_node("Constant", [], ["c"], value=weight)
    nodes = [
        held,
        helper.make_node("Add", ["x", "w"], ["z"]),
        helper.make_node("Add", ["z", "c"], ["y"]),
    ]
    graph = helper.make_graph(nodes, "drawn", ends[:1], ends[1:], [weight])
    opset = [helper.make_opsetid("", 13)]
    return bytes(helper.make_model(graph, opset_imports=opset, ir_version=7).SerializeToString())


def networks(folder: Path) -> tuple[list[bytes], Attempt]:
    (folder / "secret.bin").write_bytes(np.arange(3, dtype=np.float32).tobytes())
    places = ("secret.bin", "../secret.bin", "/etc/passwd", "a/../secret.bin")
    seeds = [drawn(), *map(drawn, places)]

    def attempt(data: bytes) -> object:
        file = folder / "net.onnx"
        file.write_bytes(data)
        session = Session(file, torch.device("cpu"))
        onnx_form.check(file)
        return session.inputs

    return seeds, attempt


def zips(folder: Path) -> tuple[list[bytes], Attempt]:
    data = weights(3000)
    made = Bench(folder / "home", catalogue("https://example.org/a", sha256=sha(data)))
    outside = folder / "outside"
    outside.mkdir()
    (outside / "w.zip").touch()
    seeds = []
    for packed in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", packed) as written:
            written.writestr("a/net.onnx", data)
            written.writestr("../evil", b"evil")
        seeds += [file.getvalue().replace(b"../evil", b"x__evil"), file.getvalue()]

    def attempt(data: bytes) -> object:
        (outside / "w.zip").write_bytes(data)
        try:
            return archive.bring(made.store, outside / "w.zip", made.fetcher().transfer)
        finally:
            assert {p.name for p in outside.iterdir()} == {"w.zip"}
            assert {p.name for p in folder.iterdir()} <= {"home", "outside"}

    return seeds, attempt


def crafted(seeds: list[bytes]) -> Iterator[bytes]:
    """Zips whose entries are spoilt one by one, the frame around them whole; else again a seed
    with one byte changed."""
    number = 0
    while True:
        data = seeds[number % len(seeds)]
        number += 1
        if data.startswith(b"PK"):
            out = io.BytesIO()
            with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
                for name in old.namelist():
                    content = old.read(name)
                    if name.endswith((".pkl", "byteorder", "version", ".onnx")):
                        content = next(odd.spoilt([content], number))
                    new.writestr(name, content)
            yield out.getvalue()
        else:
            yield next(odd.spoilt([data], number))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "whole", "short"),
    [(pickles, 800, 80), (packages, 400, 30), (numbers, 300, 30), (descriptions, 300, 30),
     (networks, 800, 60), (zips, 500, 40)],
)  # fmt: skip
def test_spoilt_weights_are_opened_or_refused_and_run_nothing(
    tmp_path: Path, make: Callable[[Path], tuple[list[bytes], Attempt]], whole: int, short: int
) -> None:
    seeds, attempt = make(tmp_path)
    attempt(seeds[0])
    kind = f"weights_{make.__name__}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        odd.judge(odd.cases(kind, seeds, whole, short, crafted(seeds)), attempt)


@pytest.mark.parametrize("place", ["secret.bin", "../secret.bin", "/etc/passwd", "C:\\x", "a\\b"])
@pytest.mark.parametrize("where", ["initializer", "attribute", "function", "training"])
def test_a_network_whose_weights_lie_elsewhere_is_refused_before_a_library_sees_it(
    tmp_path: Path, place: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = onnx.ModelProto.FromString(drawn())
    graph = model.graph
    if where == "initializer":
        tensor = graph.initializer[0]
    elif where == "attribute":
        inner = graph.node.add().attribute.add()
        tensor = inner.g.node.add().attribute.add().tensors.add()
    elif where == "function":
        tensor = model.functions.add().node.add().attribute.add().t
    else:
        tensor = model.training_info.add().algorithm.sparse_initializer.add().values
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", place
    file = tmp_path / "net.onnx"
    file.write_bytes(model.SerializeToString())
    monkeypatch.setattr("onnxruntime.InferenceSession", lambda *_, **__: pytest.fail("opened"))
    with pytest.raises(ModelCorrupt, match="keeps its weights in another file"):
        Session(file, torch.device("cpu"))
