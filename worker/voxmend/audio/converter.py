"""ffmpeg on this machine: found once, by an absolute path, and only where nobody else put it.

What libsndfile lacks is read through it, and ``voxmend doctor`` says which it is. It is found on
PATH and in the places where systems put it; a part of PATH that is not absolute would be a folder
of whoever calls, and is passed over, and so is a program that others could have replaced.
"""

from __future__ import annotations

import functools
import os
import shutil
import stat
import sys
from pathlib import Path

from voxmend_protocol.errors import UnsupportedAudio

from ..disk import shown

NAME = "ffmpeg.exe" if os.name == "nt" else "ffmpeg"
_PLACES = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin")
"""Where systems put it: a worker that a service started may have a shorter PATH."""


@functools.cache
def find() -> str | None:
    """ffmpeg's absolute path, links followed; None where there is none to be trusted."""
    return search(os.environ.get("PATH", ""))


def search(path: str) -> str | None:
    """The first ffmpeg in the folders of a PATH, then in the usual ones."""
    places = [] if os.name == "nt" else list(_PLACES)
    for folder in [*path.split(os.pathsep), *places]:
        if not os.path.isabs(folder):
            continue
        found = shutil.which(NAME, path=folder)
        if found is not None and os.path.isabs(found):
            real = os.path.realpath(found)
            if is_mine(Path(real)) and is_mine(Path(found).parent):
                return real
    return None


def is_mine(file: Path) -> bool:
    """Whether only this user and the system can have put a file there, or replaced it or a folder
    above it. On Windows, which has no modes, the system's own rights have to do."""
    if os.name == "nt":
        return True
    inner: os.stat_result | None = None
    for place in (file, *file.parents):
        try:
            seen = os.stat(place)
        except OSError:
            return False
        if seen.st_uid not in (0, os.geteuid()):
            return False
        open_to_others = seen.st_mode & stat.S_IWOTH or (
            seen.st_mode & stat.S_IWGRP and not _of_the_system(seen.st_gid)
        )
        kept = seen.st_mode & stat.S_ISVTX and inner is not None  # as /tmp: only its owner renames
        if open_to_others and not kept:
            return False
        inner = seen
    return True


def _of_the_system(group: int) -> bool:
    """Whether a group's members may change programs anyway, or it is this user's own."""
    own = os.getegid() == group and os.geteuid() == group
    return own or group == 0 or group == {"darwin": 80, "linux": 50}.get(sys.platform, 0)


def lacking(path: Path, words: str) -> UnsupportedAudio:
    """The refusal of a file that only ffmpeg could read."""
    name = shown(path.name)
    return UnsupportedAudio(
        f"{name} is {words}, which voxmend reads only where ffmpeg is installed; install ffmpeg, "
        f'or convert the file: ffmpeg -i "{name}" "{shown(path.stem)}.wav"'
    )
