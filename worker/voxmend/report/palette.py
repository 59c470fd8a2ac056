"""The colours of sound and of curves, for eyes that see colours differently too, and a sound's
picture painted in them: a PNG of one byte a cell, with the colours in the file.

Levels are drawn in viridis (Stéfan van der Walt, Nathaniel Smith and Eric Firing, 2015; dedicated
to the public domain under CC0): lightness rises evenly with level, and still does where red and
green look alike. Curves have two colours of Okabe and Ito's set (2008), which differ in lightness
as well, and differ in their dashes besides.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..audio.spectrogram import Picture

VIRIDIS = (
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c "
    "1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725"
)
"""Seventeen stops, evenly spaced; between them colours are mixed."""

BEFORE, AFTER = "#a34a00", "#0072b2"
"""Of curves on white: vermilion, darkened until text in it can be read, and blue."""

BEFORE_DARK, AFTER_DARK = "#f0a030", "#6cc0f0"
"""The same on a dark page."""


def table() -> npt.NDArray[np.uint8]:
    """A colour for each level of a picture. Shape: (256, 3)."""
    stops = np.array([rgb(stop) for stop in VIRIDIS.split()], dtype=np.float64)
    places = np.linspace(0, len(stops) - 1, 256)
    mixed = [np.interp(places, np.arange(len(stops)), stops[:, n]) for n in range(3)]
    return np.stack(mixed, axis=1).round().astype(np.uint8)


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb``, with or without the #, as numbers."""
    digits = colour.removeprefix("#")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def image(picture: Picture) -> Image.Image:
    """A picture in colours, its lowest band at the bottom."""
    drawn = Image.fromarray(np.ascontiguousarray(picture.cells[::-1]))
    drawn.putpalette(table().tobytes())
    return drawn


def png(picture: Picture) -> bytes:
    """The same as a file."""
    file = io.BytesIO()
    image(picture).save(file, "PNG", optimize=True)
    return file.getvalue()
