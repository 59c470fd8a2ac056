"""Who may write where: whoever may write the state, the settings, the models, a mailbox or a
watched folder has voxmend act with this user's rights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from voxmend_protocol.errors import VoxmendError

from .. import safe_files
from ..disk import shown
from ..paths import Paths
from ..reaper import resource
from ..watch import registry
from .finding import Case, Finding

_rights = partial(Finding, "rights", "Rights")
_WHY = "Whoever may write there has voxmend read, write and run things with your rights."
_MOST = 5
"""Faults that are named; what is mended shows the next."""


def rights(case: Case) -> Finding:
    """Look at every folder whose contents voxmend believes, and say who may write it."""
    own = [*_own(case.paths), *_mailboxes(case.paths)]
    watched = list(_watched(case.paths))
    facts = {
        "writers": [{"folder": str(folder), "who": writers(folder)} for folder in [*own, *watched]]
    }  # a support bundle hides names in values, not in keys
    faults = [fault for folder in own for fault in _faults(folder)]
    if faults:
        detail = "; ".join(f"{fault.filename} {fault.strerror}" for fault in faults[:_MOST])
        more = f"; and {len(faults) - _MOST} more" if len(faults) > _MOST else ""
        fix = faults[0].mend.partition(": ")[2] or faults[0].mend
        return _rights("fail", shown(detail + more), _WHY, fix, facts)
    told = [f"{shown(folder)}: {writers(folder)}" for folder in watched]
    unknown = [folder for folder in own if safe_files.no_modes(folder.stat().st_dev)]
    if unknown:
        return _rights(
            "warn", f"{shown(unknown[0])} lies on a file system that keeps no rights", _WHY,
            "move voxmend to another disk: VOXMEND_HOME=FOLDER", facts,
        )  # fmt: skip
    return _rights("ok", "; ".join(["state, settings, models: only you", *told]), facts=facts)


def writers(folder: Path) -> str:
    """Who may write a folder, in words."""
    try:
        status = safe_files.status(folder)
    except OSError as error:
        return f"not known ({error.strerror})"
    if safe_files.no_modes(status.st_dev):
        return "not known: its file system keeps no rights"
    others = safe_files.who_writes(status, os.fspath(folder))
    if not safe_files.trusted_owner(status):
        return f"its owner, another user{f', and {others}' if others else ''}"
    return f"{others}: links in it are not followed" if others else "only you"


def _own(paths: Paths) -> Iterator[Path]:
    yield from (folder for folder in (paths.state,) if folder.is_dir())
    for folder in (paths.cache, paths.config):  # what lies in the state is looked at with it
        if folder.is_dir() and not folder.is_relative_to(paths.state):
            yield folder


def _mailboxes(paths: Paths) -> Iterator[Path]:
    for found in resource.find(paths.state / "reaper.json"):
        boxes = found.folder / "Data" / "voxmend"
        if boxes.is_dir():
            yield boxes


def _watched(paths: Paths) -> Iterator[Path]:
    try:
        folders = registry.load(paths.watch_file)
    except VoxmendError:  # the check of the watched folders says so
        return
    for watched in folders:
        if os.path.isdir(watched.path):
            yield Path(watched.path)


def _faults(folder: Path) -> Iterator[safe_files.UnsafeError]:
    try:
        safe_files.insist_mine(folder)
        reached = bool(folder.stat().st_mode & 0o011)
    except safe_files.UnsafeError as fault:
        yield fault
        return
    except OSError:  # the check of the folders says so
        return
    yield from safe_files.faults(folder, reached)
