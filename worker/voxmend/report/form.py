"""What a job.json may hold where the report reads it: a foreign one is refused before it is drawn.

Each thing may be absent, and what the report does not read may be anything. Numbers have the
measure of sound: so no page swells, and no clock runs over. A stem's file lies beside the job.json.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ..damage import NAMES
from ..foreign import ForeignError
from ..plain_names import fault

Form = Callable[[Any, str], None]
"""Refuses a value that is not of this form, by the path it stands at."""

LONGEST_S = 1e6
"""No clip is longer: that is eleven days."""

_MOST_TEXT, _MOST_ROWS = 20_000, 200_000


def check(told: Any) -> None:
    """Refuse a job.json that no report can be made of.

    Raises:
        ForeignError: why, with the path of what is wrong.
    """
    _JOB(told, "")
    source = told.get("source") or {}
    if (source.get("frames") or 0) > LONGEST_S * (source.get("rate") or math.inf):
        raise ForeignError("source.frames is more than any clip has")


def _wrong(path: str, what: str) -> ForeignError:
    return ForeignError(f"{path or 'what it holds'} is not {what}")


def _text(value: Any, path: str) -> None:
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise _wrong(path, "a text of reasonable length")


def _number(low: float, high: float) -> Form:
    def form(value: Any, path: str) -> None:
        right = isinstance(value, int | float) and not isinstance(value, bool)
        if not right or not low <= value <= high:
            raise _wrong(path, f"a number from {low:g} to {high:g}")

    return form


def _flag(value: Any, path: str) -> None:
    if not isinstance(value, bool):
        raise _wrong(path, "true or false")


def _plain(value: Any, path: str) -> None:
    if wrong := fault(value):
        raise ForeignError(f"{path} {wrong}; a stem lies beside its job.json")


def _rows(form: Form, most: int = _MOST_ROWS) -> Form:
    def all_of(value: Any, path: str) -> None:
        if not isinstance(value, list) or len(value) > most:
            raise _wrong(path, f"a list of at most {most:,}")
        for n, row in enumerate(value):
            form(row, f"{path}.{n}")

    return all_of


def _named(form: Form, most: int = 100) -> Form:
    def all_of(value: Any, path: str) -> None:
        if not isinstance(value, dict) or len(value) > most:
            raise _wrong(path, f"an object of at most {most}")
        for name, item in value.items():
            if item is not None:
                form(item, f"{path}.{name[:40]}")

    return all_of


def _table(needed: Mapping[str, Form], other: Mapping[str, Form] | None = None) -> Form:
    """An object with what it needs, and with what it may lack; null is as good as absent."""

    def all_of(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise _wrong(path, "an object")
        dot = f"{path}." if path else ""
        for key, form in needed.items():
            form(value.get(key), f"{dot}{key}")
        for key, form in (other or {}).items():
            if value.get(key) is not None:
                form(value[key], f"{dot}{key}")

    return all_of


_ANY = _number(-1e12, 1e12)
_COUNT = _number(0, 1e12)
_TIME = _number(0, LONGEST_S)

_SPAN = {"start_s": _TIME, "end_s": _TIME}

_FINDING = _table(
    {},
    {
        **dict.fromkeys(("value", "worst", "edge_hz"), _ANY),
        **dict.fromkeys(("size", "why"), _text),
        "regions": _rows(_table({**_SPAN, "size": _text})),
    },
)

_DAMAGE = _table({}, {"with_mixture": _flag, "found": _table({}, dict.fromkeys(NAMES, _FINDING))})

_DECISION = _table(
    {
        **_SPAN,
        **dict.fromkeys(("stage", "block", "reason"), _text),
        "kept": _flag,
        "numbers": _named(_ANY),
    }
)

_JOB = _table(
    {},
    {
        **dict.fromkeys(("job", "voxmend", "device", "finished"), _text),
        "clip": _table({"path": _text}, {"start_s": _TIME, "end_s": _TIME}),
        "source": _table(
            {},
            {
                "rate": _number(1, 1e7),
                "channels": _COUNT,
                "frames": _COUNT,
                "digest": _text,
            },
        ),
        "preset": _table(
            {},
            {
                **dict.fromkeys(("name", "title", "input"), _text),
                "guarded": _flag,
                "block": _rows(_table({}, {"name": _text}), 1000),
            },
        ),
        "seconds": _COUNT,
        "cached": _rows(_text, 1000),
        "stages": _rows(
            _table(
                {},
                {
                    **dict.fromkeys(("block", "runs_on", "precision"), _text),
                    **dict.fromkeys(("windows", "seconds"), _COUNT),
                },
            ),
            1000,
        ),
        "stems": _rows(_table({"name": _text, "file": _plain}), 100),
        "decided": _table({}, dict.fromkeys(("kept", "refused", "unchanged"), _COUNT)),
        "decisions": _rows(_DECISION),
        "damage": _table({}, {"before": _DAMAGE, "after": _DAMAGE}),
        "warnings": _rows(_table({}, {"message": _text}), 1000),
    },
)
