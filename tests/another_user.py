"""Another user of this machine: what a second uid can do to the folders of the first.

Only root can become somebody else, so tests that need one are skipped where they run as any other
user, with that as the reason.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_S

OTHER = 65_534
"""The uid and gid of nobody, on every system we know."""

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root can try what another user would",
)


def as_other(do: Callable[..., Any], place: Path, *arguments: Any) -> None:
    """Do something in a place as the other user; what it raises is this test's failure."""
    process = multiprocessing.get_context("fork").Process(target=_do, args=(do, place, arguments))
    process.start()
    process.join(PATIENCE_S)
    assert process.exitcode == 0, f"the other user could not {do.__name__}"


def _do(do: Callable[..., Any], place: Path, arguments: tuple[Any, ...]) -> None:
    os.chdir(place.parent)  # while we may: pytest's own folders are closed to others
    os.setgroups([])
    os.setgid(OTHER)
    os.setuid(OTHER)
    os.umask(0o022)
    do(Path(place.name), *arguments)


def shared_by_all(folder: Path) -> Path:
    """A folder in which everybody may write, as a share of a studio is."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)
    return folder


def link(name: Path, target: Path) -> None:
    """Lay a link."""
    name.symlink_to(target)


def write(file: Path, content: bytes = b"theirs", mode: int = 0o644) -> None:
    """Put a file."""
    file.write_bytes(content)
    file.chmod(mode)


def folder(place: Path, mode: int = 0o777) -> None:
    """Make a folder."""
    place.mkdir()
    place.chmod(mode)


def pipe(place: Path) -> None:
    """Make a pipe that nobody writes to."""
    os.mkfifo(place)
