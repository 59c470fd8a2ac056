"""BS-RoFormer Resurrection: the same block with other weights."""

from __future__ import annotations

from typing import ClassVar

from ..registry import register
from .roformer import Roformer


@register
class BsRoformer(Roformer):
    """``separate.bs_roformer``: BS-RoFormer."""

    name: ClassVar[str] = "separate.bs_roformer"
    version: ClassVar[int] = 1
    models: ClassVar[tuple[str, ...]] = ("bs_roformer_resurrection",)
