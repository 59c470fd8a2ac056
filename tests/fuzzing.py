"""What the fuzz tests share: how many cases, which, and how bytes are spoilt.

The test command runs a short form, `make fuzz` the whole (it sets ``VOXMEND_FUZZ=whole``). All is
seeded: a case that fails is named by its number and comes again. One that was found is kept in
tests/fuzz/corpus/<kind>/ and is tried first, in both forms.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

CORPUS = Path(__file__).parent / "fuzz" / "corpus"
WHOLE = os.environ.get("VOXMEND_FUZZ") == "whole"


def rounds(whole: int, short: int) -> int:
    """How many cases to try: ``whole`` under `make fuzz`, else ``short``."""
    return whole if WHOLE else short


def found(kind: str) -> list[Path]:
    """The cases of this kind that once failed."""
    folder = CORPUS / kind
    return sorted(folder.iterdir()) if folder.is_dir() else []


def mutants(seeds: Sequence[bytes], count: int, seed: int = 1) -> Iterator[tuple[int, bytes]]:
    """``count`` spoilt copies of ``seeds``, each with its number: bits turned, bytes set to
    extremes, pieces cut, doubled, moved, taken from another seed, or put in at random."""
    for number in range(count):
        chance = random.Random(f"{seed}:{number}")
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 4, 8))):
            _spoil(data, seeds, chance)
        yield number, bytes(data)


def _spoil(data: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    # Headers stand first, and most of what a parser decides hangs on them.
    end = len(data) if chance.random() < 0.5 else min(len(data), 128)
    at = chance.randrange(end + 1)
    length = min(chance.choice((1, 1, 2, 4, 16, 256)), len(data) - at)
    what = chance.randrange(8)
    if what == 0 and length:
        data[at] ^= 1 << chance.randrange(8)
    elif what == 1:
        data[at : at + length] = bytes([chance.choice((0x00, 0x7F, 0x80, 0xFF))]) * length
    elif what == 2:
        del data[at : at + length]
    elif what == 3:
        del data[at:]
    elif what == 4:
        data[at:at] = data[at : at + length]
    elif what == 5:
        data[at:at] = chance.randbytes(chance.choice((1, 4, 64)))
    elif what == 6:
        other = chance.choice(seeds)
        start = chance.randrange(len(other) + 1)
        data[at : at + length] = other[start : start + length]
    else:
        data[at : at + length] = chance.randbytes(length)
