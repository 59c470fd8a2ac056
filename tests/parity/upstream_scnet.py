"""SCNet as the publisher of its weights runs it: his network, his plan of windows and fades."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


class Stems(nn.Module):
    """A network that gives one stem, in the form in which upstream asks for all."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self._network = network

    def forward(self, mix: Tensor) -> Tensor:
        return self._network(mix)[:, None]  # type: ignore[no-any-return]


def upstream(ckpt: Path, config: dict[str, Any]) -> nn.Module:
    """Upstream's network with these weights, float32 on the CPU."""
    published: Any = importlib.import_module("msst.models.scnet")
    network: nn.Module = published.SCNet(**config["model"])
    network.load_state_dict(torch.load(ckpt, weights_only=True))
    return network.eval()


def demixed(
    network: nn.Module, mix: Tensor, config: dict[str, Any], stems: Sequence[str]
) -> dict[str, Tensor]:
    """Its stems, by name, under upstream's own plan: four windows over each sample, faded over a
    tenth, the ends mirrored. Shape of each: (2, samples)."""
    from ml_collections import ConfigDict

    running: Any = importlib.import_module("msst.utils.model_utils")
    training = {**config["training"], "instruments": list(stems)}
    said = ConfigDict({**config, "training": training})
    found = running.demix(said, network, mix, torch.device("cpu"), "scnet")
    return {name: torch.from_numpy(sound) for name, sound in found.items()}
