"""A worker of its own for a measurement: its own VOXMEND_HOME, used through voxmend's own commands,
as a user would. Nothing of the user's worker, settings or cache is touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import EnvironmentProblem

from .chain import Chain
from .stopwatch import Took, high_water, time_of
from .weights import Places

COMING_S = 5.0
"""So long after its start a worker may not answer yet."""

ENDS = ("SIGINT", "SIGTERM", "SIGHUP")
"""Ctrl-C, a polite end, a terminal that was closed."""

SETTINGS = """[worker]
idle_exit_min = 240.0
keep_alive_min = -1.0
priority = "normal"
"""
"""Upstream may work for half an hour between two of our jobs: the networks shall still be there."""


OVERRULED = (
    "VOXMEND_WORKER_IDLE_EXIT_MIN", "VOXMEND_WORKER_KEEP_ALIVE_MIN", "VOXMEND_CACHE_BUDGET_GB",
    "VOXMEND_WORKER_PRIORITY",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """One ``voxmend restore``.

    Attributes:
        took: the command, from its start to the stems on disk.
        facts: the job's job.json.
    """

    took: Took
    facts: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        """Wall time of the command."""
        return self.took.seconds

    @property
    def cached(self) -> int:
        """Stages that were found and not run."""
        return len(self.facts["cached"])

    @property
    def ran(self) -> int:
        """Stages that were run."""
        return len(self.facts["stages"])


@dataclass(frozen=True, slots=True)
class Home:
    """The worker's state folder; ``close`` ends the worker."""

    places: Places
    env: Mapping[str, str]
    chain: Chain

    @classmethod
    def of(cls, places: Places, env: Mapping[str, str], chain: Chain) -> Home:
        """Make the home; the weights are ``weights``' business."""
        config = places.home / "config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "voxmend.toml").write_text(SETTINGS, "utf-8")
        # The user's own idle times and cache would let go what shall still be there.
        kept = {name: value for name, value in env.items() if name not in OVERRULED}
        return cls(places, {**kept, "VOXMEND_HOME": str(places.home)}, chain)

    def restore(self, clip: Path) -> Job:
        """Run the preset on a clip.

        Raises:
            EnvironmentProblem: the command failed.
        """
        took = self._voxmend(
            "restore", clip, "--preset", self.chain.preset,
            "--out", self.places.root / "out" / "ours", "--json",
        )  # fmt: skip
        folder = Path(json.loads(took.out)["items"][0]["folder"])
        return Job(took, json.loads((folder / "job.json").read_text("utf-8")))

    def stop(self) -> None:
        """End the worker, so that the next job starts it anew."""
        self._voxmend("worker", "stop")

    def forget_trials(self) -> None:
        """Forget which precision proved itself, as on the first day."""
        (self.places.home / "cache" / "precision.json").unlink(missing_ok=True)

    def engine(self) -> int | None:
        """The engine's process id."""
        found = json.loads(self._voxmend("worker", "status", "--json").out).get("engine_pid")
        return int(found) if found else None

    def peak_mb(self) -> float | None:
        """The most memory the engine has held since it started, in MB."""
        return high_water(self.engine())

    def close(self) -> None:
        """End the worker whatever it does; if it will not, by force. It is ours alone. One that is
        just starting is waited for. A second Ctrl-C does not break in: it would leave a worker."""
        with _undisturbed():
            self._close()

    def _close(self) -> None:
        while (worker := self._worker()) is None and self._coming():
            time.sleep(0.1)
        if worker is None:
            return
        with contextlib.suppress(EnvironmentProblem):
            self.stop()
        deadline = time.monotonic() + 2
        while _lives(worker) and time.monotonic() < deadline:
            time.sleep(0.02)
        if _lives(worker):
            os.kill(worker, getattr(signal, "SIGKILL", signal.SIGTERM))

    def _coming(self) -> bool:
        """Whether a worker was started a moment ago."""
        try:
            started = (self.places.home / "logs" / "start.log").stat().st_mtime
        except OSError:
            return False
        return 0 <= time.time() - started < COMING_S

    def _worker(self) -> int | None:
        """The supervisor's process id; None where no worker runs."""
        try:
            return int(json.loads(self._voxmend("worker", "status", "--json").out)["pid"])
        except EnvironmentProblem:
            return None

    def _voxmend(self, *arguments: str | Path) -> Took:
        log = self.places.root / "logs" / f"voxmend {arguments[0]}.log"
        return time_of([sys.executable, "-m", "voxmend", *arguments], self.env, log)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let signals that end a program wait, in the commands that are run meanwhile too."""
    ends = [getattr(signal, name) for name in ENDS if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        ends = []
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _lives(pid: int) -> bool:
    """Whether a process of ours is there; asking must not end it, as it would on Windows."""
    if os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
