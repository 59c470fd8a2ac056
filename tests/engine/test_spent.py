"""Where a job's time goes: each second once."""

from __future__ import annotations

from voxmend.engine.spent import Spent


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_part_within_a_part_is_not_counted_twice() -> None:
    clock = Clock()
    spent = Spent(clock)
    clock.now = 1.0  # before any part: nobody's
    with spent.on("plan"):
        clock.now = 3.0
        with spent.on("pictures"):
            clock.now = 3.5
        clock.now = 4.0
    clock.now = 9.0
    with spent.on("pictures"):
        clock.now = 10.0
    assert spent.plain() == {"plan": 2.5, "pictures": 1.5}


def test_what_ends_in_an_error_counts_too() -> None:
    clock = Clock()
    spent = Spent(clock)
    try:
        with spent.on("read"):
            clock.now = 2.0
            raise ValueError
    except ValueError:
        clock.now = 5.0
    with spent.on("write"):
        clock.now = 6.0
    assert spent.plain() == {"read": 2.0, "write": 1.0}
