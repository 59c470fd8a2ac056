"""A voice on its way through a plan, and one stage of that way.

A ``Track`` is a value: a stage takes one and gives the next. What a stage is to make, and under
which key it may lie in the cache already, is a ``Stage``; how it is made, ``runner`` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..audio.signal import Signal
from .context import Context
from .naming import Key
from .plan import BlockRun
from .trial import Ways, may_end_in
from .weigh import Decision


@dataclass(frozen=True, slots=True)
class Track:
    """A voice, and all that went into it.

    Attributes:
        signal: None before the separator: there is no voice yet.
        decisions: of the guard, of the last stage.
    """

    signal: Signal | None
    key: Key
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a plan over one track.

    Attributes:
        before: the track it begins with.
        members: of a combiner, what its members made of that track.
        guarded: its proposal is judged, since there is a voice to compare it with.
    """

    step: BlockRun
    before: Track
    context: Context
    guarded: bool = False
    members: tuple[Track, ...] = field(default=())

    @property
    def voices(self) -> list[Signal]:
        """What the block hears beside the mixture."""
        tracks = self.members or (self.before,)
        return [track.signal for track in tracks if track.signal is not None]

    def key(self, precision: str) -> Key:
        """Of what it makes in this precision."""
        hashes = self.context.networks.hashes(self.step.block)
        members = [member.key for member in self.members]
        return self.before.key.then(self.step, precision, hashes, members, self.guarded)

    def found(self, ways: Ways) -> Track | None:
        """What the cache holds of it: in the precision that was chosen, or in the one it had to be
        made in when the same was chosen."""
        cache = self.context.cache if self.context.digest else None
        if cache is None:  # or the source cannot be told from another
            return None
        for precision in may_end_in(ways):
            key = self.key(precision)
            entry = cache.find(key.name)
            if entry is None:
                continue
            signal, facts = entry
            decisions = _decisions(facts)
            if decisions is not None and ways.chosen in (precision, facts.get("chosen")):
                return Track(signal, key, decisions)
            signal.close()
        return None

    def kept(
        self, signal: Signal, precision: str, chosen: str, decided: Sequence[Decision]
    ) -> Track:
        """What was made of it, put into the cache.

        Args:
            precision: that it was made in; ``chosen`` is what it began in.
        """
        key = self.key(precision)
        if self.context.cache is not None and self.context.digest:
            facts = {
                "block": self.step.name,
                "chosen": chosen,
                "decisions": [asdict(decision) for decision in decided],
            }
            self.context.cache.keep(key.name, signal, facts)
        return Track(signal, key, tuple(decided))


def _decisions(facts: Mapping[str, Any]) -> tuple[Decision, ...] | None:
    """A cached stage's decisions; None if they are not what a stage writes."""
    try:
        return tuple(Decision(**decision) for decision in facts["decisions"])
    except (KeyError, TypeError, ValueError):
        return None
