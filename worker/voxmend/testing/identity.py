"""The identity separator: the voice is the mixture, or a share of it. For tests of everything
around a block: whatever becomes of a stem on its way shows, since the sound itself is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from ..blocks.contract import Params, Proposal
from ..blocks.registry import register


@dataclass(frozen=True, slots=True)
class Shared(Params):
    """Parameters of ``separate.identity``."""

    share: float = 1.0
    """What the voice gets of the mixture, 0 to 1; the rest is the instrumental's."""


@register
class Identity:
    """``separate.identity``"""

    name: ClassVar[str] = "separate.identity"
    version: ClassVar[int] = 1
    rate: ClassVar[int | None] = None
    window_s: ClassVar[float | None] = 5.0
    context_s: ClassVar[float] = 0.5
    channels: ClassVar[int | None] = None
    models: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[type[Params]] = Shared

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Shared) -> Proposal:
        """Propose the mixture's share."""
        if mix is None:
            raise ValueError("there is no mixture")
        return Proposal(mix * params.share if params.share != 1 else mix)
