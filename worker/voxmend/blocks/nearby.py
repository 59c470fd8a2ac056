"""Means over neighbouring cells of a spectrum, at a cost that does not grow with the reach."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def around(values: Tensor, reach: tuple[int, int]) -> Tensor:
    """Mean over the cells within reach; at an edge over those that are there.

    Args:
        values: at least 0. Shape: (..., bins, frames).
        reach: bins and frames each way.

    Returns:
        float32, at least 0. Shape: as ``values``.
    """
    for axis, far in ((-2, reach[0]), (-1, reach[1])):
        if not far:
            continue
        # Running sums, in float64 so that a quiet cell beside a loud one is not rounded away.
        total = F.pad(values.transpose(axis, -1).double().cumsum(-1), (1, 0))
        place = torch.arange(values.shape[axis], device=values.device)
        high, low = (place + far + 1).clamp_max(len(place)), (place - far).clamp_min(0)
        mean = (total[..., high] - total[..., low]) / (high - low)
        values = mean.clamp_min(0).float().transpose(axis, -1)
    return values
