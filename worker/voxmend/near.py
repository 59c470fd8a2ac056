"""What somebody may have meant who mistyped a name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST = 80
"""Nobody types more of a name by mistake, and longer ones are slow to compare."""


def meant(typed: str, known: Iterable[str], before: str = "") -> str:
    """“ Did you mean quick?”, to put behind a sentence; empty where nothing is near.

    Args:
        before: stands in front of the name, as a section in front of a setting.
    """
    names = list(known)
    if len(typed) > _LONGEST:
        return ""
    lower = {name.lower(): name for name in names}
    found = difflib.get_close_matches(typed.lower(), lower, 1)
    return f" Did you mean {before}{lower[found[0]]}?" if found else ""
