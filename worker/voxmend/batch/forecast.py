"""How far a batch is, and how long it will still take. Pure: the clock is passed in.

What a file costs is a fixed part and a part for each second of sound, fitted to past jobs of the
same preset on the same device. The batch's own pace corrects that: seconds that passed for each
second that was foretold. The first file does not count once others have ended, for it waited until
the networks were loaded; one that took far longer than the others counts as thrice the usual.
What is shown never makes a bar fall. The time left counts down; with each file that ends it goes
a part of the way to what is found by then, down quickly, up slowly and by a tenth at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

TYPICAL_S = 200.0
"""Seconds of sound of a file that does not say how long it is, where no other one does."""

NEEDED = 3
"""Files that must have ended before a time is said, where there are no past jobs."""

MEMORY = 0.97
"""How much less a file says of the pace than the one after it."""

RECENT = 200
"""Files whose pace is looked at: of those before them ``MEMORY`` leaves nothing."""

FAR = 3.0
"""So many times the usual a file may count."""

LIKE = 2.0
"""Past jobs tell of files that are so many times longer or shorter, and of no others."""

DOUBT, SLOWER = 3, 1.25
"""If so many files, the first but one and on, took so many times what was foretold, the past jobs
were done on a machine with less to do: what they foretold is given up, once."""

DOWN, UP, RISE = 0.5, 0.2, 1.08
"""How much of the way the time left goes to what is found, and how far above the least said."""
FORGET = 1.02
"""How much of the least said is forgotten with each file: a machine may really become slower."""


@dataclass(frozen=True, slots=True)
class Past:
    """A job that has ended: seconds of sound, and seconds of work."""

    sound_s: float
    took_s: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What a file costs, in seconds of work."""

    fixed_s: float
    per_s: float

    def of(self, sound_s: float) -> float:
        """The cost of a file of so many seconds of sound."""
        return max(1e-6, self.fixed_s + self.per_s * sound_s)

    @classmethod
    def fitted(cls, past: Sequence[Past]) -> Cost | None:
        """The cost that past jobs show: a line through the medians of pairs (Theil and Sen), so
        that no single job that waited bends it; neither part is negative. None without any."""
        known = [p for p in past if p.sound_s > 0 and p.took_s > 0]
        if not known:
            return None
        slopes = [
            (b.took_s - a.took_s) / (b.sound_s - a.sound_s)
            for n, a in enumerate(known)
            for b in known[n + 1 :]
            if abs(b.sound_s - a.sound_s) > 0.1 * max(a.sound_s, b.sound_s)
        ]
        if not slopes:  # all of one length: nobody can tell the parts apart
            return cls(0.0, median(p.took_s / p.sound_s for p in known))
        slope = max(0.0, median(slopes))
        fixed = median(p.took_s - slope * p.sound_s for p in known)
        if fixed < 0:
            return cls(0.0, median(p.took_s / p.sound_s for p in known))
        return cls(fixed, slope)


