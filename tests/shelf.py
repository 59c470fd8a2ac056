"""A fake of what lends networks: it fails as it is told, and remembers what was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch


@dataclass
class Net:
    """A network that says of itself what it is told to, and runs where it is put."""

    window: int = 4000
    context: int = 400
    margin: int = 0
    step: int = 1
    runs_on: str = ""
    bytes: int = 1


@dataclass
class Shelf:
    """``voxmend.cascade.networks.Networks``.

    Attributes:
        weights: hashes by block's name.
        network: lent to each block that has models.
        fails: devices on which no network can be loaded.
        idle: how many evictions find something to let go.
    """

    weights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    network: Net = field(default_factory=Net)
    fails: tuple[str, ...] = ()
    idle: int = 0
    asked: list[str] = field(default_factory=list)
    evicted: int = 0

    @contextmanager
    def use(self, block: Any, device: torch.device) -> Iterator[Any]:
        self.asked.append(device.type)
        if device.type in self.fails:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        network = replace(self.network, runs_on=self.network.runs_on or device.type)
        yield network if block.models else None

    def hashes(self, block: Any) -> tuple[str, ...]:
        return self.weights.get(block.name, ())

    def evict(self, but: Any) -> bool:
        self.evicted += 1
        self.idle -= 1
        return self.idle >= 0
