"""A voice that is alone, and the mixture it came out of: two files brought to one shape.

For ``voxmend diagnose`` and the preset of that name. What the two say together is worth much more
than the voice alone, but only if they lie in time with each other.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from voxmend_protocol.errors import UnsupportedAudio
from voxmend_protocol.values import Clip

from ..audio import Signal, load

APART_S = 1.0
"""Seconds by which a voice and its mixture may differ in length."""

STRANGE = 0.02
"""Least correlation of a voice with its own song. Five real leads have 0.21 to 0.45 over the whole
song and 0.024 at least in pieces of 10 s; with each other's songs 0.0007 at most over the whole."""


def beside(
    clip: Clip, voice: Signal, folder: Path, warn: Callable[[str, str], None]
) -> tuple[Signal, Signal]:
    """The mixture of a voice, and the voice, of one shape.

    The mixture is cut or filled up to the voice's length; where one of the two is mono, or they
    have different channels, both are made mono.

    Args:
        warn: told, by a code and a sentence, that the two may not belong together.

    Raises:
        UnsupportedAudio: it has another rate.
        InputMissing, InputUnreadable: it cannot be read.
    """
    mix = load(Path(clip.path), clip.start_s, clip.end_s, folder).signal
    if mix.rate != voice.rate:
        raise UnsupportedAudio(
            f"The mixture has {mix.rate} Hz and the voice {voice.rate} Hz. Render both at one rate."
        )
    long, short = (sound.frames / sound.rate for sound in (voice, mix))
    if abs(long - short) > APART_S:
        warn(
            "mixture_length",
            f"The mixture is {short:.1f} s long and the voice {long:.1f} s: only what both have is "
            "measured as a pair, from their beginnings on. Render both over the same stretch.",
        )
    if mix.channels != voice.channels:
        voice = _shaped(voice, 1, voice.frames, folder)
    mix = _shaped(mix, voice.channels, voice.frames, folder)
    if likeness(voice, mix) < STRANGE:
        warn(
            "mixture_unlike",
            "Nothing of this voice was found in the mixture at the same time: it may be another "
            "song, or not in time with it. What is said with the mixture is then worth nothing. "
            "Name the song that the voice came out of, from the same moment on.",
        )
    return mix, voice


def likeness(voice: Signal, mix: Signal) -> float:
    """How much of a voice is in a mixture at the same time: the correlation of the two, both made
    brighter by taking differences, so that a bass in common time is no likeness. 1 where either is
    silent or shorter than ``APART_S``: nothing can be told."""
    if voice.frames < APART_S * voice.rate:
        return 1.0
    both = ours = theirs = 0.0
    for start, block in voice.blocks():
        one = np.diff(block.astype(np.float64))
        other = np.diff(mix.read(start, block.shape[1]).astype(np.float64))
        both += float(np.sum(one * other))
        ours += float(np.sum(one * one))
        theirs += float(np.sum(other * other))
    return abs(both) / (ours * theirs) ** 0.5 if ours * theirs > 0 else 1.0


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
