"""``voxmend watch run`` as a process, which can be killed at any moment; its events."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from ctrl_c import HEARS
from house import run_cli
from waiting import PATIENCE_S, until


@dataclass
class Watching:
    """A folder, and watchers of it one after another. ``VOXMEND_HOME`` must be set."""

    folder: Path
    home: Path
    process: subprocess.Popen[bytes] | None = None
    lives: list[Path] = field(default_factory=list)

    def add(self, *options: str) -> None:
        added = run_cli("watch", "add", self.folder, *options)
        assert added.returncode == 0, added.stderr

    def start(self, *options: str) -> None:
        """A new watcher; what it prints goes into files."""
        self.lives.append(self.home / f"events-{len(self.lives)}.jsonl")
        said = self.lives[-1].with_suffix(".txt")
        with open(self.lives[-1], "wb") as out, open(said, "wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "voxmend", "watch", "run", "--json", *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                preexec_fn=HEARS,
            )

    def kill(self) -> None:
        """``kill -9``."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """It sees nothing of what happens meanwhile."""
        assert self.process is not None
        watcher = psutil.Process(self.process.pid)
        watcher.suspend()
        yield
        watcher.resume()

    def stop(self, number: int) -> int:
        """Send a signal and wait; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Every event so far, of all lives."""
        found = []
        for file in self.lives:
            for line in file.read_text("utf-8").splitlines():
                event = json.loads(line)
                if kind in ("", event["event"]):
                    found.append(event)
        return found

    def said(self) -> str:
        """What all of them wrote on stderr."""
        return "".join(file.with_suffix(".txt").read_text("utf-8") for file in self.lives)

    def until(self, done: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        until(done, self._alive, lambda: self.said()[-3000:], patience_s)

    def _alive(self) -> None:
        assert self.process is not None
        assert self.process.poll() is None, self.said()

    def until_event(self, kind: str, count: int = 1) -> None:
        self.until(lambda: len(self.events(kind)) >= count)
