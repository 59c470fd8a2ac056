"""What a trained separator makes of a known mix, through the project's own runner: damage as it is,
not as a generator imagines it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from ...audio.signal import Signal
from ...cascade import plan, runner
from ...cascade.context import Context
from ...cascade.networks import Networks
from ...presets import Preset, Step

ALONE = Preset("split", "", "", (Step("separate.spleeter", {"speeds": 3}),))
"""The separator of the preset ``quick``, and nothing after it."""


def separator(networks: Networks) -> Callable[[Tensor, int], Tensor]:
    """Takes a mixture and its rate and gives the voice. Shape: (2, samples), kept."""

    def separate(mix: Tensor, rate: int) -> Tensor:
        with TemporaryDirectory(prefix="voxmend-") as folder:
            source = Signal.of(np.ascontiguousarray(mix.numpy()), rate)
            context = Context(torch.device("cpu"), Path(folder), networks=networks)
            found = runner.run(plan.make(ALONE), source, context)
            return torch.from_numpy(found.vocals.read(0, found.vocals.frames).copy())

    return separate
