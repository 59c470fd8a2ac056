"""Work is stopped in the middle and goes on, in the main thread of a process."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator

import psutil
import pytest
from waiting import until

from voxmend.engine.standstill import NUMBER, Standstill


@pytest.fixture
def standstill() -> Iterator[Standstill]:
    """Of this thread, which is a main one; its handler goes after the test."""
    before = signal.getsignal(NUMBER)
    made = Standstill()
    made.watch_this_thread()
    yield made
    made.go_on()
    signal.signal(NUMBER, before)


def test_work_stands_still_between_two_steps_and_goes_on(standstill: Standstill) -> None:
    steps: list[int] = []
    standing: list[int] = []
    done = threading.Event()

    def outside() -> None:
        try:
            until(lambda: len(steps) > 100)
            standstill.stop()
            until(lambda: not_moving(steps))
            standing.extend((len(steps), len(steps)))
            standstill.go_on()
            until(lambda: len(steps) > standing[0])
        finally:
            standstill.go_on()
            done.set()

    thread = threading.Thread(target=outside)
    standstill.begin()
    thread.start()
    while not done.is_set():
        steps.append(1)
    standstill.end()
    thread.join()
    assert standing, "it never stood still"
    assert standing[0] == standing[1] < len(steps)


def not_moving(steps: list[int]) -> bool:
    """Whether nothing was done while this thread had the interpreter for a while."""
    before = len(steps)
    for _ in range(20):
        threading.Event().wait(0.005)
    return len(steps) == before


def test_without_work_nothing_stands_still(standstill: Standstill) -> None:
    standstill.stop()
    signal.raise_signal(NUMBER)  # as one that comes after the job has ended
    standstill.go_on()


def test_work_that_would_begin_while_all_stands_still_waits(standstill: Standstill) -> None:
    standstill.stop()
    went: list[bool] = []

    def outside() -> None:
        went.append(True)
        standstill.go_on()

    thread = threading.Timer(0.05, outside)
    thread.start()
    standstill.begin()
    assert went, "it began at once"
    standstill.end()
    thread.join()


def test_a_second_stop_while_it_stands_needs_no_second_go(standstill: Standstill) -> None:
    standstill.begin()

    def outside() -> None:
        standstill.stop()
        standstill.stop()
        standstill.go_on()

    thread = threading.Thread(target=outside)
    thread.start()
    thread.join()
    standstill.end()


def test_a_process_that_stands_still_takes_no_processor() -> None:
    """In a process of its own, as an engine is: its time on the processor does not grow."""
    code = """
        import sys, threading
        import numpy as np
        from voxmend.engine.standstill import Standstill
        still = Standstill()
        still.watch_this_thread()
        def read():
            for line in sys.stdin:
                still.stop() if line == "stop\\n" else still.go_on()
        threading.Thread(target=read, daemon=True).start()
        still.begin()
        x = np.ones((300, 300))
        print("at work", flush=True)
        while True:
            x = x @ x
            x /= np.abs(x).max()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    ) as child:  # fmt: skip
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stdout.readline() == "at work\n"
            watched = psutil.Process(child.pid)

            def spent() -> float:
                times = watched.cpu_times()
                return float(times.user + times.system)

            child.stdin.write("stop\n")
            until(lambda: quiet(spent), otherwise=lambda: "it goes on working")
            child.stdin.write("go\n")
            stood = spent()
            until(lambda: spent() > stood + 0.05, otherwise=lambda: "it does not go on")
        finally:
            child.kill()


def quiet(spent: Callable[[], float]) -> bool:
    """Whether no time was spent on the processor over half a second."""
    before = spent()
    threading.Event().wait(0.5)
    return spent() == before
