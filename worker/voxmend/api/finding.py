"""What is wrong with a voice, and where, as ``voxmend.diagnose`` gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxmend_protocol import JobRecord
from voxmend_protocol.values import Warned

from ..diagnosis.findings import Finding, Region
from ..report import facts


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The damage of one voice.

    Attributes:
        found: by name, ``phase`` (metallic), ``bandwidth`` (muffled), ``musical`` (chirps) and
            ``bleed`` (the band is still there): each with ``size`` (``none``, ``some``, ``strong``
            or ``unknown``), ``value`` (0 clean, 1 medium), and ``regions``, the stretches.
        with_mixture: whether the song was there too; without it less can be told.
        seconds: how long the voice is.
        warnings: what you should know, each with ``code`` and ``message``.
        job: the id of the job that looked.
    """

    found: Mapping[str, Finding]
    with_mixture: bool
    seconds: float
    warnings: tuple[Warned, ...] = ()
    job: str | None = None

    def __getitem__(self, damage: str) -> Finding:
        return self.found[damage]

    @property
    def regions(self) -> list[Region]:
        """All damaged stretches, in order of time, in seconds from the start of the clip."""
        every = [region for finding in self.found.values() for region in finding.regions]
        return sorted(every, key=lambda region: (region.start_s, region.end_s))


def read(record: JobRecord) -> Diagnosis:
    """What a job has found, from the ``job.json`` in its folder.

    Raises:
        InputMissing, InputUnreadable: it is not there, or not as voxmend writes it.
    """
    told = facts.read(Path(record.folder or ""))
    before = told.at("damage.before") or {}
    found = {name: _finding(name, each) for name, each in (before.get("found") or {}).items()}
    return Diagnosis(
        found, bool(before.get("with_mixture")), float(before.get("seconds") or 0.0),
        record.warnings, record.job,
    )  # fmt: skip


def _finding(damage: str, told: Mapping[str, Any]) -> Finding:
    regions = tuple(
        Region(each["start_s"], each["end_s"], damage, each["value"], each["size"])
        for each in told.get("regions") or ()
    )
    return Finding(
        damage, told.get("value") or 0.0, told.get("worst") or 0.0, told.get("size") or "unknown",
        regions, told.get("why"), told.get("edge_hz"),
    )  # fmt: skip
