"""Clips for a measurement: the demo's song, looped to any length. Another seed is other content,
so that no cache can serve it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from ..demo import song

REST_S = 1.0
"""The song begins with a rest of the voice."""


def write(file: Path, seconds: float, seed: int) -> Path:
    """Write a clip: stereo, 44.1 kHz, 16 bit, which every tool reads as it is.

    Raises:
        OSError: the folder cannot be written.
    """
    voice, backing = song.make(min(seconds + REST_S, song.SECONDS), seed)
    mix = (voice + backing)[:, round(REST_S * song.RATE) :]
    frames = round(seconds * song.RATE)
    looped = np.tile(mix, -(-frames // mix.shape[1]))[:, :frames]
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, looped.T, song.RATE, "PCM_16")
    return file
