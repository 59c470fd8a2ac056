"""Which values a block's parameters take: known before torch is, and so where they are typed.

The blocks themselves have the last word, as they are made (``blocks/*``, ``__post_init__``); this
says the same without loading them, and a test holds the two against each other. A block that is
not named here takes what every block takes, and what it refuses beside that, a job tells.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest

Fits = Callable[[Scalar], bool]

NAMES: Mapping[type, str] = {
    str: "a word",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}


@dataclass(frozen=True, slots=True)
class Range:
    """What one parameter takes.

    Attributes:
        kind: of its value; a whole number will do for a number.
        fits: whether a value of that kind will do.
        give: what to give instead.
    """

    kind: type
    give: str
    fits: Fits = lambda _: True


@dataclass(frozen=True, slots=True)
class Known:
    """A block whose parameters are known.

    Attributes:
        ranges: by parameter; it has no others.
        together: why parameters do not go together, as a sentence; empty where they do.
    """

    ranges: Mapping[str, Range]
    together: Callable[[Mapping[str, Scalar]], str] = field(default=lambda _: "")


def _between(low: float, high: float) -> Range:
    return Range(float, f"a number from {low:g} to {high:g}", lambda v: low <= float(v) <= high)


def _one_of(*values: Scalar) -> Range:
    words = [str(value) for value in values]
    return Range(
        type(values[0]), " or ".join((", ".join(words[:-1]), words[-1])), values.__contains__
    )


def _finite(value: Scalar) -> bool:
    return math.isfinite(float(value))


def _weigh(value: Scalar) -> bool:
    try:
        weights = [float(word) for word in str(value).split()]
    except ValueError:
        return False
    return not weights or (all(0 <= one < math.inf for one in weights) and any(weights))


def _whole_clip(params: Mapping[str, Scalar]) -> str:
    if params.get("full") and params.get("strength", 1) != 1:
        return "full takes the whole clip, so strength stays at 1, or leave full away"
    return ""


_STRENGTH = _between(0, 1)
_SWITCH = Range(bool, NAMES[bool])
_CARRIER = _one_of("mixture", "own")
_REPAIR = {"strength": _STRENGTH}

ANY: Mapping[str, Range] = _REPAIR
"""What a parameter of this name takes in every block."""

BLOCKS: Mapping[str, Known] = {
    "separate.identity": Known({"share": Range(float, "a finite number", _finite)}),
    "separate.spleeter": Known({"speeds": _one_of(1, 3)}),
    "separate.mdx": Known({"polarity": _SWITCH}),
    "separate.ensemble": Known(
        {
            "rule": _one_of("average", "median", "max", "min"),
            "bound": Range(float, "a number above 0, such as 2", lambda v: 0 < float(v) < math.inf),
            "weights": Range(
                str, "numbers of 0 or more, separated by spaces, such as “1 0.5”", _weigh
            ),
        }
    ),
    "denoise.gate": Known(_REPAIR),
    "denoise.gaps": Known({**_REPAIR, "caution": _between(1, 100)}),
    "denoise.deepfilternet": Known({**_REPAIR, "wet": _SWITCH}),
    "denoise.roformer": Known(_REPAIR),
    "part.lead": Known({}),
    "reverb.roformer": Known(_REPAIR),
    "phase.mixture": Known(_REPAIR),
    "phase.voicefixer": Known({**_REPAIR, "full": _SWITCH}, _whole_clip),
    "bandwidth.mirror": Known(_REPAIR),
    "bandwidth.speechsr": Known({**_REPAIR, "carrier": _CARRIER}),
    "bandwidth.voicefixer": Known({**_REPAIR, "carrier": _CARRIER}),
}


def check(block: str, params: Mapping[str, Scalar], where: str = "") -> None:
    """Refuse a value that this block would refuse.

    Args:
        block: a block's name.
        params: its parameters by name.
        where: what the sentence begins with: the file, say.

    Raises:
        BadRequest: one is not of its kind or out of range, or the block has no such parameter.
    """
    known = BLOCKS.get(block)
    for name, value in params.items():
        if known is not None and name not in known.ranges:
            there = ", ".join(sorted(known.ranges))
            raise BadRequest(f"{where}{block} has no parameter “{name[:60]}”. It has: {there}.")
        wanted = (known.ranges if known else ANY).get(name)
        if isinstance(value, float) and not math.isfinite(value) and wanted is None:
            raise BadRequest(f"{where}{block}.{name} is {value}; give a number that is finite.")
        if wanted is None:
            continue
        right = type(value) is wanted.kind or (wanted.kind is float and type(value) is int)
        if not right or not wanted.fits(value):
            raise BadRequest(f"{where}{block}.{name} is {said(value)}; give {wanted.give}.")
    if known is not None and (wrong := known.together(params)):
        raise BadRequest(f"{where}{block}: {wrong}.")


def said(value: object) -> str:
    """A value as a user writes it, not too long."""
    if isinstance(value, bool):
        return str(value).lower()
    words = value if isinstance(value, str) else f"{value!r:.60}"
    return f"“{words[:60]}”" if isinstance(value, str) else words
