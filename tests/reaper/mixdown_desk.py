"""A folder with sound files and a small project in it, for tests of the reference renderer.

Sounds are such that a wrong sample, channel or gain tells where it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from reaper.mixdown import (
    Options,
    render,
)
from reaper.mixdown_gain import Array
from reaper.random_projects_text import ItemText, TakeText, TrackText, project_text

RATE = 48000


@dataclass(slots=True)
class Desk:
    """A folder with sound files and one project in it."""

    folder: Path

    def file(self, samples: Array, rate: int = RATE, name: str = "a.wav") -> str:
        soundfile.write(self.folder / name, samples.T, rate, subtype="DOUBLE")
        return name

    def render(self, *tracks: TrackText, options: Options | None = None, law: float = 1.0) -> Array:
        return render(self.write(*tracks, law=law), options)

    def write(self, *tracks: TrackText, law: float = 1.0) -> Path:
        path = self.folder / "p.RPP"
        path.write_text(project_text(RATE, tracks, law), encoding="utf-8")
        return path

    def one(self, item: ItemText, options: Options | None = None, law: float = 1.0) -> Array:
        return self.render(track(item), options=options, law=law)


def track(*items: ItemText, **more: object) -> TrackText:
    made = TrackText("{T}", "one", items=list(items))
    for key, value in more.items():
        setattr(made, key, value)
    return made


def item(take: TakeText, length: float = 1.0, position: float = 0.0, **more: object) -> ItemText:
    made = ItemText("{I}", position, length, [take])
    for key, value in more.items():
        setattr(made, key, value)
    return made


def take(file: str, **more: object) -> TakeText:
    made = TakeText("{K}", file=file, name="a take")
    for key, value in more.items():
        setattr(made, key, value)
    return made


def seconds(length: float, rate: int = RATE) -> Array:
    return np.arange(round(length * rate)) / rate


def sine(hertz: float, length: float, rate: int = RATE, amplitude: float = 0.5) -> Array:
    return np.asarray(amplitude * np.sin(2 * np.pi * hertz * seconds(length, rate)))[None]


def ramp(n: int) -> Array:
    """1, 2, 3, … so that a sample tells where it comes from."""
    return np.arange(1.0, n + 1)[None]


def flat(*values: float, length: float = 2.0) -> Array:
    return np.repeat(np.array(values)[:, None], round(length * RATE), axis=1)


def error_db(heard: Array, wanted: Array) -> float:
    return float(10 * np.log10(np.mean((heard - wanted) ** 2) / np.mean(wanted**2)))
