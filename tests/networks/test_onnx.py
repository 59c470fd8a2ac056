"""Sessions of onnxruntime: tensors in, tensors out, and what is said when it fails."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from waiting import PATIENCE_S

from voxmend.networks import onnx as room
from voxmend.networks.onnx import Session
from voxmend_protocol.errors import ModelCorrupt

CPU = torch.device("cpu")


def draw(file: Path, opset: int = 13, kind: str = "Add", ir: int = 7) -> Path:
    """Two inputs of any number of rows; their sum, and how many rows there are."""
    inputs = [
        helper.make_tensor_value_info("left", TensorProto.FLOAT, ["rows", 3]),
        helper.make_tensor_value_info("right", TensorProto.FLOAT, ["rows", 3]),
    ]
    outputs = [
        helper.make_tensor_value_info("sum", TensorProto.FLOAT, ["rows", 3]),
        helper.make_tensor_value_info("shape", TensorProto.INT64, [2]),
    ]
    nodes = [
        helper.make_node(kind, ["left", "right"], ["sum"]),
        helper.make_node("Shape", ["left"], ["shape"]),
    ]
    graph = helper.make_graph(nodes, "drawn", inputs, outputs)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
    onnx.save(made, str(file))
    return file


def test_tensors_go_in_and_come_out_by_name(tmp_path: Path) -> None:
    session = Session(draw(tmp_path / "a.onnx"), CPU)
    assert session.inputs == {"left": (None, 3), "right": (None, 3)}
    assert list(session.outputs) == ["sum", "shape"]
    left = torch.randn(3, 5).mT  # not contiguous
    found = session(right=torch.ones(5, 3), left=left)
    assert torch.equal(found["sum"], left + 1)
    assert found["shape"].tolist() == [5, 3]
    assert found["shape"].dtype == torch.int64


def test_no_rows_are_no_rows(tmp_path: Path) -> None:
    session = Session(draw(tmp_path / "a.onnx"), CPU)
    assert session(left=torch.zeros(0, 3), right=torch.zeros(0, 3))["sum"].shape == (0, 3)


def test_an_answer_outlives_its_session_and_the_next_run(tmp_path: Path) -> None:
    session = Session(draw(tmp_path / "a.onnx"), CPU)
    rows = torch.ones(4096, 3)
    first = session(left=rows, right=rows)["sum"]
    session(left=rows * 7, right=rows)
    del session
    gc.collect()
    assert torch.equal(first, torch.full((4096, 3), 2.0))


def test_an_answer_does_not_hold_on_to_the_sessions_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view of a small output would keep alive all that the network ever took."""
    in_place: list[torch.Tensor] = []
    view = room._tensor

    def noted(value: Any) -> torch.Tensor:
        in_place.append(view(value))
        return in_place[-1]

    monkeypatch.setattr(room, "_tensor", noted)
    rows = torch.ones(9, 3)
    found = Session(draw(tmp_path / "a.onnx"), CPU)(left=rows, right=rows)
    assert [one.data_ptr() for one in found.values()] != [one.data_ptr() for one in in_place]
    assert torch.equal(found["sum"], in_place[0])


def test_it_says_what_it_runs_on_where_the_wanted_device_has_no_provider(tmp_path: Path) -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine has the provider")
    session = Session(draw(tmp_path / "a.onnx"), torch.device("cuda"))
    assert session.runs_on == "CPUExecutionProvider"
    rows = torch.ones(2, 3)
    assert torch.equal(session(left=rows, right=rows)["sum"], rows * 2)


@pytest.mark.gpu
def test_on_a_graphics_card_nothing_leaves_it(tmp_path: Path) -> None:
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        pytest.skip("onnxruntime has no provider for CUDA here")
    session = Session(draw(tmp_path / "a.onnx"), torch.device("cuda", 0))
    assert session.runs_on == "CUDAExecutionProvider"
    rows = torch.ones(2, 3, device="cuda")
    assert session(left=rows, right=rows)["sum"].device == rows.device


@pytest.mark.parametrize(
    ("device", "first"),
    [("cuda:1", "CUDAExecutionProvider"), ("mps", "CoreMLExecutionProvider"), ("cpu", room.CPU)],
)
def test_the_devices_own_provider_comes_first_and_the_cpu_last(device: str, first: str) -> None:
    everyone = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CoreMLExecutionProvider"]
    wanted = room._providers(torch.device(device), [*everyone, room.CPU])
    assert wanted[0][0] == first
    assert wanted[-1][0] == room.CPU
    assert wanted[0][1].get("device_id") == ("1" if device == "cuda:1" else None)
    assert len(room._providers(torch.device(device), [room.CPU])) == 1


