"""A machine that works for others: a home of its own, a supervisor of its own, on loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from house import FAKE_WORKER
from waiting import until

from voxmend.paths import Paths
from voxmend.remote import keys, peers


def paths_of(home: Path) -> Paths:
    """The paths of a home."""
    return Paths(home, home / "config", home / "cache")


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Studio:
    """The machine; ``settings`` are lines under ``[remote]``, ``host`` is where others find it."""

    root: Path
    command: tuple[str, ...] = FAKE_WORKER
    settings: str = ""
    port: int = field(default_factory=free_port)
    host: str = "127.0.0.1"
    prefix: tuple[str, ...] = ()
    """What its worker is started by: a command that runs another one."""
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        (self.root / "config").mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        self.configure(self.settings)

    @property
    def paths(self) -> Paths:
        """Its folders."""
        return paths_of(self.root)

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"tcp://{self.host}:{self.port}"

    def configure(self, settings: str) -> None:
        """Write its settings."""
        text = f'[remote]\nlisten = "{self.endpoint}"\n{settings}\n'
        (self.root / "config" / "voxmend.toml").write_text(text)

    def start(self) -> None:
        """Start its worker, and wait until it listens."""
        self.process = subprocess.Popen(
            [*self.prefix, sys.executable, *self.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "VOXMEND_HOME": str(self.root)},
        )
        until(self.listens, otherwise=lambda: f"it does not listen: {self.log()}")

    def listens(self) -> bool:
        """Whether somebody takes what comes to its address."""
        assert self.process is not None
        assert self.process.poll() is None, f"it ended: {self.log()}"
        with socket.socket() as tried:
            tried.settimeout(5)
            return tried.connect_ex((self.host, self.port)) == 0

    def stop(self, hard: bool = False) -> None:
        """End its worker."""
        if self.process is not None:
            (self.process.kill if hard else self.process.terminate)()
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """End all of it."""
        if self.process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(self.process.pid).children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.kill()
            self.stop(hard=True)

    def pair(self, laptop: Path, name: str = "laptop", called: str = "studio-box") -> None:
        """Make the two known to each other, as ``voxmend remote`` does.

        Args:
            laptop: its home.
            name: what it is called here.
            called: what this machine is called there.
        """
        there = paths_of(laptop)
        peers.add_guest(self.paths, peers.Guest(name, keys.own(there).public))
        self.point(laptop, self.port, called)

    def point(self, laptop: Path, port: int, called: str = "studio-box") -> None:
        """Have a laptop look for it at this port."""
        server = peers.Server(called, f"tcp://{self.host}:{port}", keys.own(self.paths).public)
        peers.add_server(paths_of(laptop), server)

    def listener(self) -> psutil.Process:
        """The process that listens for laptops."""
        assert self.process is not None
        (found,) = [
            child
            for child in psutil.Process(self.process.pid).children()
            if any(c.laddr and c.laddr[1] == self.port for c in child.net_connections("tcp"))
        ]
        return found

    def log(self) -> str:
        """What its listener and its worker wrote."""
        files = [self.paths.remote_log, self.paths.log]
        return "\n".join(file.read_text() for file in files if file.exists())

    def held(self) -> list[str]:
        """The files that lie there of what was sent and made, by their names."""
        guests = self.paths.remote / "guests"
        return sorted(file.name for file in guests.rglob("*") if file.is_file())

    def wait_empty(self) -> None:
        """Wait until nothing of any job lies there but whole songs."""

        def jobs() -> list[Path]:
            return list((self.paths.remote / "guests").glob("*/jobs/*"))

        until(lambda: not jobs(), lambda: time.sleep(0.05), lambda: f"there is still {jobs()}")
