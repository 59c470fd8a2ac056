"""Names of earlier releases: presets and blocks that are gone, and what stands in their place.

An old preset's name is understood until the release ``UNTIL``, and whoever asks by it is told. A
preset of the user's own that has such a name keeps it. A block that is gone is never replaced in
silence: its parameters meant something else, so its file is refused with what to write.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

UNTIL = "0.2"
"""The release that knows these preset names no more."""

PRESETS = {"preview": "quick", "light": "quick"}

BLOCKS = {"separate.midside": "separate.spleeter", "separate.repetition": "separate.spleeter"}

PARAMS = {"separate.pan": "separate.midside"}
"""Parameters that only such a block had, as ``--set`` wrote them."""


@dataclass(frozen=True, slots=True)
class Named:
    """The preset that is meant by a name.

    Attributes:
        name: what it is called today.
        remark: what whoever used an old name is to be told; empty for a name of today.
    """

    name: str
    remark: str = ""


def named(name: str, known: Collection[str]) -> Named:
    """Which preset is meant; a name that nobody knows stays as it is.

    Args:
        known: the names of all presets there are, the user's too.
    """
    if name in known or name not in PRESETS:
        return Named(name)
    new = PRESETS[name]
    return Named(
        new,
        f"The preset {name} has been replaced by {new}; use that name: voxmend {UNTIL} will not "
        "know the old one.",
    )


def owner_of(key: str) -> str | None:
    """The block that is gone to which a parameter belonged."""
    block = key.rpartition(".")[0]
    return block if block in BLOCKS else PARAMS.get(key)
