"""Separation with the fine-tuned HTDemucs, its member for vocals.

The published bag has four networks, one for each stem; its weights give each stem to one of them
alone. So this member's voice is the bag's voice, for a quarter of the memory and the work.
"""

from __future__ import annotations

from typing import ClassVar

from ..registry import register
from .htdemucs import Htdemucs


@register
class HtdemucsFt(Htdemucs):
    """``separate.htdemucs_ft``: HTDemucs fine-tuned on vocals."""

    name: ClassVar[str] = "separate.htdemucs_ft"
    models: ClassVar[tuple[str, ...]] = ("htdemucs_ft",)
