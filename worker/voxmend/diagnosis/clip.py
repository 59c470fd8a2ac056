"""A file, and perhaps its mixture, measured: from a path to a survey, in a process of its own.

``voxmend diagnose`` calls it; jobs have their sound already and call ``survey``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from voxmend_protocol.values import Clip, Warned

from ..audio import load, peak
from ..audio.spectrogram import Picture, picture
from .pair import beside
from .survey import Survey, survey


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found in a file, what the user should know of it, and a picture if one was asked
    for."""

    survey: Survey
    warnings: tuple[Warned, ...]
    picture: Picture | None


def measure(voice: Clip, mixture: Clip | None, drawn: bool = False) -> Measured:
    """Measure a voice.

    Raises:
        BadRequest: the span is empty or outside the file.
        InputError: a file cannot be read, or the two do not go together.
    """
    with TemporaryDirectory(prefix="voxmend-") as made, torch.inference_mode():
        folder = Path(made)
        loaded = load(Path(voice.path), voice.start_s, voice.end_s, folder)
        sound, mix = loaded.signal, None
        warnings = list(loaded.warnings)
        if mixture is not None:
            mix, sound = beside(
                mixture, sound, folder, lambda *said: warnings.append(Warned(*said))
            )
        loudest = max((peak(block) for _, block in sound.blocks()), default=0.0)
        seen = picture("voice", sound, loudest) if drawn else None
        return Measured(survey(sound, mix), tuple(warnings), seen)
