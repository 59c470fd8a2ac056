"""Lists of parameters of which the test command tries a few, and ``make slow`` all."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def sampled(values: Iterable[Any], quick: Collection[Any]) -> list[Any]:
    """All values as parameters; those that are not in ``quick`` are slow.

    Raises:
        ValueError: one of ``quick`` is no value of the list, so that nothing would try it.
    """
    listed = list(values)
    lost = [value for value in quick if value not in listed]
    if lost:
        raise ValueError(f"not in the list: {lost}")
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            marks=[] if value in quick else pytest.mark.slow,
        )
        for value in listed
    ]
