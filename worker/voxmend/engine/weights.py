"""The cascade's ``Networks``: files from the store, loaded networks from the pool."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock

from .. import safe_files
from ..blocks.contract import Block
from ..cascade import precision
from ..cascade.precision import Proof
from ..disk import write_json
from ..models.store import Store
from ..networks.arrays import as_safetensors
from .pool import ModelPool

MOST_BYTES = 10_000_000
"""Of the proofs that are kept."""
LOCK_S = 10.0
"""For another engine that writes its own; without the lock nothing is kept."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Lends each block its network."""

    store: Store
    pool: ModelPool

    @contextmanager
    def use(self, block: Block, device: torch.device) -> Iterator[Any]:
        """The block's network; None for a block without weights.

        Raises:
            ModelMissing, ModelCorrupt: its weights are not here, or not good.
            EnvironmentProblem, DiskFull: what must be made of them cannot be written.
        """
        if not block.models:
            yield None
            return
        models = [self.store.catalogue.find(name) for name in block.models]
        files = [file for model in models for file in self.store.files(model, as_safetensors)]
        key = (block.name, str(device), *block.targets, *self.hashes(block))
        with self.pool.use(key, lambda: block.load(files, device)) as network:
            yield network

    def hashes(self, block: Block) -> tuple[str, ...]:
        """sha256 of each file of its models, as recorded when it was proved."""
        return tuple(
            sha256
            for name in block.models
            for _, sha256 in self.store.hashes(self.store.catalogue.find(name))
        )

    def evict(self, but: Block) -> bool:
        """Let idle networks go, those of other blocks."""
        return self.pool.evict(but.name)


class FileProofs:
    """Proofs on precision in one small file, which the engines of a worker share; a lost one costs
    another trial. Of two engines that tried the same, what the first has written holds."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, Proof] = {}

    def find(self, key: str) -> Proof | None:
        """The proof of this key."""
        if key not in self._known:
            self._known = self._read()
        return self._known.get(key)

    def keep(self, key: str, proof: Proof) -> None:
        """Remember it, on disk too."""
        self._known[key] = proof
        with contextlib.suppress(OSError), FileLock(self._file.with_suffix(".lock"), LOCK_S):
            self._known = {**self._known, **self._read()}
            write_json(self._file, {name: asdict(found) for name, found in self._known.items()})

    def _read(self) -> dict[str, Proof]:
        try:
            return precision.loaded(safe_files.read_text(self._file, MOST_BYTES))
        except (OSError, UnicodeDecodeError):
            return {}
