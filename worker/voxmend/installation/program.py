"""The program folder: where an installation keeps all that it is made of.

Environments lie in it in folders of their own, one a version and try; ``current`` leads to the one
that is in use. An environment is built where it will stay (it knows its own path) and counts only
once ``current`` leads to it. ``VOXMEND_PROGRAM`` moves the whole folder.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WINDOWS = "win32"


@dataclass(frozen=True, slots=True)
class Program:
    """One program folder.

    Attributes:
        platform: as ``sys.platform`` says it.
    """

    root: Path
    platform: str = sys.platform

    @property
    def versions(self) -> Path:
        """The environments."""
        return self.root / "versions"

    @property
    def current(self) -> Path:
        """The pointer: a link to an environment; on Windows a file with its name."""
        return self.root / ("current.txt" if self.platform == WINDOWS else "current")

    @property
    def manifest(self) -> Path:
        """What was made, one line each."""
        return self.root / "manifest"

    @property
    def lock(self) -> Path:
        """Held by the one install, or uninstall, at work."""
        return self.root / "lock"

    @property
    def trial(self) -> Path:
        """Where a new environment proves itself; gone afterwards."""
        return self.root / "trial"

    @property
    def uv(self) -> Path:
        """A uv of our own, where one was brought."""
        return self.root / "uv" / "bin" / ("uv.exe" if self.platform == WINDOWS else "uv")

    @property
    def cache(self) -> Path:
        """uv's cache, unless ``UV_CACHE_DIR`` names another."""
        return self.root / "cache"

    @property
    def python(self) -> Path:
        """Where uv puts a Python that it had to bring."""
        return self.root / "python"

    def executable(self, environment: Path, name: str) -> Path:
        """A program of an environment."""
        if self.platform == WINDOWS:
            return environment / "Scripts" / f"{name}.exe"
        return environment / "bin" / name

    def active(self) -> Path | None:
        """The environment in use, if there is one and it is there."""
        try:
            if self.platform == WINDOWS:
                name = self.current.read_text("utf-8").strip()
            else:
                name = Path(os.readlink(self.current)).name
        except OSError:
            return None
        found = self.versions / name
        return found if name and found.is_dir() else None

    def fresh(self, version: str) -> Path:
        """The folder for a new environment: a name that was not used yet."""
        taken = [0]
        if self.versions.is_dir():
            for entry in self.versions.iterdir():
                number = re.search(r"-(\d+)$", entry.name)
                taken.append(int(number[1]) if number else 0)
        return self.versions / f"{version}-{max(taken) + 1}"


def folder(env: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path:
    """Where this user's program folder is, or would be."""
    env = os.environ if env is None else env
    if env.get("VOXMEND_PROGRAM"):
        return Path(env["VOXMEND_PROGRAM"]).expanduser().absolute()
    if platform == WINDOWS:
        local = env.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "voxmend-program"
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "voxmend-program"
    data = env.get("XDG_DATA_HOME")
    root = Path(data) if data and data.startswith("/") else Path.home() / ".local" / "share"
    return root / "voxmend"


def installed(prefix: str = sys.prefix) -> Program | None:
    """The program folder that this Python belongs to; None in a checkout."""
    here = Path(prefix).resolve()  # it may have come through ``current``
    found = Program(here.parent.parent)
    if here.parent.name == "versions" and found.manifest.is_file():
        return found
    return None


def stable(executable: str = sys.executable, prefix: str = sys.prefix) -> str:
    """The way to this Python that holds after an upgrade too: through ``current``.

    REAPER and the system's autostart keep it for long. Where there is no such way it is the
    program itself.
    """
    found = installed(prefix)
    if found is None or found.platform == WINDOWS or found.active() != Path(prefix).resolve():
        return executable
    return str(found.executable(found.current, Path(executable).name))


def windowless(executable: str, platform: str = sys.platform) -> str:
    """The same Python without a console window: on Windows ``pythonw.exe``, where it lies beside.

    A program of the console gets a window there, however it is started; closing that ends it.
    """
    quiet = Path(executable).with_name("pythonw.exe")
    return str(quiet) if platform == WINDOWS and quiet.exists() else executable


def launcher(env: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path:
    """Where the command ``voxmend`` is put: a folder that is searched for commands by default."""
    env = os.environ if env is None else env
    if platform == WINDOWS:
        local = env.get("LOCALAPPDATA")
        root = Path(local) if local else Path.home() / "AppData" / "Local"
        return root / "Microsoft" / "WindowsApps" / "voxmend.cmd"
    return Path.home() / ".local" / "bin" / "voxmend"
