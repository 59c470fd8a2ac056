"""Where the gaps of a voice are, decided once for a clip: long, sure, and within a budget of risk.

A frame that is taken for a gap in error costs voice, one that is missed costs nothing but residual.
So frames are first joined to stretches by the least total cost, where a change of mind costs too
(Viterbi, IEEE Trans. IT 13, 1967); then stretches are taken in the order of their risk, until what
they may hold of the voice's energy, by the network's own word, reaches a limit for the clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from torch import Tensor

CAUTION = 15.0
"""A frame of voice that is lowered costs as much as so many of a gap that are not. On five songs,
each judged by a network that never heard it, at 6 three phrases are lowered in whole songs, at 12
one, at 18 none (docs/repair.md)."""

CHANGE = 40.0
"""What a change of mind costs, in frames of a gap: 0.8 s. At 12 a gain moves twice as often."""

MARGIN_S = 0.15
"""Left of a stretch at either side, beside a phrase."""

SHORTEST_S = 1.0

BUDGET = 0.001
"""Share of the voice's energy, by the network's word, that all stretches together may hold."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Frames ``first`` up to, not including, ``end``.

    Attributes:
        risk: share of the clip's voice that it may hold.
    """

    first: int
    end: int
    risk: float


def gaps(sings: Tensor, power: Tensor, step_s: float, caution: float = CAUTION) -> list[Gap]:
    """The gaps of a clip, in order.

    Args:
        sings: how surely each frame holds a voice. Shape: (frames,).
        power: of the voice so far. Shape: (frames,).
        step_s: from one frame to the next.
        caution: what a frame of voice costs, in frames of a gap.
    """
    closed = least_cost((1 - sings).tolist(), (caution * sings).tolist())
    margin, shortest = round(MARGIN_S / step_s), SHORTEST_S / step_s
    held = (sings * power).double()
    whole = float(held.sum())
    found = []
    for first, end in _runs(closed):
        first += margin if first else 0
        end -= margin if end < len(closed) else 0
        if end - first >= shortest:
            risk = float(held[first:end].sum()) / whole if whole > 0 else 0.0
            found.append(Gap(first, end, risk))
    spent, chosen = 0.0, []
    for gap in sorted(found, key=lambda gap: gap.risk / (gap.end - gap.first)):
        spent += gap.risk
        if spent > BUDGET:
            break
        chosen.append(gap)
    return sorted(chosen, key=lambda gap: gap.first)


def least_cost(off: Sequence[float], on: Sequence[float]) -> list[bool]:
    """The cheapest way through two states, where each change costs ``CHANGE``.

    Args:
        off, on: what each frame costs in either state, as long as each other, at least one.

    Examples:
        >>> least_cost([1.0] * 80 + [0.0] * 80, [0.0] * 80 + [1.0] * 80).count(True)
        80
        >>> any(least_cost([0.0] * 80 + [1.0] * 9 + [0.0] * 80, [0.5] * 169))
        False
    """
    to_off, to_on = off[0], on[0]
    stayed: list[tuple[bool, bool]] = []
    for cost_off, cost_on in zip(off[1:], on[1:], strict=True):
        was = to_off <= to_on + CHANGE, to_on <= to_off + CHANGE
        to_off, to_on = (
            min(to_off, to_on + CHANGE) + cost_off,
            min(to_on, to_off + CHANGE) + cost_on,
        )
        stayed.append(was)
    state = to_on < to_off
    path = [state]
    for off_stays, on_stays in reversed(stayed):
        state = state if (on_stays if state else off_stays) else not state
        path.append(state)
    return path[::-1]


def _runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    found, place = [], 0
    for flag, run in groupby(flags):
        start, place = place, place + len(list(run))
        if flag:
            found.append((start, place))
    return found


def expected_db(sings: Tensor, power: Tensor, gain_db: Tensor) -> float:
    """By how much the residual is lowered on the mean of the time in which nobody sings, by the
    network's own word, dB. Silence does not count.

    Args:
        gain_db: of each frame, at most 0. Shape: (frames,).
    """
    residual = ((1 - sings) * (power > 0)).double()
    return float((residual * gain_db).sum() / residual.sum().clamp_min(1e-30))
