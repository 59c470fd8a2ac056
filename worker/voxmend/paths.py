"""Every folder and file voxmend itself touches, in one place.

State lives in one folder per system (``voxmend_protocol.discovery.home``); settings and cache go
where the system keeps such things. ``VOXMEND_HOME`` moves all of it into one folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from voxmend_protocol.discovery import home, worker_file


@dataclass(frozen=True, slots=True)
class EnginePaths:
    """What belongs to one engine alone: its lock, its log, what its libraries print, its scratch
    files."""

    lock: Path
    log: Path
    out: Path
    scratch: Path


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things are for this user."""

    state: Path
    config: Path
    cache: Path

    @property
    def worker_file(self) -> Path:
        """Endpoint and key of the running worker."""
        return worker_file(self.state)

    @property
    def worker_lock(self) -> Path:
        """Held by the one supervisor."""
        return self.state / "run" / "worker.lock"

    def engine(self, epoch: int = 0, seat: int = 0) -> EnginePaths:
        """What belongs to one engine alone.

        Args:
            epoch: of its worker.
            seat: among the engines of that worker, from 0.
        """
        number = "" if seat == 0 else f"-{seat + 1}"
        return EnginePaths(
            self.worker_lock.with_name(f"engine-{epoch}-{seat}.lock"),
            self.log.with_name(f"engine{number}.log"),
            self.log.with_name(f"engine{number}.out"),
            self.scratch / f"{epoch}-{seat}",
        )

    @property
    def scratch(self) -> Path:
        """A folder for each engine, with what it holds of long signals."""
        return self.cache / "scratch"

    @property
    def engine_locks(self) -> list[Path]:
        """The locks of all engines, those of earlier workers too: each is held while its engine
        lives."""
        return sorted(self.worker_lock.parent.glob("engine*.lock"))

    @property
    def engine_logs(self) -> list[Path]:
        """What the engines say."""
        return sorted(self.log.parent.glob("engine*.log"))

    @property
    def stop_file(self) -> Path:
        """There after the worker was told to stop, until one is started."""
        return self.state / "run" / "stopped.json"

    @property
    def pause_file(self) -> Path:
        """There while the worker is paused until somebody resumes."""
        return self.state / "run" / "paused.json"

    @property
    def database(self) -> Path:
        """Jobs and their records."""
        return self.state / "jobs.sqlite3"

    @property
    def log(self) -> Path:
        """What the worker says."""
        return self.state / "logs" / "worker.log"

    @property
    def models(self) -> Path:
        """The networks' weights."""
        return self.state / "models"

    @property
    def remote(self) -> Path:
        """The keys of this machine and of those it is paired with, and what those have sent."""
        return self.state / "remote"

    @property
    def remote_log(self) -> Path:
        """What the listener for other machines says."""
        return self.log.with_name("remote.log")

    @property
    def config_file(self) -> Path:
        """The user's settings."""
        return self.config / "voxmend.toml"

    @property
    def models_file(self) -> Path:
        """The user's own rows of the catalogue of models."""
        return self.config / "models.toml"

    @property
    def watch_file(self) -> Path:
        """The folders that are watched."""
        return self.config / "watch.json"

    @property
    def watch_state(self) -> Path:
        """What became of the files in them."""
        return self.state / "watch"

    @property
    def presets(self) -> Path:
        """The user's own presets."""
        return self.config / "presets"


def find() -> Paths:
    """The paths of this user, by the environment as it is now."""
    state = home()
    if os.environ.get("VOXMEND_HOME"):
        return Paths(state, state / "config", state / "cache")
    return Paths(
        state,
        _whole(platformdirs.user_config_path("voxmend", appauthor=False), ".config"),
        _whole(platformdirs.user_cache_path("voxmend", appauthor=False), ".cache"),
    )


def _whole(found: Path, usual: str) -> Path:
    """What an XDG variable says; the specification has a relative path in it ignored, for it would
    mean another folder to each program."""
    return found if found.is_absolute() else Path.home() / usual / "voxmend"
