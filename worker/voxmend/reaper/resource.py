"""REAPER's resource folders on this machine: where its settings and scripts lie.

One is the default of each system; Flatpak has its own, and a portable install keeps it beside the
program, where only the user can tell (``--resource``). Folders once used are remembered in
``reaper.json`` of voxmend's own state, so that status and uninstall find them again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import BadRequest, EnvironmentProblem

from .. import disk, foreign, safe_files
from .refusals import refusing

# Any of these is written by REAPER at its first start.
_MARKS = ("reaper.ini", "reaper-kb.ini", "reaper-extstate.ini", "Effects", "Scripts")
MOST_BYTES = 1_000_000
WHERE = "In REAPER: Options > Show REAPER resource path in explorer/finder."


@dataclass(frozen=True, slots=True)
class Found:
    """A resource folder and how it was found: ``default``, ``flatpak``, ``remembered`` or
    ``named``."""

    folder: Path
    origin: str


def defaults(
    env: Mapping[str, str] | None = None, platform: str = sys.platform
) -> list[tuple[Path, str]]:
    """Where REAPER keeps its settings if nobody asked otherwise, there or not."""
    env = os.environ if env is None else env
    try:
        home = Path(env["HOME"]) if env.get("HOME") else Path.home()
    except RuntimeError:
        return []
    if platform == "win32":
        roaming = env.get("APPDATA")
        root = Path(roaming) if roaming else home / "AppData" / "Roaming"
        return [(root / "REAPER", "default")]
    if platform == "darwin":
        return [(home / "Library" / "Application Support" / "REAPER", "default")]
    config = env.get("XDG_CONFIG_HOME", "")
    # The specification: a relative path in this variable is invalid and to be ignored.
    root = Path(config) if config.startswith("/") else home / ".config"
    return [
        (root / "REAPER", "default"),
        (home / ".var" / "app" / "fm.reaper.Reaper" / "config" / "REAPER", "flatpak"),
    ]


def looks_right(folder: Path) -> bool:
    """Whether REAPER has been at home here."""
    return any(os.path.lexists(folder / mark) for mark in _MARKS)


def find(memory: Path, places: Sequence[tuple[Path, str]] | None = None) -> list[Found]:
    """Every resource folder known of, each once."""
    found: dict[str, Found] = {}
    known = [(folder, "remembered") for folder in remembered(memory)]
    for folder, origin in [*(defaults() if places is None else places), *known]:
        if looks_right(folder):
            found.setdefault(os.path.realpath(folder), Found(folder, origin))
    return list(found.values())


def choose(
    named: str | None, memory: Path, places: Sequence[tuple[Path, str]] | None = None
) -> Path:
    """The one folder to work on.

    Raises:
        BadRequest: several are there and none was named, or the named one is none.
        EnvironmentProblem: none is there.
    """
    if named is not None:
        folder = Path(os.path.abspath(os.path.expanduser(named)))
        if not looks_right(folder):
            raise BadRequest(
                f"{folder} does not look like a resource folder of REAPER: no reaper.ini there. "
                f"{WHERE}"
            )
        return folder
    found = find(memory, places)
    if len(found) == 1:
        return found[0].folder
    if found:
        raise BadRequest(
            "REAPER has several resource folders here: "
            + ", ".join(str(one.folder) for one in found)
            + ". Name one of them: --resource FOLDER"
        )
    looked = ", ".join(str(folder) for folder, _ in (defaults() if places is None else places))
    raise EnvironmentProblem(
        f"No resource folder of REAPER was found (looked at {looked or 'no place'}). Start REAPER "
        f"once, or name the folder: --resource FOLDER. {WHERE}"
    )


def remembered(memory: Path) -> list[Path]:
    """Folders that voxmend was installed into."""
    try:
        data = foreign.table(safe_files.read(memory, MOST_BYTES))
        texts = [text for text in data["resources"] if isinstance(text, str)]
        return [Path(text) for text in texts if os.path.isabs(text) and "\0" not in text]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def remember(memory: Path, folder: Path) -> None:
    """Add a folder to those remembered."""
    _write(memory, [*(one for one in remembered(memory) if one != folder), folder])


def forget(memory: Path, folder: Path) -> None:
    """Take a folder out again."""
    kept = [one for one in remembered(memory) if one != folder]
    if memory.exists():
        _write(memory, kept)


def _write(memory: Path, folders: Sequence[Path]) -> None:
    with refusing(memory.parent):
        disk.private(memory.parent)
        texts = [str(one).encode("utf-8", "replace").decode() for one in folders]
        disk.write_json(memory, {"schema": 1, "resources": texts})
