"""The guard's own test: the true voice offered in place of a damaged one."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from voxmend.audio.signal import Signal
from voxmend.bench.damage.rows import Case
from voxmend.cascade.context import Context
from voxmend.cascade.detectors import stored
from voxmend.cascade.weigh import Decision, weigh

STAGES = {"phase": "phase", "highs": "bandwidth"}
"""Damage to the stage that mends it; all else is the denoiser's."""


def signal(sound: Tensor, rate: int) -> Signal:
    return Signal.of(np.ascontiguousarray(sound.numpy(), dtype=np.float32), rate)


def offered(case: Case, proposal: Tensor, stage: str = "") -> tuple[Tensor, list[Decision]]:
    """What the guard makes of a proposal for a case's damaged voice, and how it decides."""
    rate = case.clean.rate
    stage = stage or STAGES.get(case.row.damage.partition(" ")[0], "denoise")
    with TemporaryDirectory() as folder:
        context = Context(torch.device("cpu"), Path(folder))
        mix, voice, other = (signal(s, rate) for s in (case.clean.mix, case.damaged, proposal))
        out, decisions = weigh(
            stage, f"{stage}.test", mix, voice, other, context, lambda _: None, stored(True)
        )
        return torch.from_numpy(out.read(0, out.frames).copy()), decisions


def shares(decisions: list[Decision]) -> tuple[float, float]:
    """Seconds kept, and seconds refused."""
    decided = [d for d in decisions if d.reason != "unchanged"]
    kept = sum(d.end_s - d.start_s for d in decided if d.kept)
    return kept, sum(d.end_s - d.start_s for d in decided) - kept
