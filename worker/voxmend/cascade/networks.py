"""Where a stage gets its network from: the seam to whoever holds the weights.

The cascade knows no folder and no keep-alive; the engine's pool stands behind this.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import torch

from voxmend_protocol.errors import ModelMissing

from ..blocks.contract import Block


class Networks(Protocol):
    """Lends networks, knows what they are made of, lets go of them."""

    def use(self, block: Block, device: torch.device) -> AbstractContextManager[Any]:
        """The block's network for as long as the ``with`` lasts; None for a block without weights.

        Raises:
            ModelMissing, ModelCorrupt: its weights are not here, or not good.
            OutOfMemory, RuntimeError: it does not fit.
        """
        ...

    def hashes(self, block: Block) -> tuple[str, ...]:
        """sha256 of every file of weights: what makes one network another in the cache."""
        ...

    def evict(self, but: Block) -> bool:
        """Let every network go that is not in use, but for this block's, which is wanted again at
        once; False if there was none."""
        ...


_PROVIDERS = {
    "CPUExecutionProvider": "cpu",
    "CUDAExecutionProvider": "cuda",
    "TensorrtExecutionProvider": "cuda",
    "ROCMExecutionProvider": "cuda",  # torch calls AMD's cards so
    "CoreMLExecutionProvider": "mps",
}


def place(runs_on: str) -> str:
    """The type of device a network reads back: "cuda" for "cuda:0" and for onnxruntime on CUDA."""
    return _PROVIDERS.get(runs_on, runs_on.partition(":")[0])


class NoNetworks:
    """For plans whose blocks need no weights."""

    @contextmanager
    def use(self, block: Block, device: torch.device) -> Iterator[Any]:  # noqa: ARG002
        """None, or an error for a block that needs weights."""
        if block.models:
            raise ModelMissing(f"{block.name} needs {', '.join(block.models)}, and none is here.")
        yield None

    def hashes(self, block: Block) -> tuple[str, ...]:  # noqa: ARG002
        """There are none."""
        return ()

    def evict(self, but: Block) -> bool:  # noqa: ARG002
        """There is nothing to let go."""
        return False
