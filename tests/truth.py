"""The guard's own test: the true voice offered in place of a damaged one."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from voxmend.audio.signal import Signal
from voxmend.bench.damage.rows import Case
from voxmend.blocks.contract import Repair
from voxmend.blocks.registry import load
from voxmend.cascade.context import Context
from voxmend.cascade.weigh import Decision, weigh

BLOCKS = {
    "phase": "phase.mixture",
    "highs": "bandwidth.mirror",
    "bandwidth": "bandwidth.mirror",
    "denoise": "denoise.gate",
}
"""Damage, or a family, to a block that mends it; all else is the denoiser's."""


def signal(sound: Tensor, rate: int) -> Signal:
    return Signal.of(np.ascontiguousarray(sound.numpy(), dtype=np.float32), rate)


def offered(case: Case, proposal: Tensor, stage: str = "") -> tuple[Tensor, list[Decision]]:
    """What the guard makes of a proposal for a case's damaged voice, and how it decides."""
    rate = case.clean.rate
    kind = stage or case.row.damage.partition(" ")[0]
    block = load(BLOCKS.get(kind, BLOCKS["denoise"]))
    assert isinstance(block, Repair)
    with TemporaryDirectory() as folder:
        context = Context(torch.device("cpu"), Path(folder))
        mix, voice, other = (signal(s, rate) for s in (case.clean.mix, case.damaged, proposal))
        out, decisions = weigh(block, mix, voice, other, context, lambda _: None)
        return torch.from_numpy(out.read(0, out.frames).copy()), decisions


def shares(decisions: list[Decision]) -> tuple[float, float]:
    """Seconds kept, and seconds refused."""
    decided = [d for d in decisions if d.reason != "unchanged"]
    kept = sum(d.end_s - d.start_s for d in decided if d.kept)
    return kept, sum(d.end_s - d.start_s for d in decided) - kept
