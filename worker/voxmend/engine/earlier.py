"""Engines of an earlier worker: one that begins waits until they have ended, and clears away what
they left. Two must never write into one folder, and a job that was theirs may be its own by now.

Their locks and folders are named by the worker's epoch, which rises with each start: those of its
own epoch are neighbours, and left alone.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from filelock import FileLock

from ..paths import Paths


def outlast(paths: Paths, epoch: int, wait_s: float) -> None:
    """Wait for the engines of earlier workers, then remove what is left of them.

    Raises:
        filelock.Timeout: one does not end.
    """
    deadline = time.monotonic() + wait_s
    for file in paths.engine_locks:
        if _earlier(file.stem.removeprefix("engine-"), epoch):
            with FileLock(file, timeout=max(0.0, deadline - time.monotonic())):
                _unlink(file)
    with contextlib.suppress(OSError):
        for left in paths.scratch.iterdir():
            if _earlier(left.name, epoch):
                shutil.rmtree(left, ignore_errors=True)


def _earlier(name: str, epoch: int) -> bool:
    """Whether a name is of an earlier epoch. One without an epoch is of an earlier voxmend."""
    number = name.partition("-")[0]
    return not number.isdecimal() or int(number) < epoch


def _unlink(file: Path) -> None:
    """Remove a lock that is held; Windows lets it lie, where it harms nobody."""
    with contextlib.suppress(OSError):
        file.unlink()
