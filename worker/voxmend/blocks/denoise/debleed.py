"""Gabox's denoiser and debleeder: ``denoise.roformer`` with other weights. They were made to clean
separated stems, and take remains of other instruments with the noise."""

from __future__ import annotations

from typing import ClassVar

from ..registry import register
from .roformer import RoformerDenoise


@register
class RoformerDebleed(RoformerDenoise):
    """``denoise.debleed``: Gabox's denoise-debleed."""

    name: ClassVar[str] = "denoise.debleed"
    version: ClassVar[int] = 1
    models: ClassVar[tuple[str, ...]] = ("melband_debleed_gabox",)
