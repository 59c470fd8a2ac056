"""The engine's loop, order after order, on a clock that goes where it is told."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sounds
from engine_orders import orders_for

from voxmend.engine import orders
from voxmend.engine.loop import FREED_S, Engine
from voxmend.paths import Paths
from voxmend.testing.clock import FakeClock
from voxmend_protocol.values import ErrorBody


class Bench:
    """An engine without its thread: what it says is left in the pipe, what it gives back counted.

    Both ends stay open as long as this lives.
    """

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.clock = root, FakeClock()
        self.out = root / "out"
        self.ours, theirs = multiprocessing.Pipe()
        paths = Paths(root / "state", root / "config", root / "cache")
        self.engine = Engine(theirs, paths, paths.engine().scratch, self.clock)
        self.given_back = 0
        monkeypatch.setattr("voxmend.manners.give_back", self._give_back)

    def _give_back(self) -> None:
        self.given_back += 1

    def job(self, order: orders.Run | None = None) -> orders.Done | orders.Failed:
        """Run one to its end."""
        self.engine.take(order or self.order())
        self.engine.turn()
        while not isinstance(said := self.heard(), orders.Done | orders.Failed):
            pass
        return said

    def heard(self) -> Any:
        """The next thing that it has said."""
        return orders.answer_of(self.ours.recv_bytes())

    def order(self) -> orders.Run:
        """A job without networks."""
        self.out.mkdir(exist_ok=True)
        source = sounds.write(self.root / "a.wav", sounds.tone(0.2))
        return orders_for(source, self.out / "x.partial", "identity")

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


def test_a_job_that_is_to_stop_ends_cancelled_and_the_same_job_again_does_not(
    bench: Bench,
) -> None:
    order = bench.order()
    bench.engine.take(order)
    bench.engine.stop(order.job)
    bench.engine.turn()
    said = bench.heard()
    while not isinstance(said, orders.Done | orders.Failed):
        said = bench.heard()
    assert isinstance(said, orders.Failed)
    assert said.error.code == "cancelled"
    assert isinstance(bench.job(), orders.Done)


def test_stopping_a_job_that_has_ended_is_not_remembered(bench: Bench) -> None:
    order = bench.order()
    assert isinstance(bench.job(order), orders.Done)
    for job in (order.job, "of another engine"):
        bench.engine.stop(job)
    assert not bench.engine._stops
    assert isinstance(bench.job(), orders.Done)


def refuse(number: int) -> Callable[..., Any]:
    """What the system does where a disk fails; it does not always name the file."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refused


def failure(bench: Bench, order: orders.Run | None = None) -> ErrorBody:
    """How a job fails."""
    said = bench.job(order)
    assert isinstance(said, orders.Failed)
    return said.error


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "disk_full"), (errno.EROFS, "environment")]
)
def test_where_the_cache_takes_nothing_the_cache_is_named_and_no_output_folder(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    monkeypatch.setattr("tempfile.mkdtemp", refuse(number))
    error = failure(bench)
    assert error.code == code
    assert str(bench.root / "cache" / "scratch") in error.message
    assert "--out" not in error.message
    assert "another folder" not in error.message


def test_a_file_where_the_cache_should_be_is_named(bench: Bench) -> None:
    (bench.root / "cache").write_text("in the way")
    error = failure(bench)
    assert error.code == "environment"
    assert str(bench.root / "cache") in error.message
    assert "VOXMEND_HOME" in error.message


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "disk_full"), (errno.EIO, "output_unwritable")]
)
def test_a_result_that_cannot_be_written_names_the_output_folder(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    monkeypatch.setattr("os.fsync", refuse(number))
    error = failure(bench)
    assert error.code == code
    assert str(bench.out) in error.message


def test_an_output_folder_that_went_away_is_named(bench: Bench) -> None:
    order = bench.order()
    shutil.rmtree(order.partial)
    error = failure(bench, order)
    assert error.code == "output_unwritable"
    assert "--out" in error.message


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (OSError(errno.EIO, "Input/output error", "/somewhere/else"), "environment"),
        (OSError(errno.EIO, "Input/output error"), "environment"),
        (OSError(errno.ENOSPC, "No space left on device", "/somewhere/else"), "disk_full"),
    ],
)
def test_a_disk_that_fails_elsewhere_is_not_the_output_folder(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, told: OSError, code: str
) -> None:
    def fail(*_: object) -> None:
        raise told

    monkeypatch.setattr("voxmend.cascade.runner.run", fail)
    error = failure(bench)
    assert error.code == code
    assert str(told.filename or "worker logs") in error.message
    assert "--out" not in error.message
