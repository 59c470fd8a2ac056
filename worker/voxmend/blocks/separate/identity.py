"""The identity separator: the voice is the mixture, or a share of it. For tests of everything
around a block: whatever becomes of a stem on its way shows, since the sound itself is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ..contract import Params, Separator
from ..registry import register


@dataclass(frozen=True, slots=True)
class Shared(Params):
    """Parameters of ``separate.identity``."""

    share: float = 1.0
    """What the voice gets of the mixture, 0 to 1; the rest is the instrumental's."""

    def __post_init__(self) -> None:
        if not math.isfinite(self.share):
            raise BadRequest(f"separate.identity.share is {self.share}; give a finite number.")


@register
class Identity(Separator):
    """``separate.identity``"""

    name = "separate.identity"
    window_s = 5.0
    context_s = 0.5
    params = Shared

    def separate(self, model: Any, mix: Tensor, params: Shared) -> Tensor:
        """The mixture's share. Shape: kept."""
        return mix * params.share if params.share != 1 else mix
