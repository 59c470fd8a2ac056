"""What a run may say to the outside, what it is told, and where it may put things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from voxmend_protocol.errors import Cancelled

from ..audio.signal import Signal
from .cache import StageCache
from .detectors import Detectors, stored
from .networks import Networks, NoNetworks
from .precision import Forgetful, Proofs


@dataclass(frozen=True, slots=True)
class Context:
    """One run's surroundings.

    Attributes:
        device: where the work is done.
        scratch: an existing folder for long signals; whoever made it removes it.
        cache: finished stages, or None for none.
        digest: what the source's sound is, for the cache; empty = do not look or keep.
        batch: windows at a time.
        networks: who lends the blocks their weights.
        precision: "auto" lets a network run in a lower precision once that has proved itself,
            "fast" asks less of such a proof, "exact" and "fp32" want none.
        proofs: where such proofs are kept.
        detectors: what the guard asks beside its own rules, with a mixture or without; None =
            nothing.
        progress: called with stage, its index, the number of stages, and the fraction of all.
        cancelled: looked at several times in a window.
        warn: called with a code and a sentence.
        seen: called with each stage's block and its voice, made or found, in order.
    """

    device: torch.device
    scratch: Path
    cache: StageCache | None = None
    digest: str = ""
    batch: int = 1
    networks: Networks = field(default_factory=NoNetworks)
    precision: str = "auto"
    proofs: Proofs = field(default_factory=Forgetful)
    detectors: Callable[[bool], Detectors | None] = stored
    progress: Callable[[str, int, int, float], None] = field(default=lambda *_: None)
    cancelled: Callable[[], bool] = field(default=lambda: False)
    warn: Callable[[str, str], None] = field(default=lambda *_: None)
    seen: Callable[[str, Signal], None] = field(default=lambda *_: None)

    def check(self) -> None:
        """Raise what ends a run, if it was cancelled."""
        if self.cancelled():
            raise Cancelled("The job was cancelled.")
