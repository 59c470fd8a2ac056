"""Whether REAPER runs, and where its program is.

REAPER rewrites its ini files while it runs and when it ends, so they are edited only when it is
known not to. Where that cannot be known it counts as running. The process list is read with what
each system brings along.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"reaper(?:64|32|[-_ ]?arm(?:64)?|_x64)?(?:\.exe)?", re.IGNORECASE)
_LIST_S = 20.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the process list tells.

    Attributes:
        runs: None where it cannot be known.
        program: of the REAPER that runs, where that can be seen.
    """

    runs: bool | None
    program: Path | None = None

    @property
    def closed(self) -> bool:
        """REAPER is known not to run."""
        return self.runs is False


def look() -> Sighting:
    """Look through the processes of this machine."""
    if sys.platform == "linux":
        return of_proc(Path("/proc"))
    if sys.platform == "win32":
        return of_names(_listed(["tasklist", "/fo", "csv", "/nh"], first_column=True))
    return of_names(_listed(["ps", "-axco", "comm="]))


def is_reaper(name: str) -> bool:
    """Whether a process name is REAPER's; ``reaper_host`` and other relatives are not."""
    return _NAME.fullmatch(name.strip()) is not None


def of_proc(proc: Path) -> Sighting:
    """The same from a ``/proc``. Steam has a helper of the name ``reaper``: it is told apart by
    its command line."""
    try:
        folders = [folder for folder in proc.iterdir() if folder.name.isdecimal()]
    except OSError:
        folders = []
    if not folders:
        return Sighting(None)
    for folder in folders:
        try:
            if not is_reaper((folder / "comm").read_text("utf-8", "replace")):
                continue
            if b"SteamLaunch" in (folder / "cmdline").read_bytes():
                continue
        except OSError:  # it has ended meanwhile
            continue
        try:
            return Sighting(True, Path(os.readlink(folder / "exe")))
        except OSError:
            return Sighting(True)
    return Sighting(False)


def of_names(names: Iterable[str] | None) -> Sighting:
    """The same from process names; None where they could not be read."""
    if names is None:
        return Sighting(None)
    return Sighting(any(is_reaper(name) for name in names))


def _listed(command: list[str], first_column: bool = False) -> list[str] | None:
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_LIST_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = run.stdout.splitlines()
    names = [row[0] for row in csv.reader(lines) if row] if first_column else lines
    return names or None  # a list without a single process is no list


def program(resource: Path, seen: Sighting, platform: str = sys.platform) -> Path | None:
    """REAPER's program: the one that runs, a portable one, or where installers put it."""
    places: list[Path] = [] if seen.program is None else [seen.program]
    found = shutil.which("reaper")
    if platform == "win32":
        roots = [os.environ.get(name) for name in ("ProgramW6432", "ProgramFiles")]
        places.append(resource / "reaper.exe")
        places += [
            Path(root) / name / "reaper.exe"
            for root in roots
            if root
            for name in ("REAPER (x64)", "REAPER")
        ]
    elif platform == "darwin":
        bundle = Path("REAPER.app/Contents/MacOS/REAPER")
        places += [resource / bundle, Path("/Applications") / bundle]
    else:
        places += [resource / "reaper", Path("/opt/REAPER/reaper")]
        places += [Path.home() / "opt/REAPER/reaper", Path("/usr/local/lib/REAPER/reaper")]
    if found:
        places.append(Path(found))
    return next((place for place in places if _is_file(place)), None)


def _is_file(place: Path) -> bool:
    try:
        return place.is_file() and os.access(place, os.X_OK)
    except OSError:
        return False
