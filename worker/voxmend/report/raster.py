"""Pictures of sounds as PNG files: one byte a cell, with the palette in the file."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from . import palette
from .spectrogram import Picture


def image(picture: Picture) -> Image.Image:
    """A picture in colours, its lowest band at the bottom."""
    drawn = Image.fromarray(np.ascontiguousarray(picture.cells[::-1]))
    drawn.putpalette(palette.table().tobytes())
    return drawn


def png(picture: Picture) -> bytes:
    """The same as a file."""
    file = io.BytesIO()
    image(picture).save(file, "PNG", optimize=True)
    return file.getvalue()
