"""How damaged a job's voice was and is, in the words of the record, of job.json and of the report.

``work`` calls it once the sound is there. Of a separated voice the mixture is the source; of a
voice that was alone it is the one the order names, if it names one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from voxmend_protocol.values import Damage, Diagnosis

from ..audio import Signal
from ..damage import NAMES
from ..diagnosis.findings import HOP_S, WINDOW_S, Findings
from ..diagnosis.survey import Survey, listen, survey
from .recent import Recent, name_of

SURVEYS: Recent[Survey] = Recent()
"""By device, voice before, mixture, and the voice that was measured: where it sings is told by the
voice before."""

RANKS = ("none", "unknown", "some", "strong")


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """What was found before and after; ``after`` is None where nothing was to change the voice."""

    before: Survey
    after: Survey | None

    @property
    def record(self) -> Diagnosis:
        """Counts and the worst: what a record carries."""
        return Diagnosis(
            damage_found(self.before), damage_found(self.after) if self.after else None
        )

    def plain(self) -> dict[str, Any]:
        """As it stands in job.json."""
        found: dict[str, Any] = {"window_s": WINDOW_S, "hop_s": HOP_S}
        found["before"] = self.before.findings.plain()
        found["after"] = self.after.findings.plain() if self.after else None
        return found


def diagnose(
    before: Signal,
    after: Signal | None,
    mix: Signal | None,
    device: torch.device,
    check: Callable[[], None],
) -> Diagnosed:
    """Measure a voice before and after; where nothing was changed, once, and not again what was
    measured a moment ago."""
    names = (str(device), name_of(before, check), name_of(mix, check))
    heard = cache(lambda: listen(before, device, check))

    def measured(voice: Signal, name: str) -> Survey:
        return SURVEYS.get((*names, name), lambda: survey(voice, mix, heard(), device, check))

    first = measured(before, names[1])
    if after is None:
        return Diagnosed(first, None)
    if same(before, after):
        return Diagnosed(first, first)
    return Diagnosed(first, measured(after, name_of(after, check)))


def same(one: Signal, other: Signal) -> bool:
    """Whether two signals hold the same samples."""
    return one is other or all(
        np.array_equal(block, other.read(start, block.shape[1])) for start, block in one.blocks()
    )


def damage_found(measured: Survey) -> Damage:
    """Sizes, the number of regions, and the worst."""
    return in_a_record(measured.findings)


def in_a_record(findings: Findings) -> Damage:
    """Findings in the few words of a record."""
    sizes = {each.damage: each.size for each in findings.found}
    regions = findings.regions
    worst = max(regions, key=lambda r: (RANKS.index(r.size), r.value), default=None)
    return Damage(
        **{name: sizes[name] for name in NAMES},
        regions=len(regions),
        worst=None if worst is None else worst.damage,
    )


def curves_of(measured: Survey | None) -> Mapping[str, Any]:
    """For the report."""
    return {} if measured is None else measured.curves
