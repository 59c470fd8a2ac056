"""One check's outcome, and what checks are told.

``ok`` needs no words of advice; every ``warn`` and ``fail`` says why it matters and what to type.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..installation.program import installed
from ..paths import Paths

Health = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome.

    Attributes:
        detail: what was found.
        why: what it is good for, where it is not well.
        fix: what to type then.
        facts: figures, for ``--json``.
    """

    id: str
    title: str
    health: Health
    detail: str
    why: str = ""
    fix: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """What is examined.

    Attributes:
        measure_s: seconds that the self-measurement may take; 0: none.
        media: a folder of sound that the worker must be able to use.
    """

    paths: Paths
    measure_s: float = 10.0
    media: Path | None = None


Check = Callable[[Case], Finding]


def reinstall() -> str:
    """What brings the packages of this voxmend in order again."""
    if installed() is not None:
        return "run the installer again: install.ps1" if sys.platform == "win32" else (
            "run the installer again: sh installers/install.sh"
        )  # fmt: skip
    return "sh installers/run.sh doctor"
