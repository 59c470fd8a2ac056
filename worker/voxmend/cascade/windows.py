"""Where windows lie and how they fade into each other: pure arithmetic.

The grid is fixed for a block and anchored at the clip's start, so that a clip's beginning gives
the same result whatever follows. Neighbours share twice the context; over that stretch one fades
out and the other in, and the two gains always add up to one. The last window is as long as the
others: it hears more of what lies before it than it writes, because a short window is another
result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Window:
    """One window, in samples: where it starts, how long it is, how much of it fades, and how much
    at its head is only heard."""

    start: int
    length: int
    fade_in: int
    fade_out: int
    lead: int = 0


def grid(total: int, window: int | None, context: int, step: int = 1) -> list[Window]:
    """Windows that cover ``total`` samples.

    Args:
        window: samples in a window, context included; None for all in one.
        context: samples at each side that fade; a window is at least four times as long.
        step: every window starts at a multiple of it, so the last one may be shorter by less.

    Raises:
        ValueError: the window is too short for its context, or no whole number of steps.
    """
    shared = 2 * context
    if window is None or total <= window:
        return [Window(0, total, 0, 0)]
    hop = window - shared
    if hop < shared or hop <= 0:  # three windows would meet, and their gains exceed one
        raise ValueError("a window must be at least four times as long as its context")
    if hop % step:
        raise ValueError("a window less its fades must be a whole number of steps")
    count = math.ceil((total - shared) / hop)
    windows = []
    for n in range(count):
        start = n * hop
        last = n == count - 1
        lead = max(0, start + window - total)  # only the last one would reach over the end
        first = -(-(start - lead) // step) * step
        length = min(window, total - first)
        windows.append(
            Window(first, length, shared if n else 0, 0 if last else shared, start - first)
        )
    return windows


def gains(window: Window, device: torch.device) -> Tensor:
    """The gain of each sample of a window. Shape: (length,), float32.

    The fade is sin², so that its mirror image is cos² and the two add up to one at every sample.
    """
    gain = torch.ones(window.length, device=device)
    gain[: window.lead] = 0
    if window.fade_in:
        gain[window.lead : window.lead + window.fade_in] = _rise(window.fade_in, device)
    if window.fade_out:
        gain[-window.fade_out :] = 1 - _rise(window.fade_out, device)
    return gain


def _rise(length: int, device: torch.device) -> Tensor:
    at = (torch.arange(length, device=device, dtype=torch.float64) + 0.5) / length
    return torch.sin(at * (math.pi / 2)).square().float()
