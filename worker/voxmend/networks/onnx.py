"""Networks in ONNX form, run by onnxruntime on the device that torch uses.

Called by the blocks whose weights are .onnx files. Tensors go in and come out; on the CPU and on
CUDA nothing passes through numpy. Where the wanted device has no provider the CPU computes, and
``runs_on`` says so: it is read back from the open session, not taken from what was asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.dlpack import from_dlpack

from voxmend_protocol.errors import ModelCorrupt

from ..foreign import foreign
from . import onnx_form
from .memory import out_of_memory

CPU = "CPUExecutionProvider"

SILENT = 4
"""Level of onnxruntime's own log: its errors come as exceptions, and once is enough."""

Shape = tuple[int | None, ...]
"""Of an input or output; None where an axis may have any length."""


class Session:
    """An open network.

    Attributes:
        runs_on: onnxruntime's name for what computes, read back.
        bytes: size of the file, which is all but nothing else than weights.
        inputs, outputs: name to shape, in the graph's order.
    """

    def __init__(self, file: Path, device: torch.device, keeps: bool = False) -> None:
        """Open a network.

        Args:
            device: where it shall compute.
            keeps: what a run on the CPU took stays the session's, for its next one.

        Raises:
            ModelCorrupt: onnxruntime cannot use the file, or its weights lie elsewhere.
            RuntimeError: it does not fit into memory.
        """
        with foreign(lambda why: _unusable(file, why)):
            onnx_form.check(file)
        import onnxruntime

        wanted = _providers(device, onnxruntime.get_available_providers())
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), _options(keeps), providers=wanted, enable_fallback=0
            )
            self.inputs = _shapes(self._session.get_inputs())
            self.outputs = _shapes(self._session.get_outputs())
        except Exception as error:  # noqa: BLE001  theirs have no parent, and names in a file may be no text
            if out_of_memory(error):
                raise RuntimeError(str(error)) from None
            said = str(error).replace(str(file), file.name).strip().rpartition("failed:")[2]
            raise _unusable(file, said[-160:]) from None
        self.runs_on: str = self._session.get_providers()[0]
        self.bytes = file.stat().st_size
        here = device.type == "cuda" and self.runs_on.startswith("CUDA")
        self._place = device if here else torch.device("cpu")

    def __call__(self, **inputs: Tensor) -> dict[str, Tensor]:
        """Run it once.

        Args:
            inputs: a tensor for each input, on any device.

        Returns:
            Name to tensor for each output, all on the device of the first input.

        Raises:
            RuntimeError: it failed; the words are onnxruntime's. Where memory ran out they say so.
        """
        home = next(iter(inputs.values())).device
        # Held until the run is over: the session is given addresses, and keeps nothing alive.
        held = {name: value.to(self._place).contiguous() for name, value in inputs.items()}
        place = (self._place.type, self._place.index or 0)
        binding = self._session.io_binding()
        for name, value in held.items():
            binding.bind_input(name, *place, _number(value), tuple(value.shape), value.data_ptr())
        for name in self.outputs:
            binding.bind_output(name, *place)
        if self._place.type == "cuda":  # its stream does not wait for torch's
            torch.cuda.synchronize(self._place)
        try:
            self._session.run_with_iobinding(binding)
        except _failures() as error:  # a plain RuntimeError goes its way
            raise RuntimeError(str(error)) from None
        found = zip(self.outputs, binding.get_outputs(), strict=True)
        # A copy: a view would hold on to the session's whole arena for as long as it lives.
        return {name: _tensor(value).to(home, copy=True) for name, value in found}


def _unusable(file: Path, why: str) -> ModelCorrupt:
    return ModelCorrupt(
        f"{file.name} is no network that onnxruntime can run ({why}). Check what is there: "
        "voxmend models verify"
    )


def _options(keeps: bool) -> Any:
    """How every session is run.

    Threads do not spin while they wait: torch computes between two runs, on the same cores. No
    plan of memory is made in the first run, because its arena would come beside the first one
    (1.2 GB for MDX-Net) and save no time. MDX-Net keeps the first one: without it a run takes a
    tenth longer, and 0.6 GB more. Where nothing is gained by it (DeepFilterNet over 20 s: 0.38 s
    either way) there is none: 0.4 GB would stay taken beside the networks that follow.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # Windows heeds no variable: see voxmend/__init__.py
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = keeps
    options.log_severity_level = SILENT
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _providers(device: torch.device, there: list[str]) -> list[tuple[str, Mapping[str, str]]]:
    """Who shall compute, first choice first; the CPU takes what nobody else can.

    On CUDA the convolutions' algorithms come from cuDNN's heuristic, since a timed search may
    choose differently each time, and numbers keep all their bits. CoreML leaves out the neural
    engine, which computes in 16 bits.
    """
    cuda = {
        "device_id": str(device.index or 0),
        "arena_extend_strategy": "kSameAsRequested",
        "cudnn_conv_algo_search": "HEURISTIC",
        "use_tf32": "0",
    }
    coreml = {"ModelFormat": "MLProgram", "MLComputeUnits": "CPUAndGPU"}
    wanted = {
        "cuda": [("CUDAExecutionProvider", cuda)],
        "mps": [("CoreMLExecutionProvider", coreml)],
    }.get(device.type, [])
    return [*(choice for choice in wanted if choice[0] in there), (CPU, {})]


def _shapes(ends: list[Any]) -> dict[str, Shape]:
    """Name to shape; onnxruntime gives an axis of any length a name or nothing."""
    return {
        end.name: tuple(axis if isinstance(axis, int) else None for axis in end.shape)
        for end in ends
    }


def _number(value: Tensor) -> Any:
    """numpy's type for a tensor's numbers, which is how onnxruntime wants to be told."""
    return torch.empty(0, dtype=value.dtype).numpy().dtype.type


def _tensor(value: Any) -> Tensor:
    """What onnxruntime made, in place."""
    return from_dlpack(value._ortvalue)


@functools.cache
def _failures() -> tuple[type[Exception], ...]:
    """Every exception of onnxruntime: they have no parent of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return tuple(
        thing
        for thing in vars(state).values()
        if isinstance(thing, type) and issubclass(thing, Exception)
    )
