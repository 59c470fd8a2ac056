"""Watched folders: whether they are there, and whether the system can tell of changes in them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..watch import registry
from .finding import Case, Finding

_LIMIT = Path("/proc/sys/fs/inotify/max_user_watches")
FEW = 1024
"""Below this, one folder with a deep tree uses the user's notices up."""


def watching(case: Case) -> Finding:
    """Look at each folder."""
    folders = [Path(one.path) for one in registry.load(case.paths.watch_file)]
    return judge(folders, _notices() if sys.platform == "linux" else None)


def judge(folders: Sequence[Path], notices: int | None) -> Finding:
    """What to say of these folders, with so many notices of changes for this user."""
    if not folders:
        return Finding("watching", "Watch", "ok", "no folder is watched")
    gone = [folder for folder in folders if not folder.is_dir()]
    if gone:
        return Finding(
            "watching", "Watch", "warn", f"{gone[0]} is not there",
            "It is watched again once it is back; or take it off the list.",
            f'voxmend watch remove "{gone[0]}"',
        )  # fmt: skip
    if notices is not None and notices < FEW:
        return Finding(
            "watching", "Watch", "warn", f"the system gives notice of {notices} folders only",
            "Files are still found, by looking once a minute.",
            "sudo sysctl fs.inotify.max_user_watches=65536",
        )  # fmt: skip
    return Finding("watching", "Watch", "ok", ", ".join(map(str, folders)))


def _notices() -> int | None:
    try:
        return int(_LIMIT.read_text("ascii"))
    except (OSError, ValueError):
        return None
