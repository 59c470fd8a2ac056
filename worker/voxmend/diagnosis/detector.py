"""What all four detectors have in common: sums over time, and a reading of them over any stretch.

A detector ``gather``s, for each moment of a look, numbers that may be added up; a reading over any
stretch is then ``read`` from their sums, and ``why`` says where a stretch tells nothing. So a clip
of any length is measured in looks, and a curve costs no second pass. For ``detectors`` (a region at
once) and ``survey`` (a clip, streamed).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ..damage import Why
from .look import Look

SUNG_S = 0.2
"""A stretch with less singing says nothing of phase and highs."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What adds up.

    Attributes:
        sums: one row for each number, one column for each moment. Shape: (numbers, moments).
        step_s: seconds from one moment to the next.
    """

    sums: Tensor
    step_s: float


@dataclass(frozen=True, slots=True)
class Setting:
    """What a stretch is read beside.

    Attributes:
        alone: there is no mixture.
        sung_power: mean square where somebody sings, over the clip; 0 = this stretch must do.
    """

    alone: bool
    sung_power: float = 0.0

    @classmethod
    def of(cls, look: Look) -> Setting:
        """Of a look."""
        return cls(look.mix is None, look.sung_power)


class Detector(ABC):
    """One kind of damage, as a number that is not calibrated yet: higher is worse, at least 0."""

    name: ClassVar[str]

    @abstractmethod
    def gather(self, look: Look) -> Gathered:
        """What ``read`` takes, moment by moment."""

    @abstractmethod
    def read(self, sums: Sequence[float], beside: Setting) -> float:
        """The sums of ``gather`` over any stretch as one reading."""

    @abstractmethod
    def why(self, sums: Sequence[float], beside: Setting) -> Why | None:
        """Why the stretch of these sums says nothing; None if it does."""

    def damage(self, look: Look) -> float:
        """The reading of a whole look."""
        return self.read(self.gather(look).sums.double().sum(-1).tolist(), Setting.of(look))


def only_with_mixture(sung_s: float, beside: Setting) -> Why | None:
    """``why`` of what a voice alone does not show: a guessed phase reads as a room does, and a dull
    recording as a muffled one."""
    if sung_s < SUNG_S:
        return "no_voice"
    return "no_mixture" if beside.alone else None
