"""What is wrong with a voice, how badly, and where: numbers and curves turned into findings.

Pure: ``survey`` measures, this names. For ``voxmend diagnose``, for each job's ``job.json``, and
through it for the report and for take markers in REAPER.

Always holds: what cannot be told is ``unknown``, with the reason, and is never called clean or
damaged; no region without a size; a region's value is the worst of its curve, a finding's value the
detectors' own number over the whole clip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..damage import NAMES, Why

HOP_S = 0.4
"""From one value of a curve to the next."""

WINDOW_S = 5 * HOP_S
"""What one value of a curve is read from: a phrase, as long as the guard's shortest regions and as
the stretches in which the detectors' noise was measured."""

BRIDGE = 2
"""Values between two damaged stretches that do not part them."""

Size = Literal["none", "some", "strong", "unknown"]

Curve = npt.NDArray[np.float32]
"""One value each ``HOP_S``, nan where nothing can be told. Shape: (values,)."""

SHORTEST = 3
"""Values in a row that make a region. A value shares its sound with four others, so a lone one
over the limit is chance."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From which number on a damage is ``some``, and from which it is ``strong``."""

    some: Mapping[str, float]
    strong: Mapping[str, float]


LIMITS: Mapping[bool, Limits] = {
    True: Limits(
        {"phase": 0.8, "bandwidth": 0.65, "musical": 0.3, "bleed": 0.5},
        {"phase": 1.5, "bandwidth": 1.2, "musical": 0.8, "bleed": 1.5},
    ),
    False: Limits(
        {"phase": 0.8, "bandwidth": 0.65, "musical": 0.3, "bleed": 0.65},
        {"phase": 1.5, "bandwidth": 1.2, "musical": 0.8, "bleed": 0.85},
    ),
}
"""With a mixture and without. Read off curves of four voices over two backings in ten forms (dry,
in rooms, doubled, dark, with hats): of the values of a clean voice less than one in a hundred lies
over ``some`` (phase 0.79, highs 0.61, chirps 0.08, bleed 0.19), three times the detectors' noise or
more but for phase. Of what was damaged, the middle value is: phase 0.25 rad 0.55, 0.5 rad 1.1, 1
rad 1.7; highs cut at 12 kHz 0.01, at 7 kHz 0.82, at 3.5 kHz 1.5; chirps at -35 dB 0.6, at -25 dB
0.9; bleed at -30 dB 0.36, at -20 dB 1.2, at -10 dB 2.9. Alone, bleed reads 0.52, 0.71 and 0.88, a
long room 0.6 and other voices 1.0: it cannot tell these from bleed."""


@dataclass(frozen=True, slots=True)
class Region:
    """A damaged stretch, in seconds from the clip's start."""

    start_s: float
    end_s: float
    damage: str
    value: float
    size: Size


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of damage over a clip.

    Attributes:
        value: the calibrated number over the whole clip, 0 clean, 1 medium.
        worst: the highest of its curve.
        size: of the worst region; ``none`` where there is no region.
        why: why the size is unknown.
        edge_hz: where the highs end, if they end in an edge: one that nobody can judge, or one
            above which the song surely holds more of the voice.
    """

    damage: str
    value: float
    worst: float
    size: Size
    regions: tuple[Region, ...] = ()
    why: Why | None = None
    edge_hz: float | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in one clip, in the order of ``NAMES``."""

    with_mixture: bool
    seconds: float
    found: tuple[Finding, ...]

    @property
    def regions(self) -> list[Region]:
        """All regions, in order of time."""
        return sorted(
            (r for f in self.found for r in f.regions), key=lambda r: (r.start_s, r.end_s)
        )

    def plain(self) -> dict[str, Any]:
        """As it stands in job.json."""
        return {
            "with_mixture": self.with_mixture,
            "seconds": round(self.seconds, 3),
            "found": {each.damage: _plain(each) for each in self.found},
        }


def find(
    curves: Mapping[str, Curve],
    values: Mapping[str, float],
    unknown: Mapping[str, Why],
    seconds: float,
    with_mixture: bool,
    edge_hz: float | None = None,
    cut_hz: float | None = None,
) -> Findings:
    """Name what the curves hold.

    Args:
        edge_hz: where a voice that is alone ends.
        cut_hz: from where on all of a voice is surely cut off, however high that is.
        values: each number over the whole clip.
        unknown: damage that the clip cannot show at all, and why.
    """
    found = []
    for name in NAMES:
        why = unknown.get(name)
        curve = curves[name]
        inside = () if why else regions(curve, name, seconds, with_mixture)
        highs = name == "bandwidth"
        if highs and cut_hz is not None and not why and not inside:
            inside = (Region(0.0, seconds, name, values[name], "some"),)
        seen = curve[~np.isnan(curve)]
        found.append(
            Finding(
                name,
                values[name],
                float(seen.max()) if len(seen) else 0.0,
                "unknown" if why else worst(inside),
                inside,
                why,
                None if not highs else edge_hz if why else cut_hz and round(cut_hz),
            )
        )
    return Findings(with_mixture, seconds, tuple(found))


def size(damage: str, value: float, with_mixture: bool) -> Size:
    """How bad a number is, in words."""
    limits = LIMITS[with_mixture]
    if value >= limits.strong[damage]:
        return "strong"
    return "some" if value >= limits.some[damage] else "none"


def worst(inside: Sequence[Region]) -> Size:
    """The size of the worst region."""
    sizes = {region.size for region in inside}
    return "strong" if "strong" in sizes else "some" if "some" in sizes else "none"


def regions(curve: Curve, damage: str, seconds: float, with_mixture: bool) -> tuple[Region, ...]:
    """The stretches over which a curve stands at its limit or higher; a short gap in one, or one
    in which nothing can be told, does not part it."""
    over = np.flatnonzero(np.nan_to_num(curve) >= LIMITS[with_mixture].some[damage])
    if not len(over):
        return ()
    cuts = np.flatnonzero(np.diff(over) > BRIDGE + 1) + 1
    found = []
    for run in np.split(over, cuts):
        if len(run) < min(SHORTEST, len(curve)):
            continue
        first, last = int(run[0]), int(run[-1])
        value = float(np.nanmax(curve[first : last + 1]))
        end = min(seconds, (last + 1) * HOP_S)
        named = size(damage, value, with_mixture)
        found.append(Region(first * HOP_S, end, damage, value, named))
    return tuple(found)


def _plain(finding: Finding) -> dict[str, Any]:
    kept = {key: value for key, value in asdict(finding).items() if value is not None}
    del kept["damage"]
    kept["value"], kept["worst"] = round(finding.value, 3), round(finding.worst, 3)
    kept["regions"] = [
        {
            "start_s": round(region.start_s, 3),
            "end_s": round(region.end_s, 3),
            "value": round(region.value, 3),
            "size": region.size,
        }
        for region in finding.regions
    ]
    return kept
