"""Lends the real weights that lie beside the checkout, straight from their folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from voxmend.blocks.contract import Block
from voxmend.models import catalogue

FOLDERS = {"deepfilternet3": "deepfilternet3", "speechsr48k": "speechsr48k"}
"""Catalogue id to folder."""


@dataclass
class RealWeights:
    """A ``Networks`` without a store: each network is loaded once."""

    folder: Path
    _loaded: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def use(self, block: Block, device: torch.device) -> Iterator[Any]:
        if block.models and block.name not in self._loaded:
            files = [
                self.folder / FOLDERS[name] / file.name
                for name in block.models
                for file in catalogue.load().find(name).files
            ]
            self._loaded[block.name] = block.load(files, device)  # type: ignore[attr-defined]
        yield self._loaded.get(block.name)

    def hashes(self, block: Block) -> tuple[str, ...]:
        return tuple(block.models)

    def evict(self, but: Block) -> bool:
        return False
