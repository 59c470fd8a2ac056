"""Separation with MDX-Net, Kim Vocal 2: the network of ``separate.mdx`` with other weights."""

from __future__ import annotations

from typing import ClassVar

from ..registry import register
from .mdx import MdxVocFt


@register
class MdxKim(MdxVocFt):
    """``separate.mdx_kim``: MDX-Net Kim Vocal 2."""

    name: ClassVar[str] = "separate.mdx_kim"
    models: ClassVar[tuple[str, ...]] = ("mdx_kim_vocal_2",)
    compensate: ClassVar[float] = 1.009
