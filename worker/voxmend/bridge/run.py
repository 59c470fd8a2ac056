"""The bridge as a process: one for each box, of the voxmend that the box's REAPER was given."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from filelock import FileLock, Timeout

from voxmend_protocol import discovery
from voxmend_protocol.errors import EnvironmentProblem

from .. import foreign, launch, paths, safe_files, stopped
from ..disk import full, own_error, safely
from ..log import log, open_log
from .carrier import Carrier
from .mailbox import Mailbox

MOST_BYTES = 1_000_000
STALE_S = 30 * 24 * 3600.0
"""A box whose host has not beaten for so long belongs to a REAPER that is gone."""


def run(folder: Path) -> None:
    """Serve one box until nobody needs it; end at once where another bridge does.

    Raises:
        EnvironmentProblem: the box or the log cannot be used.
    """
    home_of(folder)
    box = Mailbox(folder)
    lock = FileLock(folder / "bridge.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    except OSError as error:
        if full(error):
            raise own_error(folder, error) from None
        raise EnvironmentProblem(
            f"The mailbox {folder} cannot be used ({error.strerror}). Start voxmend from REAPER."
        ) from None
    with lock:
        open_log(paths.find().log.with_name("bridge.log"), "info")
        log("bridge_started", box=folder.name)
        sweep(folder.parent, folder)
        kind = "reaper-bridge"
        Carrier(
            box,
            lambda: launch.connect(kind, new_job=False),
            wake=lambda: launch.connect(kind),
            stopped=lambda: stopped.lies(paths.find()),
        ).run()
        log("bridge_ended", box=folder.name)


def home_of(folder: Path) -> None:
    """REAPER's surroundings are not those of the installation: the pointer beside the boxes says
    which home folder was meant.

    Raises:
        EnvironmentProblem: others can write that pointer.
    """
    try:
        with safely():
            pointer = safe_files.read(folder.parent.parent / "install.json", MOST_BYTES)
        home = foreign.table(pointer)["home"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    unset = "VOXMEND_HOME" not in os.environ
    if unset and isinstance(home, str) and home and Path(home) != discovery.home():
        os.environ["VOXMEND_HOME"] = home


def sweep(boxes: Path, mine: Path) -> None:
    """Remove the boxes of hosts that are long gone."""
    for folder in boxes.iterdir():
        beat = folder / "beat"
        try:
            old = time.time() - beat.lstat().st_mtime > STALE_S
        except OSError:
            continue
        if old and folder != mine and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
