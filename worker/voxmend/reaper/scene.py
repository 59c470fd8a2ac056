"""One resource folder of REAPER with voxmend beside it, and what came of working on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..paths import Paths
from . import running

_POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What an install or uninstall works with; tests bring their own.

    Attributes:
        folder: REAPER's resource folder.
        paths: voxmend's own folders.
        look: tells whether REAPER runs.
        wait: stay until REAPER is closed.
        tell: shows a line to the user at once.
        pause: lets time pass.
    """

    folder: Path
    paths: Paths
    look: Callable[[], running.Sighting] = running.look
    wait: bool = False
    tell: Callable[[str], None] = print
    pause: Callable[[float], None] = time.sleep

    @property
    def scripts(self) -> Path:
        """Where REAPER keeps scripts."""
        return self.folder / "Scripts"

    @property
    def data(self) -> Path:
        """Where the scripts keep what they need."""
        return self.folder / "Data" / "voxmend"

    @property
    def memory(self) -> Path:
        """Where voxmend keeps the folders it was installed into."""
        return self.paths.state / "reaper.json"

    def closed(self) -> bool:
        """Whether REAPER is closed, waited for where that was asked."""
        seen = self.look()
        if self.wait and seen.runs:
            self.tell("Waiting for REAPER to be closed … (Ctrl-C ends this)")
            while seen.runs:
                self.pause(_POLL_S)
                seen = self.look()
        return seen.closed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        actions: ``added``, ``there``, ``removed``, ``later`` or ``none``.
        menu: the same, and ``factory`` where the user has no menu of their own, ``unsound`` where
            it could not be extended safely, ``untouched`` where nobody asked.
        kept: files the user had changed: copies of them (install), or they themselves.
        notes: sentences for the user, in order.
    """

    resource: str
    version: str
    files: int
    actions: str
    menu: str
    kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
