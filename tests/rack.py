"""Networks for tests: each loaded once from the files it is given, no store and no pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from voxmend.audio import Signal
from voxmend.blocks.contract import Params
from voxmend.cascade.context import Context
from voxmend.cascade.plan import BlockRun, Plan
from voxmend.cascade.runner import Outcome, run

CPU = torch.device("cpu")


class Rack:
    """``voxmend.cascade.networks.Networks`` over files."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self._loaded: dict[tuple[str, ...], Any] = {}

    @contextmanager
    def use(self, block: Any, device: torch.device) -> Iterator[Any]:
        if not block.models:
            yield None
            return
        key = (block.name, *block.targets)
        if key not in self._loaded:
            self._loaded[key] = block.load(self._files, device)
        yield self._loaded[key]

    def hashes(self, block: Any) -> tuple[str, ...]:
        return (block.name,)

    def evict(self, but: Any) -> bool:
        return False


def separate(
    block: Any,
    files: Sequence[Path],
    mix: Tensor,
    scratch: Path,
    rate: int = 44_100,
    params: Params | None = None,
    **context: Any,
) -> Tensor:
    """A clip through one separator, windows, seams, rates and all. Shape: (channels, samples)."""
    plan = Plan("test", (BlockRun("separate", block, params or block.params()),), guarded=False)
    context = {"device": CPU, "precision": "fp32", "networks": Rack(files), **context}
    surroundings = Context(scratch=scratch, **context)
    outcome = run(plan, Signal.of(mix.numpy(), rate), surroundings)
    return heard(outcome)


def heard(outcome: Outcome) -> Tensor:
    """The voice of an outcome."""
    return torch.from_numpy(outcome.vocals.read(0, outcome.vocals.frames))


def song(seconds: float, rate: int = 44_100, seed: int = 1) -> Tensor:
    """Loud music enough for a network: a swelling chord over noise, another in each channel.
    Shape: (2, samples)."""
    random = torch.Generator().manual_seed(seed)
    time = torch.arange(round(seconds * rate)) / rate
    swell = 0.6 + 0.4 * torch.sin(2 * torch.pi * 0.7 * time)
    chord = sum(torch.sin(2 * torch.pi * f * time) for f in (196.0, 311.1, 1567.9)) * 0.12
    noise = torch.randn(2, len(time), generator=random) * 0.08
    return swell * (chord * torch.tensor([[1.0], [0.6]]) + noise)


def tune(seconds: float, rate: int = 44_100) -> Tensor:
    """Partials that swell and fade, in both channels alike: nothing above 5 kHz.
    Shape: (2, samples)."""
    time = torch.arange(round(seconds * rate)).double() / rate  # in float32 it would hiss
    swell = 0.6 + 0.4 * torch.sin(2 * torch.pi * 0.7 * time)
    chord = sum(torch.sin(2 * torch.pi * f * time + f) for f in (196.0, 311.1, 1567.9, 4801.0))
    return (swell * chord * 0.15).float().repeat(2, 1)


def snr(truth: Tensor, other: Tensor) -> float:
    """Signal to error in dB, over all samples."""
    wrong = (truth.double() - other.double()).square().sum().clamp_min(1e-60)
    return float(10 * torch.log10(truth.double().square().sum() / wrong))
