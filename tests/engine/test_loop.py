"""The engine's loop, order after order, on a clock that goes where it is told."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
import sounds
from engine_orders import orders_for

from voxmend.engine import orders
from voxmend.engine.loop import FREED_S, Engine
from voxmend.paths import Paths
from voxmend.testing.clock import FakeClock


class Bench:
    """An engine without its thread: what it says is left in the pipe, what it gives back counted.

    Both ends stay open as long as this lives.
    """

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.clock = root, FakeClock()
        self.ours, theirs = multiprocessing.Pipe()
        paths = Paths(root / "state", root / "config", root / "cache")
        self.engine = Engine(theirs, paths, self.clock)
        self.given_back = 0
        monkeypatch.setattr("voxmend.heap.give_back", self._give_back)

    def _give_back(self) -> None:
        self.given_back += 1

    def job(self) -> orders.Done | orders.Failed:
        """Run one to its end."""
        self.engine.take(self.order())
        self.engine.turn()
        while not isinstance(said := self.ours.recv(), orders.Done | orders.Failed):
            pass
        return said

    def order(self) -> orders.Run:
        """A job without networks."""
        source = sounds.write(self.root / "a.wav", sounds.tone(0.2))
        return orders_for(source, self.root / "x.partial", "identity")

    def keep_alive(self, seconds: float) -> None:
        """Configure it, as the supervisor does first."""
        self.engine.take(orders.Configure("cpu", "fp32", seconds))
        self.engine.turn()

    def idle(self, seconds: float) -> None:
        """Let so much time pass with no order; the engine does what is due by then."""
        until = self.clock.now + seconds
        while (wait := self.engine.wait()) is not None and self.clock.now + wait <= until:
            self.clock.forward(wait)
            self.engine.turn()
        self.clock.now = until


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("keep_alive_s", "stays_s"), [(0, 0), (60, 60), (1e5, FREED_S), (-1, FREED_S)]
)
def test_memory_that_a_job_without_networks_freed_goes_back(
    bench: Bench, keep_alive_s: float, stays_s: float
) -> None:
    bench.keep_alive(keep_alive_s)
    assert isinstance(bench.job(), orders.Done)
    if stays_s:
        bench.idle(stays_s - 1)
    assert bench.given_back == 0, "the next job would have wanted it"
    bench.idle(1)
    assert bench.given_back == 1
    assert bench.engine.wait() is None, "nothing is left to give back"
