"""``current``, the pointer to the environment in use, and the command that follows it.

Both change by one rename: whoever looks sees the old environment or the new one.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .program import WINDOWS, Program

_CMD = """\
@echo off
setlocal
set VOXMEND_TYPED=%0
set /p VOXMEND_ENV=<"{pointer}"
"{versions}\\%VOXMEND_ENV%\\Scripts\\voxmend.exe" %*
"""


def switch(program: Program, environment: Path) -> None:
    """Let ``current`` lead to an environment.

    Raises:
        OSError: it cannot; it leads where it led before.
    """
    new = program.current.with_name(f".{program.current.name}.new")
    new.unlink(missing_ok=True)
    if program.platform == WINDOWS:
        new.write_text(environment.name, "utf-8")
    else:
        new.symlink_to(Path("versions") / environment.name)
    os.replace(new, program.current)


def put_command(program: Program, launcher: Path) -> bool:
    """Put the command ``voxmend`` where the shell looks. False if another's stands there.

    Raises:
        OSError: it cannot be written.
    """
    if os.path.lexists(launcher) and not is_ours(program, launcher):
        return False
    launcher.parent.mkdir(parents=True, exist_ok=True)
    new = launcher.with_name(f".{launcher.name}.new")
    new.unlink(missing_ok=True)
    if program.platform == WINDOWS:
        new.write_text(_CMD.format(pointer=program.current, versions=program.versions), "utf-8")
    else:
        new.symlink_to(program.executable(program.current, "voxmend"))
    os.replace(new, launcher)
    return True


def is_ours(program: Program, launcher: Path) -> bool:
    """Whether the command leads into this program folder."""
    try:
        if program.platform == WINDOWS:
            return str(program.versions) in launcher.read_text("utf-8", "replace")
        return Path(os.readlink(launcher)) == program.executable(program.current, "voxmend")
    except OSError:
        return False


def clear_unused(program: Program, keep: Path | None) -> None:
    """Remove environments that ``current`` does not lead to, and what a killed try has left."""
    for entry in program.versions.iterdir() if program.versions.is_dir() else ():
        if entry != keep:
            shutil.rmtree(entry, ignore_errors=True)
    shutil.rmtree(program.trial, ignore_errors=True)
