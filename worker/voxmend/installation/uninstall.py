"""The way back: everything that was made goes, and nothing else.

The manifest says what was made. What runs is ended first, REAPER and the system's autostart are
told by the installed voxmend itself while it is still there. What a user put into the folder of
settings stays, and so does every folder that was there before or is not empty.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

from . import environment as environments
from . import manifest, offers, pointer, shells
from .environment import Tell
from .lock import held
from .manifest import Entry
from .offers import OURS, Asker, Voxmend
from .program import WINDOWS, Program

USERS_OWN = ("voxmend.toml", "models.toml", "presets")
"""What a user writes into the folder of settings."""


def uninstall(program: Program, tell: Tell, yes: bool, keep_data: bool = False) -> None:
    """Take voxmend off this machine, for this user.

    Raises:
        EnvironmentProblem: it is not installed, or nobody says yes.
        OSError: something cannot be removed.
    """
    made = manifest.read(program.manifest)
    if not made:
        raise EnvironmentProblem(
            f"There is no installation in {program.root}. A checkout is removed by deleting its "
            "folder."
        )
    tell("This goes:")
    for line in doomed(program, made, keep_data):
        tell(f"  {line}")
    asker = Asker(yes, offers.ask_on(sys.stdin is not None and sys.stdin.isatty()))
    if not asker("Take voxmend off this machine?"):
        raise EnvironmentProblem("Nothing was removed. To do it without a question: --yes")
    with held(program.lock):
        _let_go(program, tell)
        kept = remove(program, made, keep_data)
    _remove_program(program)
    for entry in reversed(made):
        if entry.kind == "dir":
            with contextlib.suppress(OSError):  # not empty: others use it
                entry.path.rmdir()
    for place in shells.remove():
        tell(f"  completion taken out of: {place}")
    for place in kept:
        tell(f"  your own, left: {place}")
    tell("voxmend is gone. Stems that it made are yours, and are where they were.")


def doomed(program: Program, made: Sequence[Entry], keep_data: bool) -> list[str]:
    """What will go, in words."""
    lines = [f"{program.root} (the program)"]
    for entry in made:
        if entry.kind == "file":
            lines.append(str(entry.path))
        elif entry.kind in ("tree", "mine") and not keep_data and entry.path.exists():
            words = "jobs, models, cache" if entry.kind == "tree" else "settings, but for your own"
            lines.append(f"{entry.path} ({words})")
    lines.append("shell completion, where it was set up")
    lines.append("voxmend inside REAPER and the start at log-in, where they were set up")
    return lines


def _let_go(program: Program, tell: Tell) -> None:
    """Have the installed voxmend undo what only it can undo."""
    active = program.active()
    if active is None:
        return
    voxmend = Voxmend(program.executable(active, "voxmend"), environments.clean_env())
    if not voxmend.command.exists():
        return
    state = voxmend.read("service", "status") or {}
    if state.get("installed") or state.get("watch", {}).get("installed"):
        voxmend.run("service", "uninstall")
    for item in (voxmend.read("reaper", "status") or {}).get("items", []):
        if item["owner"] in OURS and (
            voxmend.run("reaper", "uninstall", "--resource", item["resource"]) != 0
        ):
            tell(f"  not removed from {item['resource']}: the reason stands above")
    voxmend.run("worker", "stop")


def remove(program: Program, made: Sequence[Entry], keep_data: bool) -> list[Path]:
    """Remove files and folders of the manifest, the program itself aside; what was left."""
    kept: list[Path] = []
    for entry in reversed(made):
        if entry.kind == "file" and pointer.is_ours(program, entry.path):
            entry.path.unlink(missing_ok=True)
        elif entry.kind == "tree" and not keep_data:
            shutil.rmtree(entry.path, ignore_errors=True)
        elif entry.kind == "mine" and not keep_data and entry.path.is_dir():
            kept += _empty_but_for_own(entry.path)
    return kept


def _empty_but_for_own(folder: Path) -> list[Path]:
    """Empty a folder of settings of all that voxmend wrote; what is the user's own."""
    kept = []
    for entry in sorted(folder.iterdir()):
        if entry.name in USERS_OWN and not (entry.is_dir() and not any(entry.iterdir())):
            kept.append(entry)
        elif entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    if not kept:
        folder.rmdir()
    return kept


def _remove_program(program: Program) -> None:
    """Remove the program folder; Windows lets go of it when this process has ended."""
    if program.platform == WINDOWS and Path(sys.prefix).is_relative_to(program.root):
        subprocess.Popen(
            ["cmd", "/c", f'ping -n 4 127.0.0.1 >nul & rmdir /s /q "{program.root}"'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=os.environ.get("SYSTEMROOT"),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        return
    shutil.rmtree(program.root)
