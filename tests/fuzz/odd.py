"""Documents that are whole and still odd: values of another kind where one is expected, names that
reach elsewhere, numbers without measure, nesting without end. And how a case is judged."""

from __future__ import annotations

import copy
import itertools
import json
import os
import random
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import fuzzing
import pytest

from voxmend.cli.memory import resident
from voxmend_protocol.errors import BY_CODE, InternalError, VoxmendError

GROWTH = 10_000_000
"""Bytes that memory may grow by after the first fifth of many cases."""


NAMES = (
    *("", ".", "..", "../x", "/etc/passwd", "C:\\x", "C:x", "\\\\host\\share\\x", "NUL", "con.wav"),
    *("a" * 5000, "x:y", "x.", "x ", "\x00", "\x1b[2J", "\u202e", "a\nb", "{", "%s%n", "nan"),
)
"""Words where a name or another word is expected."""

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**53, 2**63, 2**64, -(2**63), 10**400, 1e308, -1e308),
    *(0.5, -0.0, 1e-320, [], {}, [[]], {"": {}}, [None], [1, "a", {}], {"name": "x", "file": 3}),
    *NAMES,
)

GONE = object()
"""In place of a value: that it is taken away."""

TOML = (
    *("[]", "{}", "{a = 1}", "[[1], [2]]", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z"),
    *("nan", "inf", "-inf", "0xffffffffffffffffffff", "9" * 5000, "1e999", "true", '""', "-1"),
    *(
        "'''\n'''",
        '"\\u0000"',
        '"\\u001b[2J"',
        "[" * 3000,
        "[" * 200 + "]" * 200,
        "{a = {b = [1]}}",
    ),
    *(f'"{name}"' for name in ("..", "../x", "C:\\\\x", "NUL", "a" * 3000)),
)
"""Values as a document writes them."""


def cases(
    kind: str, seeds: Sequence[bytes], whole: int, short: int, *more: Iterable[bytes]
) -> Iterator[tuple[str, bytes]]:
    """Cases with their names: those found before, then spoilt bytes and odd documents in turns."""
    for file in fuzzing.found(kind):
        yield file.name, file.read_bytes()
    count = fuzzing.rounds(whole, short)
    spoilt = fuzzing.mutants(seeds, count)
    odd = [iter(each) for each in more]
    for number, data in spoilt:
        which = number % (len(odd) + 1)
        yield f"{kind} {number}", data if which == 0 else next(odd[which - 1])


def spoilt(seeds: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """One spoilt copy."""
    return (data for _, data in fuzzing.mutants(seeds, 1, seed))


def judge(cases: Iterable[tuple[str, bytes]], attempt: Callable[[bytes], object]) -> int:
    """Try every case: it is taken, or refused with a code that is not a defect's; memory stays flat
    after the first fifth. How many were taken."""
    taken = 0
    sizes: list[int] = []
    for name, data in cases:
        wrong, fine = _tried(attempt, data)
        if wrong:
            pytest.fail(f"{name}: {wrong}")
        taken += fine
        if fuzzing.WHOLE:
            sizes.append(resident([os.getpid()]) or 0)
    grown = sizes[-1] - sizes[len(sizes) // 5] if sizes else 0
    assert grown < GROWTH, f"{grown / 1e6:.1f} MB grown"
    return taken


def _tried(attempt: Callable[[bytes], object], data: bytes) -> tuple[str, bool]:
    """What is wrong with how a case ended, and whether it was taken."""
    try:
        attempt(data)
    except VoxmendError as error:
        if isinstance(error, InternalError) or error.code not in BY_CODE:
            return f"{error.code}: {error}", False
        if len(error.message) > 4000 or "Traceback" in error.message:
            return f"no sentence: {error.message[:200]}", False
        return "", False
    except Exception as error:  # noqa: BLE001  what is looked for
        traceback.print_exc()
        return f"{type(error).__name__}: {error!s:.200}", False
    return "", True


def of_json(seeds: Sequence[Any], seed: int = 2) -> Iterator[bytes]:
    """Documents in which one to three values are others."""
    number = 0
    while True:
        chance = random.Random(f"{seed}:{number}")
        number += 1
        told = copy.deepcopy(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 3))):
            told = _changed(told, chance)
        text = json.dumps(told)
        if chance.random() < 0.05:
            text = text.replace(" 0", " NaN", 1).replace("[", "[" * 5000, 1)
        if chance.random() < 0.05:
            text = text.replace('"', '"\\ud800', 1)
        if chance.random() < 0.05:
            text = text.replace("{", '{"state": "succeeded", "state": "failed", ', 1)
        yield text.encode()


def each_place(seeds: Sequence[Any]) -> Iterator[bytes]:
    """Documents in which one value is another: every value at every place, in an order that takes
    from all places early; then again from the beginning."""
    pairs = [
        (seed, place, value)
        for seed in range(len(seeds))
        for place in range(len(list(_places(seeds[seed]))))
        for value in (*VALUES, GONE)
    ]
    random.Random(4).shuffle(pairs)
    for seed, place, value in itertools.cycle(pairs):
        told = copy.deepcopy(seeds[seed])
        holder, key = list(_places(told))[place]
        if value is GONE:
            del holder[key]
        else:
            holder[key] = value
        yield json.dumps(told).encode()


def _changed(told: Any, chance: random.Random) -> Any:
    """The document with one value changed, taken away, doubled, or put in."""
    places = list(_places(told))
    if not places:
        return chance.choice(VALUES)
    holder, key = chance.choice(places)
    what = chance.randrange(6)
    if what < 3:
        holder[key] = copy.deepcopy(chance.choice(VALUES))
    elif what == 3:
        del holder[key]
    elif what == 4 and isinstance(holder, dict):
        holder[chance.choice(NAMES)] = holder[key]
    else:
        other, where = chance.choice(places)
        holder[key] = copy.deepcopy(other[where])
    return told


def _places(told: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(told, dict | list):
        for key in told if isinstance(told, dict) else range(len(told)):
            yield told, key
            yield from _places(told[key])


def of_toml(seeds: Sequence[bytes], seed: int = 3) -> Iterator[bytes]:
    """Documents in which values, names or whole lines are others."""
    number = 0
    while True:
        chance = random.Random(f"{seed}:{number}")
        number += 1
        lines = chance.choice(seeds).decode().split("\n")
        for _ in range(chance.choice((1, 1, 2, 4))):
            at = chance.randrange(len(lines))
            key, equals, _ = lines[at].partition("=")
            what = chance.randrange(6)
            if equals and what < 3:
                lines[at] = f"{key}= {chance.choice(TOML)}"
            elif what == 3:
                name = chance.choice(("a.b", '""', "x"))
                lines[at] = re.sub(r"[\w-]+", name, key, count=1)
                lines[at] += f"{equals} {chance.choice(TOML)}"
            elif what == 4:
                lines.insert(
                    at, chance.choice((f"{key}{equals} 1", "[[block]]", "[x]", "a.a.a = 1"))
                )
            else:
                lines[at] = chance.choice(("a." * 5000 + "a = 1", "\ufeff", "[[[", "[a.b]", "\x00"))
        yield "\n".join(lines).encode("utf-8", "replace")
