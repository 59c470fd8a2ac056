"""Means over neighbouring cells of a spectrum, at a cost that does not grow with the reach."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SMALL = 2
"""Cells each way up to which it is quicker to add them up."""


def around(values: Tensor, reach: tuple[int, int]) -> Tensor:
    """Mean over the cells within reach; at an edge over those that are there.

    Args:
        values: at least 0. Shape: (..., bins, frames).
        reach: bins and frames each way.

    Returns:
        float32, at least 0. Shape: as ``values``.
    """
    if max(reach) <= SMALL:
        bins, frames = values.shape[-2:]
        for axis, far in ((-2, reach[0]), (-1, reach[1])):
            values = _added(values, axis, far)
        one = values.new_ones(1, 1)
        return values.div_(
            _added(one.repeat(bins, 1), -2, reach[0]) * _added(one.repeat(1, frames), -1, reach[1])
        )
    for axis, far in ((-2, reach[0]), (-1, reach[1])):
        if not far:
            continue
        # Running sums, in float64 so that a quiet cell beside a loud one is not rounded away.
        row = values.transpose(axis, -1)
        total = F.pad(row, (far + 1, far)).double().cumsum(-1)
        place = torch.arange(row.shape[-1], device=values.device)
        count = (place + far + 1).clamp_max(len(place)) - (place - far).clamp_min(0)
        mean = (total[..., 2 * far + 1 :] - total[..., : -2 * far - 1]) / count
        values = mean.clamp_min(0).float().transpose(axis, -1)
    return values


def _added(values: Tensor, axis: int, far: int) -> Tensor:
    """Sum over the cells within reach on one axis."""
    total = values.clone()
    length = values.shape[axis]
    for step in range(1, min(far, length - 1) + 1):
        total.narrow(axis, step, length - step).add_(values.narrow(axis, 0, length - step))
        total.narrow(axis, 0, length - step).add_(values.narrow(axis, step, length - step))
    return total