def test_it_takes_as_many_threads_as_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 5)
    assert room._options(keeps=False).intra_op_num_threads == 5


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "node", "opset", "missing"])
def test_a_file_that_cannot_be_run_says_so(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "voice.onnx"
    if kind == "node":
        draw(file, kind="Sing")
    elif kind == "opset":
        draw(file, ir=99)
    elif kind != "missing":
        whole = draw(file).read_bytes()
        file.write_bytes({"empty": b"", "text": b"<html>404</html>", "cut": whole[:90]}[kind])
    with pytest.raises(ModelCorrupt, match=r"voice\.onnx .*voxmend models verify$") as caught:
        Session(file, CPU)
    assert "[ONNXRuntimeError]" not in caught.value.message
    assert str(tmp_path) not in caught.value.message
    assert caught.value.__cause__ is None


def test_a_wrong_shape_is_an_error_in_onnxruntimes_words(tmp_path: Path) -> None:
    session = Session(draw(tmp_path / "a.onnx"), CPU)
    with pytest.raises(RuntimeError, match="left"):
        session(left=torch.zeros(2, 4), right=torch.zeros(2, 4))


STARVED = """
import resource, sys
from pathlib import Path
import torch
from voxmend.networks.onnx import Session
from voxmend.networks.memory import out_of_memory
session = Session(Path(sys.argv[1]), torch.device("cpu"))
rows = torch.zeros(20_000_000, 3)
session(left=rows[:9], right=rows[:9])
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 2**26, resource.RLIM_INFINITY))
try:
    session(left=rows, right=rows)
except (MemoryError, RuntimeError) as error:
    assert out_of_memory(error), error
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    print("known")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by what Linux offers")
def test_the_runner_knows_it_when_memory_runs_out(tmp_path: Path) -> None:
    file = draw(tmp_path / "a.onnx")
    done = subprocess.run(
        [sys.executable, "-c", STARVED, str(file)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.stdout.strip() == "known", done.stderr
    assert done.stderr == ""  # onnxruntime's own log is silent: the exception tells it


KEPT = """
import gc, sys
from pathlib import Path
import psutil, torch
from voxmend import manners
from voxmend.networks.onnx import Session
session = Session(Path(sys.argv[1]), torch.device("cpu"), keeps=sys.argv[2] == "keeps")

def run(rows):
    session(left=torch.ones(rows, 3), right=torch.ones(rows, 3))
    gc.collect()
    manners.give_back()
    return psutil.Process().memory_info().rss

before = run(8)
print(run(16_000_000) - before)
"""
"""Two inputs of 192 MB each, and their sum, which the session makes."""


@pytest.mark.skipif(sys.platform != "linux", reason="only here a freed block goes back for sure")
@pytest.mark.parametrize("keeps", [True, False])
def test_a_session_keeps_what_a_run_took_only_where_it_is_told_to(
    tmp_path: Path, keeps: bool
) -> None:
    words = [str(draw(tmp_path / "a.onnx")), "keeps" if keeps else ""]
    done = subprocess.run(
        [sys.executable, "-c", KEPT, *words], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    assert (int(done.stdout) > 150e6) == keeps


def test_a_network_that_does_not_fit_is_not_called_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail = onnxruntime.capi.onnxruntime_pybind11_state.Fail

    def starve(*_: object, **__: object) -> None:
        raise fail("Failed to allocate memory for requested buffer of size 150994944")

    monkeypatch.setattr(onnxruntime, "InferenceSession", starve)
    with pytest.raises(RuntimeError, match="Failed to allocate memory"):
        Session(draw(tmp_path / "a.onnx"), CPU)


def test_every_error_of_a_run_is_one_that_the_runner_catches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail = onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException
    assert not issubclass(fail, RuntimeError)
    session, rows = Session(draw(tmp_path / "a.onnx"), CPU), torch.ones(2, 3)

    def starve(*_: object) -> None:
        raise fail("std::bad_alloc")

    monkeypatch.setattr(session._session, "run_with_iobinding", starve)
    with pytest.raises(RuntimeError, match="bad_alloc"):
        session(left=rows, right=rows)


def test_a_folder_whose_name_speaks_of_memory_is_no_lack_of_it(tmp_path: Path) -> None:
    file = tmp_path / "alloc" / "a.onnx"
    file.parent.mkdir()
    file.write_bytes(b"<html>not found</html>")
    with pytest.raises(ModelCorrupt):
        Session(file, CPU)
