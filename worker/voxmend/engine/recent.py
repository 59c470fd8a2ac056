"""What was measured of sounds not long ago, by their samples.

A job that comes from the cache has the same voice before and after as the job that filled it, and
its diagnosis would take longer than all the rest of it. So the engine remembers the last few. Only
in memory: a diagnosis is a thousandth of the sound, and measured anew it is the same.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from ..audio import Signal

MOST = 32
"""Remembered; the one that was not asked for longest goes first."""

T = TypeVar("T")


class Recent(Generic[T]):
    """The last few answers, by the names of what was asked about."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, ...], T] = OrderedDict()

    def get(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        """The answer, made where it is not known; what ``make`` raises is not kept."""
        if key not in self._known:
            made = make()
            self._known[key] = made
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return self._known[key]


def name_of(sound: Signal | None, check: Callable[[], None] = lambda: None) -> str:
    """A name for a sound that no other has: SHA-256 of rate, shape and samples. Empty for none.

    Args:
        check: called now and then; what it raises ends it.
    """
    if sound is None:
        return ""
    digest = hashlib.sha256(f"{sound.rate} {sound.channels} {sound.frames}\n".encode())
    for _, block in sound.blocks():
        check()
        digest.update(block.data)
    return digest.hexdigest()
