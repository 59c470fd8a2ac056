"""Stops the engine's work in the middle of a job, wherever it is, and lets it go on.

Work is done in the main thread. It is interrupted there as by a signal, which Python heeds between
two steps of its own: at the end of what torch or onnxruntime computes in one piece, a window at
most. The handler then waits, and takes no processor. Loading, diagnosing and writing stand still
so as well as a network does, and none of them knows of it.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading

if sys.platform == "win32":
    NUMBER = signal.SIGBREAK
else:
    NUMBER = signal.SIGUSR2
"""A signal that nobody sends: it is only played within this process. Windows has few."""


class Standstill:
    """The main thread's place to wait."""

    def __init__(self) -> None:
        self._go = threading.Event()
        self._go.set()
        self._working = False

    def watch_this_thread(self) -> None:
        """Be ready to stop this thread; it must be the main one."""
        signal.signal(NUMBER, lambda *_: self._working and self._go.wait())

    def begin(self) -> None:
        """Work begins; without work there is nothing to stop."""
        self._working = True
        if not self._go.is_set():
            self._go.wait()

    def end(self) -> None:
        """Work has ended."""
        self._working = False

    def stop(self) -> None:
        """Stop the work, from another thread."""
        self._go.clear()
        if self._working:
            _thread.interrupt_main(NUMBER)

    def go_on(self) -> None:
        """Let the work go on: the pause is over, or it has to see that it is cancelled."""
        self._go.set()
