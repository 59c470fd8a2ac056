"""What earlier jobs tell of the time that the next ones will take. Pure: records go in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from voxmend_protocol import JobRecord

from .forecast import Past
from .summary import past

LOOKED_AT = 400
"""Records that are looked at, newest first."""
TAKEN = 60
"""Jobs of one preset and device that are taken."""


@dataclass(slots=True)
class History:
    """The jobs of one preset, by the device that each was done on."""

    _by_device: dict[str, list[Past]] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[JobRecord], preset: str) -> History:
        """Read records, the newest first."""
        history = cls()
        for record in islice(records, LOOKED_AT):
            told = past(record) if record.preset == preset else None
            if told is not None:
                found = history._by_device.setdefault(record.device or "", [])
                if len(found) < TAKEN:
                    found.append(told)
        return history

    def on(self, device: str | None = None) -> list[Past]:
        """Those of a device; without one, of the device that was used last."""
        if device is not None:
            return self._by_device.get(device, [])
        return next(iter(self._by_device.values()), [])
