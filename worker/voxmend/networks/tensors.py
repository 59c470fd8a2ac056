"""Opening checkpoints of torch as data: the weights by name, and nothing else.

A checkpoint is a pickle, and a pickle may run code when it is read. Here only tensors are read, or
the file is refused. Called by the blocks whose weights come as ``.ckpt`` or ``.pt``. Whatever is
wrong with one comes out as ``ModelCorrupt``, which names the file and the command that brings it
anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from voxmend_protocol.errors import ModelCorrupt

from . import opening


def corrupt(file: Path, why: str, model: str) -> ModelCorrupt:
    """What is wrong with a file, and the next step."""
    return ModelCorrupt(f"{file.name} {why}. Fetch it again: voxmend models pull {model}")


def open_weights(file: Path, model: str, wrappers: Sequence[str]) -> dict[str, Tensor]:
    """The tensors of a checkpoint, by name, float32 on the CPU.

    Args:
        model: catalogue id, for the sentence that says how to get it anew.
        wrappers: names under which the weights may lie, if the file holds more than them.

    Raises:
        ModelCorrupt: it is broken, or holds more than data.
    """
    size = _size(file)
    with opening.opening(lambda why: corrupt(file, why, model), size):
        content = opening.load(file)
    for wrapper in wrappers:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
            break
    if not isinstance(content, Mapping) or not content:
        raise corrupt(file, "holds no weights", model)
    state = {}
    left = 8 * size + opening.ROOM
    for name, tensor in content.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor) or not _plain(tensor):
            raise corrupt(file, f"has something else than weights under “{name!s:.80}”", model)
        left -= 4 * tensor.numel()
        if left < 0:  # many names for one piece: each becomes one of its own
            raise corrupt(file, "would swell beyond reason", model)
        state[name] = tensor.float() if tensor.is_floating_point() else tensor
    return state


class NoFirstWeights(TorchFunctionMode):
    """Within it, a network is built without torch's random first weights: they would be
    overwritten, and take as long to draw as the real ones to read."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def _plain(tensor: Tensor) -> bool:
    """Whether a tensor is ordinary numbers in memory, each with a place of its own."""
    if tensor.layout != torch.strided or tensor.device.type != "cpu":
        return False
    return tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # to be told by who opens it
        return 0
