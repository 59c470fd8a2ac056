"""Which channels have their polarity inverted, so that a mean of channels does not cancel."""

from __future__ import annotations

import torch
from torch import Tensor

INVERTED = -0.2
"""Correlation with the loudest channel below which a channel counts as inverted."""


def signs(sound: Tensor, below: float = INVERTED) -> Tensor:
    """−1 for each channel that is inverted against the loudest one, else 1.

    Args:
        sound: Shape: (batch, channels, samples).
        below: correlation below which a channel is.

    Returns:
        Shape: (batch, channels, 1).

    Examples:
        >>> left = torch.tensor([1.0, -2.0, 1.0])
        >>> signs(torch.stack([left, -0.5 * left])[None]).flatten().tolist()
        [1.0, -1.0]
    """
    power = sound.square().sum(-1, keepdim=True)
    loudest = sound.gather(1, power.argmax(1, keepdim=True).expand(-1, 1, sound.shape[-1]))
    common = (sound * loudest).sum(-1, keepdim=True)
    limit = below * (power * power.amax(1, keepdim=True)).sqrt()
    return torch.where(common < limit, -1.0, 1.0)
