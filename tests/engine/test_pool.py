"""The pool of networks: one load, kept as long as asked, in use never let go."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from voxmend.config import MOST
from voxmend.engine.pool import ModelPool
from voxmend.testing.clock import FakeClock
from voxmend_protocol.values import LoadedModel

A, B = ("separate.a", "cpu"), ("separate.b", "cpu")


@dataclass
class Net:
    runs_on: str = "cpu"
    bytes: int = 100


class Loads:
    """Counts; fails with what it is told to, once each."""

    def __init__(self, *failures: Exception) -> None:
        self.count, self._failures = 0, list(failures)

    def __call__(self) -> Net:
        self.count += 1
        if self._failures:
            raise self._failures.pop(0)
        return Net()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def names(pool: ModelPool) -> list[str]:
    return [held.name for held in pool.holdings()]


def test_what_was_loaded_stays_for_the_next(clock: FakeClock) -> None:
    pool, loads = ModelPool(600, clock), Loads()
    with pool.use(A, loads) as first:
        pass
    clock.forward(599)
    pool.reap()
    with pool.use(A, loads) as second:
        assert second is first
    assert loads.count == 1


def test_it_goes_when_it_was_idle_for_long_enough(clock: FakeClock) -> None:
    pool = ModelPool(600, clock)
    with pool.use(A, Loads()):
        clock.forward(10_000)
        pool.reap()  # in use: idle time has not begun
        assert names(pool) == ["separate.a"]
        assert pool.wait() is None
    assert pool.wait() == 600
    clock.forward(600)
    assert pool.wait() == 0
    pool.reap()
    assert names(pool) == []
    assert pool.wait() is None


def test_kept_for_ever_it_stays_and_kept_for_no_time_it_goes_at_once(clock: FakeClock) -> None:
    for keep, left in ((-1.0, ["separate.a"]), (0.0, [])):
        pool = ModelPool(keep, clock)
        with pool.use(A, Loads()):
            pass
        clock.forward(0 if keep == 0 else 1e9)
        pool.reap()
        assert names(pool) == left


def test_eviction_takes_all_that_is_idle_and_nothing_in_use(clock: FakeClock) -> None:
    pool = ModelPool(600, clock)
    with pool.use(B, Loads()):
        pass
    with pool.use(A, Loads()):
        assert pool.evict()
        assert names(pool) == ["separate.a"]
        assert not pool.evict()


def test_a_load_short_of_memory_lets_the_idle_go_and_tries_once_more(clock: FakeClock) -> None:
    pool, loads = ModelPool(600, clock), Loads(MemoryError())
    with pool.use(B, Loads()):
        pass
    with pool.use(A, loads):
        assert names(pool) == ["separate.a"]
    assert loads.count == 2


def test_a_load_that_stays_short_of_memory_says_so_and_holds_nothing(clock: FakeClock) -> None:
    pool, loads = ModelPool(600, clock), Loads(MemoryError("a"), MemoryError("b"))
    with pytest.raises(MemoryError, match="b"), pool.use(A, loads):
        pass
    assert names(pool) == []


def test_a_load_that_fails_for_another_reason_is_not_tried_again(clock: FakeClock) -> None:
    pool, loads = ModelPool(600, clock), Loads(ValueError("broken"))
    with pool.use(B, Loads()):
        pass
    with pytest.raises(ValueError, match="broken"), pool.use(A, loads):
        pass
    assert loads.count == 1
    assert names(pool) == ["separate.b"]


def test_a_job_that_fails_gives_its_network_back(clock: FakeClock) -> None:
    pool = ModelPool(600, clock)
    with pytest.raises(KeyError), pool.use(A, Loads()):
        raise KeyError
    assert pool.evict()


def test_one_network_used_twice_at_once_is_in_use_until_both_are_done(clock: FakeClock) -> None:
    pool, loads = ModelPool(0, clock), Loads()
    with pool.use(A, loads):
        with pool.use(A, loads):
            pass
        pool.reap()
        assert names(pool) == ["separate.a"]
    assert loads.count == 1


def test_whoever_wants_to_know_is_told_of_each_change(clock: FakeClock) -> None:
    told: list[list[tuple[str, float | None]]] = []
    pool = ModelPool(
        600, clock, changed=lambda: told.append([(h.name, h.idle_s) for h in pool.holdings()])
    )
    with pool.use(A, Loads()):
        clock.forward(5)
        with pool.use(A, Loads()), pool.use(B, Loads()):
            pass
    pool.evict()
    assert told == [
        [("separate.a", None)],
        [("separate.a", None), ("separate.b", None)],
        [("separate.a", None), ("separate.b", 0)],
        [("separate.a", 0), ("separate.b", 0)],
        [],
    ]


def test_a_status_says_what_is_held_where_and_until_when(clock: FakeClock) -> None:
    pool = ModelPool(600, clock)
    with pool.use(A, Loads()):
        (held,) = pool.holdings()
        assert held == LoadedModel("separate.a", 100, "cpu", None, 600)
    clock.forward(100)
    assert pool.holdings()[0].idle_s == 100


def test_the_longest_time_that_can_be_set_is_none_that_a_thread_cannot_wait(
    clock: FakeClock,
) -> None:
    pool = ModelPool(MOST * 60.0, clock)
    with pool.use(A, Loads()):
        pass
    wait = pool.wait()
    assert wait is not None
    assert wait <= 4_000_000  # Windows: 49 days
    clock.forward(wait)
    pool.reap()
    assert names(pool) == ["separate.a"]
