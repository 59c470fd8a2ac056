"""Presets whose files wait for something that is not their fault: pure.

No model, no room, no right to write: a thousand files would fail for one reason. So the first that
meets it holds back all of its preset, and after a while, which doubles each time, one of them tries
again, until one gets through.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

FIRST_S, MOST_S = 60.0, 900.0
"""Before the next one tries."""


@dataclass(slots=True)
class Holds:
    """By preset: why its files wait, since when, and for how long."""

    _held: dict[str, tuple[str, float, float]] = field(default_factory=dict)

    def __contains__(self, preset: str) -> bool:
        return preset in self._held

    def hold(self, preset: str, sentence: str, now: float) -> bool:
        """Hold a preset's files back, or for longer; whether the reason is a new one."""
        old = self._held.get(preset)
        pause = min(2 * old[2], MOST_S) if old else FIRST_S
        self._held[preset] = (sentence, now, pause)
        return old is None or old[0] != sentence

    def may_try(self, preset: str, flying: Collection[str], now: float) -> bool:
        """Whether a file of the preset may be sent, given the presets of those in flight."""
        if preset not in self._held:
            return True
        _, since, pause = self._held[preset]
        # A clock that went back must not hold them for ever.
        return not since <= now < since + pause and preset not in flying

    def lift(self, preset: str) -> bool:
        """One got through; whether there was a hold."""
        return self._held.pop(preset, None) is not None

    def idle(self, wanted: Collection[str]) -> list[str]:
        """The presets that are held and that nobody waits for."""
        return [preset for preset in self._held if preset not in wanted]
