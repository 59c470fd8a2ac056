"""The voice as the song holds it: at the song's rate and length, in time, at its level.

One way through for whatever was wrong with it: rate and clock in one resampling, then the delay,
the channels as the song has them, and last polarity, level and sides.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..audio.resample import at_speed
from ..audio.shift import shifted
from ..audio.signal import Signal
from .level import Level
from .track import Track


def in_time(
    voice: Signal, song: Signal, track: Track, folder: Path, cancelled: Callable[[], bool]
) -> Signal:
    """A voice at the song's rate, of its length and channels, moved to where it lies.

    Where one of the two is mono, it is brought to the other's channels: a mono voice into all of
    them, a stereo voice of a mono song as its mean.

    Returns:
        A new signal that the caller closes.

    Raises:
        Cancelled: ``cancelled`` said so.
        DiskFull, EnvironmentProblem: there is no room for it.
    """
    heard = at_speed(voice, song.rate, track.speed, folder, cancelled)
    moved = shifted(heard, track.delay_s * song.rate, song.frames, folder, cancelled)
    if heard is not voice:
        heard.close()
    if moved.channels == song.channels:
        return moved
    out = Signal.empty(song.channels, song.frames, song.rate, folder)
    for start, block in moved.blocks():
        mean = block.mean(0, keepdims=True, dtype=np.float32)
        out.write(start, np.repeat(mean, song.channels, 0))
    moved.close()
    return out


def put_right(voice: Signal, level: Level) -> None:
    """Undo polarity, level and swapped sides, in the signal itself."""
    gain = np.float32(10 ** (-level.gain_db / 20) * (-1 if level.inverted else 1))
    if gain == 1 and not level.swapped:
        return
    for start, block in voice.blocks():
        voice.write(start, gain * (block[::-1] if level.swapped else block))
