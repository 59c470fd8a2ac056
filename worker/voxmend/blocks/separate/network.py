"""A separator's torch network, ready to run: what every such block's ``load`` gives.

The blocks bring the network itself, cut down to the voice; here stands what the runner wants to
know of it, and how it is called.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class TorchNetwork:
    """``contract.Network`` over a torch module whose answer is one stem.

    Attributes:
        window: samples in one pass, margins included.
    """

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
        self._network = network
        self._is_rest = is_rest
        self.window = window
        self.margin = margin
        self.context = (window - 2 * margin) // 8 if context is None else context

    @property
    def runs_on(self) -> str:
        """The device its weights are on."""
        return str(next(self._network.parameters()).device)

    @property
    def bytes(self) -> int:
        """What its weights take."""
        return sum(weights.nbytes for weights in self._network.parameters())

    def __call__(self, mix: Tensor) -> Tensor:
        """The voice in full windows, at the level they come in. Shape: (batch, 2, window)."""
        with torch.no_grad():
            found: Tensor = self._network(mix)
        return mix - found if self._is_rest else found


def lowered(precision: str, device: torch.device) -> torch.autocast:
    """Within it, matrix products and convolutions take 16-bit numbers if the precision says so.
    Transforms and sums stay float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
