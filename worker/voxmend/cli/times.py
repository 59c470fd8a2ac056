"""Places in a song as people type them: ``60``, ``1:00``, ``1:02.5``, ``1:02:03``."""

from __future__ import annotations

import re

from voxmend_protocol.errors import BadRequest

_PLACE = re.compile(r"(?:(?:([0-9]{1,3}):)?([0-9]{1,3}):)?([0-9]{1,6}(?:\.[0-9]{1,6})?)")
_MOST = 60


def parse_time(option: str, text: str) -> float:
    """Seconds from the beginning.

    Args:
        option: where it was typed.

    Raises:
        BadRequest: it is no such place.
    """
    found = _PLACE.fullmatch(text.strip())
    if found:
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        colons = text.count(":")
        if (not colons or seconds < _MOST) and (colons < 2 or minutes < _MOST):
            return 3600 * hours + 60 * minutes + seconds
    raise BadRequest(f"{option} {text}: write a place in the song such as 60, 1:00 or 1:02.5")
