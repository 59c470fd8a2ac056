"""What the project's own preview separator makes of a known mix, through the project's own runner:
the nearest to a real separator's damage that needs no weights."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from ...audio.signal import Signal
from ...cascade import plan, runner
from ...cascade.context import Context
from ...presets import Preset, Step

SEPARATOR = "separate.midside"


def separate(mix: Tensor, rate: int) -> Tensor:
    """The voice as the preset ``preview`` separates it. Shape: (2, samples), kept."""
    alone = plan.make(Preset("preview", "", "", (Step(SEPARATOR, {}),)))
    with TemporaryDirectory(prefix="voxmend-") as folder:
        source = Signal.of(np.ascontiguousarray(mix.numpy()), rate)
        found = runner.run(alone, source, Context(torch.device("cpu"), Path(folder)))
        return torch.from_numpy(found.vocals.read(0, found.vocals.frames).copy())
