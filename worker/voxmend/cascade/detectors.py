"""What the guard asks the detectors: what a stage must better, and what it may not worsen.

``diagnose`` measures, this decides. A change within a number's noise is no change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from ..diagnose import bleed
from ..diagnose.detectors import NAMES, by_its_own, calibration, damage
from ..diagnose.look import Look

NO_GAIN = "no_gain"
"""The reason of a verdict where a proposal betters nothing that it is there for."""

LOSS = "loss"
"""Voice that went into the band: no damage that a block here can mend, but one that it can do."""

LOSS_NOISE = 0.02
"""Of the loss, as a factor. Clean voices read −.01 to .02 over any two seconds."""

OWN: Mapping[str, tuple[str, ...]] = {
    "denoise": ("musical", "bleed"),
    "phase": ("phase",),
    "bandwidth": ("bandwidth",),
}
"""Stage to the numbers of which it must better one."""

SPARED: Mapping[str, tuple[str, ...]] = {
    # Both carry the voice on the mixture's phase, so what the mixture keeps is coherent with it and
    # would be called loss, and by the phase stage bleed; what that lets in of the band it weighs
    # itself, cell by cell, against the error it takes out.
    "phase": ("bleed", LOSS),
    "bandwidth": (LOSS,),
}
"""Stage to the numbers it is not asked for."""


@dataclass(frozen=True, slots=True)
class Detectors:
    """How proposals are measured.

    Attributes:
        measure: a look to numbers, higher is worse.
        noise: how much each moves between takes of equal quality.
        own: stage to the numbers of which it must better one.
        spared: stage to the numbers it is not asked for.
        alone: a look and a name to about that number, where a quick answer will do; None = there is
            no quicker one than ``measure``.
    """

    measure: Callable[[Look], Mapping[str, float]]
    noise: Mapping[str, float]
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alone: Callable[[Look, str], float] | None = None

    def nothing_to_mend(self, stage: str, before: Look) -> bool:
        """Whether no number that the stage must better can fall by more than its noise: none goes
        below 0."""
        own = self.own.get(stage, ())
        if self.alone is None or not own:
            return False
        return all(self.alone(before, name) <= self.noise[name] for name in own)

    def verdict(
        self, stage: str, before: Look, after: Look, numbers: dict[str, float]
    ) -> tuple[bool, str]:
        """Whether a proposal is kept, and why.

        Args:
            numbers: gets each number as it was, and its change.
        """
        old, new = self.measure(before), self.measure(after)
        own = self.own.get(stage, ())
        better = not own
        worse = ""
        for name, was in old.items():
            if name in self.spared.get(stage, ()):
                continue
            change = new[name] - was
            numbers[f"{name}_was"], numbers[name] = was, change
            if change > self.noise[name]:
                worse = worse or f"{name}_worse"
            better = better or (name in own and change < -self.noise[name])
        if worse:
            return False, worse
        return better, "kept" if better else NO_GAIN


def stored(with_mixture: bool) -> Detectors:
    """The four calibrated detectors, and where there is a mixture the loss."""
    noise = dict(zip(NAMES, calibration(with_mixture).noise, strict=True))
    return Detectors(_measure, {**noise, LOSS: LOSS_NOISE}, OWN, SPARED, by_its_own)


def _measure(look: Look) -> dict[str, float]:
    numbers = asdict(damage(look))
    if look.mix is not None:
        numbers[LOSS] = max(0.0, bleed.loss(look).over_all())
    return numbers
