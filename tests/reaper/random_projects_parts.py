"""What random projects are made of: the dice, the sound files, items that belong together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import soundfile
from reaper.random_projects_text import ItemText

HALF = 0.5  # s between gaps
GAP = 0.02  # s of silence at either side of a half second, and the same again to rise
RATES = (44100, 48000, 96000)
SUBTYPES = ("PCM_16", "PCM_24", "FLOAT")
COUNTS = (1, 2, 2, 4)


@dataclass(frozen=True, slots=True)
class File:
    name: str
    rate: int
    channels: int
    length: float


@dataclass(slots=True)
class Unit:
    """Items that are placed together, and share their class."""

    items: list[ItemText]
    kind: str
    features: list[str]


@dataclass(slots=True)
class Maker:
    random: Random
    rate: int
    low: bool
    files: list[File] = field(default_factory=list)

    def guid(self) -> str:
        text = f"{self.random.getrandbits(128):032X}"
        return f"{{{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}}}"

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def on_grid(self, time: float, rate: int | None = None) -> float:
        rate = rate or self.rate
        return round(time * rate) / rate


def write_source(maker: Maker, media: Path, seed: int, index: int) -> File:
    """Noise and tones at about −18 dB. The first two files have the project's own rate."""
    random = maker.random
    rate = maker.rate if index < 3 else random.choice(RATES)
    channels = COUNTS[index % len(COUNTS)]
    length = random.randint(6, 12) * HALF
    n = round(length * rate)
    noise = np.random.default_rng(random.getrandbits(32))
    samples = noise.normal(0.0, 0.1, (n, channels))
    if maker.low:
        spectrum = np.fft.rfft(samples, axis=0)
        spectrum[np.fft.rfftfreq(n, 1 / rate) > 3900.0] = 0
        samples = np.fft.irfft(spectrum, n, axis=0) * 2.0
    time = np.arange(n)[:, None] / rate
    for _ in range(3):
        phase = noise.uniform(0, 2 * np.pi, channels)
        samples += 0.05 * np.sin(2 * np.pi * random.uniform(100, 3500) * time + phase)
    if maker.low:
        away = np.abs(time - HALF * np.round(time / HALF))
        samples *= 0.5 - 0.5 * np.cos(np.pi * np.clip((away - GAP) / GAP, 0, 1))
    name = f"source_{seed}_{index}.wav"
    soundfile.write(media / name, np.clip(samples, -0.99, 0.99), rate, subtype=SUBTYPES[index % 3])
    return File(name, rate, channels, n / rate)
