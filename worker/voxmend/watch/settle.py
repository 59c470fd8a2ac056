"""When a file is at rest: pure. Observations and a clock go in, what to do comes out.

``scan`` brings a stamp of every candidate, ``observe`` counts for how long each has stood still,
``due`` says which are worth a look inside, and ``judge`` what such a look means. The clock is not
trusted: one observation is worth at most one step, whatever the clock says, so neither a jump nor
a laptop's sleep makes a file that is being written look old; a clock that goes back adds nothing.
Nothing is decided here that a restart could lose: without memory every wait only begins anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Verdict = Literal["unseen", "complete", "doubtful", "unfinished", "wrong"]
"""What a look inside said. doubtful: it ends in zeros, a program has it open for writing, or
nothing in it says how long it should be. unfinished: its header promises more than is there, or
there is no sound in it yet. wrong: no sound, and not the beginning of one."""

Step = Literal["take", "wait", "complain"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of a file; equal stamps mean that nobody has touched it."""

    size: int
    mtime_ns: int
    ctime_ns: int

    def same_contents(self, other: Stamp) -> bool:
        """Whether it most likely holds the same, be its rights or its name another."""
        return (self.size, self.mtime_ns) == (other.size, other.mtime_ns)


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient we are, in seconds of standing still.

    Attributes:
        look_s: how often files that wait are observed.
        settle_s: before a file is opened at all.
        doubt_s, wrong_s, unfinished_s: before a file of that verdict is taken, or complained of.
    """

    look_s: float
    settle_s: float
    doubt_s: float = 30.0
    wrong_s: float = 15.0
    unfinished_s: float = 120.0

    @property
    def step_s(self) -> float:
        """The most that one observation is worth."""
        return 2 * self.look_s

    def patience(self, verdict: Verdict) -> float:
        """For how long a file of this verdict must stand still before it is looked at."""
        more = {"doubtful": self.doubt_s, "wrong": self.wrong_s, "unfinished": self.unfinished_s}
        return max(self.settle_s, more.get(verdict, 0.0))


LOCAL = Pace(look_s=1.0, settle_s=3.0)
POLLED = Pace(look_s=5.0, settle_s=10.0)
"""Over a network sizes and times come late."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A candidate: its stamp, for how long that has not changed, what the last look said."""

    stamp: Stamp
    seen_at: float
    quiet_s: float = 0.0
    verdict: Verdict = "unseen"


def observe(
    known: Mapping[str, Waiting], seen: Mapping[str, Stamp], now: float, pace: Pace
) -> dict[str, Waiting]:
    """The candidates after one more observation, in the order in which they came.

    Args:
        known: as the last call returned them.
        seen: every candidate that is there now.
        now: seconds, of whatever clock.
    """
    after: dict[str, Waiting] = {}
    for name, old in known.items():
        if name in seen and old.stamp == seen[name]:
            passed = min(max(now - old.seen_at, 0.0), pace.step_s)
            after[name] = replace(old, seen_at=now, quiet_s=old.quiet_s + passed)
    for name, stamp in seen.items():
        if name not in after:
            after[name] = Waiting(stamp, now)
    return after


def due(candidate: Waiting, pace: Pace) -> bool:
    """Whether it has stood still for long enough to be looked at, or looked at again."""
    return candidate.quiet_s >= pace.patience(candidate.verdict)


def judge(candidate: Waiting, verdict: Verdict, pace: Pace) -> Step:
    """What to do after a look that found the candidate's own stamp before and after it."""
    if candidate.quiet_s < pace.patience(verdict):
        return "wait"
    return "complain" if verdict in ("unfinished", "wrong") else "take"
