"""A network, loaded and ready to run: what a block's ``load`` gives and its ``run`` gets.

The blocks bring the network itself, cut down to what they need; here stands what the cascade wants
to know of it, and how a torch module is called.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn


class Network(Protocol):
    """Loaded weights on their device.

    Attributes:
        window: samples that one pass takes at the block's rate, margins included; 0 leaves that to
            the block, and then there is no margin.
        context: samples at each side that are cross-faded into the neighbour; an eighth of what
            is left of the window without its margins, or less.
        margin: samples at each side that are heard and thrown away; zeros outside the clip.
        step: every window begins a multiple of so many samples after the first, for a network whose
            answer depends on where in them a sound lies; 1 for all others.
        runs_on: where it really computes, read back from it: "cpu", "cuda:0", or the name of
            onnxruntime's provider.
        bytes: what its weights take in memory.
    """

    @property
    def window(self) -> int: ...
    @property
    def context(self) -> int: ...
    @property
    def margin(self) -> int: ...
    @property
    def step(self) -> int: ...
    @property
    def runs_on(self) -> str: ...
    @property
    def bytes(self) -> int: ...


class Weights:
    """The torch modules of a network: where they are and how much they take. They never learn, so
    no pass keeps what learning would need."""

    def __init__(self, *modules: nn.Module) -> None:
        """Take modules that are on their device."""
        self._held = nn.ModuleList(modules).eval().requires_grad_(False)

    @property
    def runs_on(self) -> str:
        """The device the weights are on."""
        return str(next(self._held.parameters()).device)

    @property
    def bytes(self) -> int:
        """What the weights take."""
        return sum(weights.nbytes for weights in self._held.parameters())


class TorchNetwork(Weights):
    """``Network`` over a torch module whose answer is one stem, or several.

    Attributes:
        window: samples in one pass, margins included.
    """

    step = 1

    def __init__(
        self,
        network: Any,
        window: int,
        margin: int = 0,
        context: int | None = None,
        is_rest: bool = False,
    ) -> None:
        """Take a module that is on its device.

        Args:
            context: an eighth of the window without its margins where nothing else is said.
            is_rest: its stem is all but the voice.
        """
        super().__init__(network)
        self._network = network
        self._is_rest = is_rest
        self.window = window
        self.margin = margin
        self.context = (window - 2 * margin) // 8 if context is None else context

    def __call__(self, mix: Tensor) -> Tensor:
        """The stems in full windows, at the level they come in, one behind the other. Shape:
        (batch, stems · 2, window)."""
        found: Tensor = self._network(mix)
        if found.dim() == 4:
            found = found.flatten(1, 2)
        return mix - found if self._is_rest else found


def lowered(precision: str, device: torch.device) -> torch.autocast:
    """Within it, matrix products and convolutions take 16-bit numbers if the precision says so.
    Transforms and sums stay float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
