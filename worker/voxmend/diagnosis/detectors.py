"""The four detectors, jointly calibrated: one number for each kind of damage.

A linear map of all four readings, fitted on damage of known kind and size, takes out what one kind
does to another's reading. 0 is a clean voice, 1 damage of medium size: a phase turned by 0.5 rad,
highs cut off at 7 kHz, musical noise at −25 dB, bleed at −20 dB. The fit is data,
``calibration.json``, made by ``python -m voxmend_bench.fit``; with a mixture and without
are two fits.

For the guard and the diagnosis: they decide, this measures.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from ..damage import NAMES as NAMES
from .bandwidth import BANDWIDTH
from .bleed import BLEED
from .detector import Detector
from .look import Look
from .musical import MUSICAL
from .phase import PHASE

DETECTORS: Mapping[str, Detector] = {each.name: each for each in (PHASE, BANDWIDTH, MUSICAL, BLEED)}
"""By name, in the order of ``NAMES``."""


@dataclass(frozen=True, slots=True)
class Damage:
    """How damaged a voice is, kind by kind: 0 clean, 1 medium, at least 0."""

    phase: float
    bandwidth: float
    musical: float
    bleed: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fit.

    Attributes:
        weights: one row for each detector, one column for each raw reading.
        offset: what is added.
        noise: how much a number moves between takes of equal quality.
    """

    weights: tuple[tuple[float, ...], ...]
    offset: tuple[float, ...]
    noise: tuple[float, ...]

    def __call__(self, readings: tuple[float, ...]) -> Damage:
        """Readings in the order of ``NAMES`` to damage."""
        return Damage(
            *(
                max(0.0, sum(w * x for w, x in zip(row, readings, strict=True)) + offset)
                for row, offset in zip(self.weights, self.offset, strict=True)
            )
        )


def reading(look: Look, name: str) -> float:
    """What one detector reads, before the calibration; made once for each look."""
    if name not in look.known:
        look.known[name] = DETECTORS[name].damage(look)
    return look.known[name]


def readings(look: Look) -> tuple[float, ...]:
    """What the four read, before the calibration."""
    return tuple(reading(look, name) for name in NAMES)


def damage(look: Look) -> Damage:
    """How damaged the voice of this look is."""
    return calibration(look.mix is not None)(readings(look))


def by_its_own(look: Look, name: str) -> float:
    """One number by its own reading alone: what the others add is less than its noise. For a quick
    answer where there is no such damage."""
    fit, n = calibration(look.mix is not None), NAMES.index(name)
    return max(0.0, fit.weights[n][n] * reading(look, name) + fit.offset[n])


@functools.cache
def calibration(with_mixture: bool) -> Calibration:
    """The stored fit."""
    text = resources.files(__package__).joinpath("calibration.json").read_text("utf-8")
    fit = json.loads(text)["with_mixture" if with_mixture else "alone"]
    return Calibration(
        tuple(tuple(row) for row in fit["weights"]), tuple(fit["offset"]), tuple(fit["noise"])
    )
