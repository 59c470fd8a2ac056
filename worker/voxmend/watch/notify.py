"""A desktop notification, where the system has one; silence where it has none.

Linux: ``notify-send``. macOS: ``osascript``. Windows: a toast by PowerShell. Texts travel as
arguments of a program, never through a shell, and never as part of a script. Called by
``voxmend watch run``; nobody waits for it and nothing depends on it.
"""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from ..disk import shown

_WITHIN_S = 10.0
_TOAST = Path(__file__).with_name("toast.ps1")
_APPLESCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)


def command(
    title: str,
    text: str,
    platform: str = sys.platform,
    env: Mapping[str, str] = os.environ,
) -> list[str] | None:
    """The program and its arguments, or None where there is none.

    Args:
        title: must not begin with a dash.
        text: one line.
    """
    if platform == "darwin":
        program = shutil.which("osascript")
        script = [part for line in _APPLESCRIPT for part in ("-e", line)]
        return [program, *script, title, text] if program else None
    if platform == "win32":
        program = shutil.which("powershell")
        options = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass"]
        return [program, *options, "-File", str(_TOAST), title, text] if program else None
    program = shutil.which("notify-send")
    if program is None or not (env.get("DBUS_SESSION_BUS_ADDRESS") or env.get("XDG_RUNTIME_DIR")):
        return None
    # The specification lets a text hold a few tags, so a < in a file's name is written out.
    return [program, "--app-name=voxmend", "--", title, html.escape(text, quote=False)]


def notify(title: str, text: str) -> None:
    """Show it, or do nothing; returns at once."""
    found = command(shown(title), shown(text))
    if found is not None:
        threading.Thread(target=_run, args=(found,), daemon=True).start()


def _run(words: list[str]) -> None:
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_WITHIN_S,
            check=False,
            creationflags=flags,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return
