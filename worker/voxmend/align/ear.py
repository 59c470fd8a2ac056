"""A sound as it is compared: mono, at 16 kHz, read by window at whatever speed it is thought to
run. An hour of it lies on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..audio.resample import resample_signal, stretched
from ..audio.signal import Signal
from .correlate import RATE

CANCELS_DB = -15.0
"""The sum of two channels so far under their difference: one of them is inverted."""

SAME_SPEED = 2e-6
"""A window of 5 s is 10 µs longer by this: no need to resample it."""


@dataclass(frozen=True, slots=True)
class Ear:
    """A sound for comparison.

    Attributes:
        sound: mono, ``RATE``.
        speed: seconds of the song that one second of it takes.
    """

    sound: Signal
    speed: float = 1.0

    @property
    def frames(self) -> float:
        """Its length at its speed."""
        return self.sound.frames * self.speed

    def at_speed(self, speed: float) -> Ear:
        """The same sound, thought to run at another speed."""
        return replace(self, speed=speed)

    def read(self, start: int, count: int) -> Tensor:
        """Frames from ``start`` on, silence outside; at speed 1. Shape: (count,), float32."""
        out = torch.zeros(count)
        first, last = max(0, start), min(self.sound.frames, start + count)
        if first < last:
            part = self.sound.read(first, last - first)[0]
            out[first - start : last - start] = torch.from_numpy(part)
        return out

    def window(self, start: float, count: int) -> tuple[float, Tensor]:
        """Frames near ``start`` at its speed, and where exactly the first of them lies. Shape:
        (count,), float32."""
        if abs(self.speed - 1) < SAME_SPEED:
            return float(round(start)), self.read(round(start), count)
        own = int(start / self.speed)
        heard = self.read(own, int(count / self.speed) + 2)
        made = torch.from_numpy(stretched(heard.numpy()[None], self.speed)[0])
        return own * self.speed, made[:count]


def listen(sound: Signal, folder: Path, cancelled: Callable[[], bool]) -> Ear:
    """The mean of its channels at ``RATE``; of two channels of which one is inverted, half their
    difference.

    Raises:
        Cancelled: ``cancelled`` said so.
        DiskFull, EnvironmentProblem: there is no room for it.
    """
    signs = _signs(sound)
    mono = Signal.empty(1, sound.frames, sound.rate, folder)
    for start, block in sound.blocks():
        mono.write(start, (signs @ block)[None].astype(np.float32))
    heard = resample_signal(mono, RATE, folder, cancelled=cancelled)
    if heard is not mono:
        mono.close()
    return Ear(heard)


def _signs(sound: Signal) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """What each channel counts in the mean."""
    weights = np.full(sound.channels, 1 / sound.channels, np.float32)
    if sound.channels == 2:
        middle = side = 0.0
        for _, block in sound.blocks():
            middle += float(np.square(block[0] + block[1], dtype=np.float64).sum())
            side += float(np.square(block[0] - block[1], dtype=np.float64).sum())
        if middle < side * 10 ** (CANCELS_DB / 10):
            weights[1] = -weights[1]
    return weights
