"""A voice that is alone, and the mixture it came out of: two files brought to one shape.

For ``voxmend diagnose`` and the preset of that name. What the two say together is worth much more
than the voice alone, but only if they lie in time with each other.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from voxmend_protocol.errors import UnsupportedAudio
from voxmend_protocol.values import Clip

from ..audio import Signal, load


def beside(clip: Clip, voice: Signal, folder: Path) -> tuple[Signal, Signal]:
    """The mixture of a voice, and the voice, of one shape.

    The mixture is cut or filled up to the voice's length; where one of the two is mono, or they
    have different channels, both are made mono.

    Raises:
        UnsupportedAudio: it has another rate.
        InputMissing, InputUnreadable: it cannot be read.
    """
    mix = load(Path(clip.path), clip.start_s, clip.end_s, folder).signal
    if mix.rate != voice.rate:
        raise UnsupportedAudio(
            f"The mixture has {mix.rate} Hz and the voice {voice.rate} Hz. Render both at one rate."
        )
    if mix.channels != voice.channels:
        voice = _shaped(voice, 1, voice.frames, folder)
    return _shaped(mix, voice.channels, voice.frames, folder), voice


def _shaped(sound: Signal, channels: int, frames: int, folder: Path) -> Signal:
    """With so many channels, either its own or one, and so many frames."""
    if (sound.channels, sound.frames) == (channels, frames):
        return sound
    out = Signal.empty(channels, frames, sound.rate, folder)
    for start, block in sound.blocks():
        if start < frames:
            kept = block[:, : frames - start]
            if channels != sound.channels:
                kept = kept.mean(0, keepdims=True, dtype=np.float32)
            out.write(start, kept)
    return out
