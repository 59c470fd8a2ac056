"""The worker made to stand still: who asks for it, and for how long.

A *hold* is one reason to stand still, under a name of the client's own. The worker works while
there is none. A hold with a lease ends by itself unless it is asked for again in time, so a client
that dies stops nothing for good; a hold without one stays until somebody ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from .errors import BadRequest

USER = "user"
"""The hold of whoever names none: a person's wish."""
LEASE_S = (1.0, 3600.0)
"""The shortest and the longest lease. Longer ones would be no sign of life."""
MAX_HOLD, MAX_WHY = 64, 200
"""Characters."""


def check_hold(hold: Optional[str]) -> None:
    if hold is not None and not 0 < len(hold) <= MAX_HOLD:
        raise BadRequest(f"hold must have 1 to {MAX_HOLD} characters.")


@dataclass(frozen=True)
class Pause:
    """Let nothing run while this hold lasts; asked again, its lease begins anew. Answer: ack with
    the number of holds there are."""

    hold: Optional[str] = None
    lease_s: Optional[float] = None
    why: Optional[str] = None

    def __post_init__(self) -> None:
        check_hold(self.hold)
        least, most = LEASE_S
        if self.lease_s is not None and not least <= self.lease_s <= most:
            raise BadRequest(f"lease_s must lie between {least:g} and {most:g} seconds.")
        if self.why is not None and len(self.why) > MAX_WHY:
            raise BadRequest(f"why must have at most {MAX_WHY} characters.")


@dataclass(frozen=True)
class Resume:
    """End this hold, or all of them where none is named. Answer: ack with the number of holds that
    remain."""

    hold: Optional[str] = None

    def __post_init__(self) -> None:
        check_hold(self.hold)


@dataclass(frozen=True)
class Hold:
    """A hold as it stands. ``by`` is the kind of client, ``left_s`` what is left of its lease,
    absent where it has none."""

    hold: str
    by: str
    since: str
    left_s: Optional[float] = None
    why: Optional[str] = None
