"""The identity separator: the voice is the mixture. For tests of everything around a block."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from ..blocks.contract import Params, Proposal
from ..blocks.registry import register


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
    params: ClassVar[type[Params]] = Params

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Params) -> Proposal:
        """Propose the mixture."""
        if mix is None:
            raise ValueError("there is no mixture")
        return Proposal(mix)
