"""What the guard asks the detectors: what a repair must better, and what it may not worsen.

``diagnosis`` measures, this decides; which numbers a repair is there for it says itself
(``Repair.mends`` and ``spares``). A change within a number's noise is no change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from ..blocks.contract import LOSS, NO_GAIN
from ..diagnosis import bleed
from ..diagnosis.detectors import NAMES, by_its_own, calibration, damage
from ..diagnosis.look import Look

LOSS_NOISE = 0.02
"""Of the loss, as a factor. Clean voices read −.01 to .02 over any two seconds."""

BORNE: Mapping[str, float] = {
    "phase": 0.1, "bandwidth": 0.25, "musical": 0.1, "bleed": 0.1, LOSS: 0.035,
}  # fmt: skip
"""Parts of medium damage: a rise up to them is no worsening. So much higher the truth itself reads
than what hid its consonants, breaths and dark vowels (chirps .03 to .08, highs .13 to .23 over four
voices); a quarter of medium highs is from 16 to 13 kHz. Of the loss as a factor: 0.3 dB."""


@dataclass(frozen=True, slots=True)
class Detectors:
    """How proposals are measured.

    Attributes:
        measure: a look to numbers, higher is worse.
        noise: how much each moves between takes of equal quality.
        borne: how much each may rise even where that is more than its noise: it is not heard.
        alone: a look and a name to about that number, where a quick answer will do; None = there is
            no quicker one than ``measure``.
    """

    measure: Callable[[Look], Mapping[str, float]]
    noise: Mapping[str, float]
    borne: Mapping[str, float] = field(default_factory=dict)
    alone: Callable[[Look, str], float] | None = None

    def nothing_to_mend(self, mends: Sequence[str], before: Look) -> bool:
        """Whether no number that a repair is there for can fall by more than its noise: none goes
        below 0."""
        if self.alone is None:
            return False
        return all(self.alone(before, name) <= self.noise[name] for name in mends)

    def verdict(
        self,
        mends: Sequence[str],
        spares: Sequence[str],
        before: Look,
        after: Look,
        numbers: dict[str, float],
    ) -> tuple[bool, str]:
        """Whether a proposal is kept, and why.

        Args:
            mends: the numbers of which it must better one.
            spares: those it is not asked for.
            numbers: gets each number as it was, and its change.
        """
        old, new = self.measure(before), self.measure(after)
        better, worse = False, ""
        for name, was in old.items():
            if name in spares:
                continue
            change = new[name] - was
            numbers[f"{name}_was"], numbers[name] = was, change
            if self.alone is not None:
                change = _agreed(change, self.alone(after, name) - self.alone(before, name))
            if change > max(self.noise[name], self.borne.get(name, 0.0)):
                worse = worse or f"{name}_worse"
            better = better or (name in mends and change < -self.noise[name])
        if worse:
            return False, worse
        return better, "kept" if better else NO_GAIN


def thorough(detectors: Detectors) -> Detectors:
    """The same without the quick answer: all numbers are read, also where none can get better."""
    return replace(detectors, alone=None)


def _agreed(joint: float, own: float) -> float:
    """The smaller of two changes in one direction, else none: a number moves with the readings of
    the others too, and where those fall much it would seem to rise."""
    return min(joint, own, key=abs) if joint * own > 0 else 0.0


def stored(with_mixture: bool) -> Detectors:
    """The four calibrated detectors, and where there is a mixture the loss."""
    noise = dict(zip(NAMES, calibration(with_mixture).noise, strict=True))
    return Detectors(_measure, {**noise, LOSS: LOSS_NOISE}, BORNE, _quick)


def _quick(look: Look, name: str) -> float:
    return _lost(look) if name == LOSS else by_its_own(look, name)


def _lost(look: Look) -> float:
    """The loss, read once for each look as the four are."""
    if look.mix is None:
        return 0.0
    if LOSS not in look.known:
        look.known[LOSS] = max(0.0, bleed.loss(look).over_all())
    return look.known[LOSS]


def _measure(look: Look) -> dict[str, float]:
    numbers = asdict(damage(look))
    if look.mix is not None:
        numbers[LOSS] = _lost(look)
    return numbers