@dataclass(slots=True)
class Forecast:
    """A batch under way. Every file is known by its place in the list.

    Args:
        sounds: seconds of sound of each file; None where that is not known.
        past: jobs of this preset on this device.
    """

    sounds: Sequence[float | None]
    past: Sequence[Past] = ()
    _costs: list[float] = field(init=False)
    _trusted: bool = field(init=False)
    _running: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Of each file that runs: since when, and how far it is."""
    _gone: set[int] = field(default_factory=set)
    _paces: list[float] = field(default_factory=list)
    _total: float = 0.0
    _done: float = 0.0
    _last_end: float | None = None
    _fraction: float = 0.0
    _left: float | None = None
    _lowest: float = 0.0
    _said_at: float = 0.0

    def __post_init__(self) -> None:
        self._price(Cost.fitted(self.past) or Cost(0.0, 1.0))

    def learn(self, past: Iterable[Past]) -> None:
        """Take other past jobs: which device is used may be known only once a job runs."""
        self.past = tuple(past)
        found = Cost.fitted(self.past)
        if found is not None and not self._paces:
            self._price(found)
            self._left = None

    def skip(self, item: int) -> None:
        """A file is no work: it was done before, or was refused."""
        if item not in self._gone:
            self._gone.add(item)
            self._running.pop(item, None)
            self._total -= self._costs[item]

    def progress(self, item: int, part: float, now: float) -> None:
        """A file runs, and has come so far, from 0 to 1."""
        since, before = self._running.get(item, (now, 0.0))
        self._running[item] = (since, max(part, before))

    def end(self, item: int, now: float) -> None:
        """The work on a file is done."""
        if item in self._gone:
            return
        since, _ = self._running.pop(item, (now, 0.0))
        # From one end to the next: what lies between the jobs is the batch's time too.
        began = since if self._last_end is None else self._last_end
        self._gone.add(item)
        self._done += self._costs[item]
        self._paces.append(max(0.0, now - began) / self._costs[item])
        self._last_end = now
        if self._trusted and len(seen := self._paces[1:]) == DOUBT and min(seen) > SLOWER:
            self._trusted, self._left = False, None
        if self._left is not None:
            shown, found = self.left(now) or 0.0, self._found(now)
            step = DOWN if found < shown else UP
            self._lowest = min(self._lowest * FORGET, shown)
            self._left = min(shown + step * (found - shown), max(shown, RISE * self._lowest))
            self._said_at = now

    @property
    def fraction(self) -> float:
        """How far the batch is, from 0 to 1; it never falls."""
        done = self._done + sum(self._costs[n] * part for n, (_, part) in self._running.items())
        if self._total > 0:
            self._fraction = max(self._fraction, min(1.0, done / self._total))
        return 1.0 if len(self._gone) == len(self.sounds) else self._fraction

    def left(self, now: float) -> float | None:
        """Seconds left, as it is to be shown; None where nobody knows yet."""
        if not self._trusted and len(self._paces) < NEEDED:
            return None
        if self._left is None:
            self._left, self._said_at = self._found(now), now
            self._lowest = self._left
        counted_down = self._left - max(0.0, now - self._said_at)
        # A file that takes longer than was foretold holds it up; it does not rise.
        return max(0.0, counted_down, min(self._left, self._least()))

    def _found(self, now: float) -> float:
        """What is left by all that is known now."""
        pace = self._pace()
        found = self._waiting() * pace
        for item, (since, part) in self._running.items():
            whole = self._costs[item] * pace
            found += (whole * (1 - part) + max(0.0, whole - (now - since))) / 2
        return found

    def _least(self) -> float:
        """What is left at least, if each file that runs ends in half the time it still has."""
        running = sum(self._costs[n] * (1 - part) for n, (_, part) in self._running.items())
        return (self._waiting() + running / 2) * self._pace()

    def _waiting(self) -> float:
        """The cost of all files that have not begun."""
        running = sum(self._costs[n] for n in self._running)
        return max(0.0, self._total - self._done - running)

    def _pace(self) -> float:
        """Seconds that pass for each that was foretold."""
        seen = self._paces[max(1, len(self._paces) - RECENT) :]
        if not seen:
            return 1.0
        usual = median(seen)
        bounded = [min(max(pace, usual / FAR), usual * FAR) for pace in seen]
        if self._trusted:  # what past jobs foretell says as much as one file
            bounded.insert(0, 1.0)
        weights = [MEMORY ** (len(bounded) - 1 - n) for n in range(len(bounded))]
        return sum(map(float.__mul__, weights, bounded)) / sum(weights)

    def _price(self, cost: Cost) -> None:
        """Set what each file costs."""
        known = [sound for sound in self.sounds if sound is not None]
        usual = fmean(known) if known else TYPICAL_S
        lengths = [past.sound_s for past in self.past]
        self._trusted = bool(lengths) and min(lengths) / LIKE <= usual <= max(lengths) * LIKE
        self._costs = [cost.of(usual if sound is None else sound) for sound in self.sounds]
        self._total = sum(c for n, c in enumerate(self._costs) if n not in self._gone)
        self._done = 0.0
