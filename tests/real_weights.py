"""Lends real weights: those that lie beside the checkout straight from their folders, others from
the packages that came with voxmend."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from voxmend.blocks.contract import Block
from voxmend.models import catalogue
from voxmend.models.store import Store
from voxmend.networks.arrays import as_safetensors

FOLDERS = {"deepfilternet3": "deepfilternet3", "speechsr48k": "speechsr48k"}
"""Catalogue id to folder."""


@functools.cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    """Where working copies lie, for as long as the tests run."""
    return tempfile.TemporaryDirectory(prefix="voxmend-weights-")


def packaged(name: str) -> tuple[Path, ...]:
    """The files of a model that came inside a package, as its block loads them."""
    store = Store(Path(_kept().name) / "models")
    return store.files(store.catalogue.find(name), as_safetensors)


@dataclass
class RealWeights:
    """A ``Networks`` without a store: each network is loaded once."""

    folder: Path
    _loaded: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def use(self, block: Block, device: torch.device) -> Iterator[Any]:
        if block.models and block.name not in self._loaded:
            files = [
                file
                for name in block.models
                for file in (self._of(name) if name in FOLDERS else packaged(name))
            ]
            self._loaded[block.name] = block.load(files, device)
        yield self._loaded.get(block.name)

    def _of(self, name: str) -> list[Path]:
        files = catalogue.load().find(name).files
        return [self.folder / FOLDERS[name] / file.name for file in files]

    def hashes(self, block: Block) -> tuple[str, ...]:
        return tuple(block.models)

    def evict(self, but: Block) -> bool:
        return False
