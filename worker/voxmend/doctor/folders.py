"""Settings, folders and room: what every job needs before it needs anything else."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from voxmend_protocol.errors import VoxmendError

from .. import config, presets, safe_files
from ..disk import private
from .finding import Case, Finding

LOW_DISK_GB = 5.0
_NO_ROOM_GB = 0.5


def settings(case: Case) -> Finding:
    """The settings file and the user's presets."""
    paths = case.paths
    try:
        chosen, values = config.load(paths.config_file)
    except VoxmendError as error:
        return Finding(
            "settings", "Settings", "fail", error.message, "Nothing starts before it is mended.",
            "voxmend config path",
        )  # fmt: skip
    user = paths.presets
    broken = set(presets.names(user)) - {preset.name for preset in presets.all_of(user)}
    if broken:
        name = min(broken)
        return Finding(
            "settings", "Settings", "warn", f"the preset {name} is not valid", "It is left out.",
            f"voxmend presets show {name}",
        )  # fmt: skip
    meant = presets.named(chosen.restore.preset, user)
    if meant.remark:
        origin = next(value.origin for value in values if value.key == "restore.preset")
        return Finding(
            "settings", "Settings", "warn", f"restore.preset in {origin}: {meant.remark}",
            f"Until then jobs run with {meant.name}.", "voxmend config path",
        )  # fmt: skip
    return Finding("settings", "Settings", "ok", str(paths.config_file))


def folders(case: Case) -> Finding:
    """Write access, and who else may read the key."""
    paths = case.paths
    for folder in (paths.state, paths.cache):
        try:
            if not os.path.lexists(folder):
                private(folder)
            probe = folder / f".doctor-{secrets.token_hex(8)}"
            os.close(safe_files.create(probe, 0o600))
            probe.unlink()
        except OSError as error:
            return Finding(
                "folders", "Folders", "fail",
                f"{folder} cannot be written ({error.strerror or error})",
                "voxmend keeps jobs, models and finished stages there.", _way_out(folder),
            )  # fmt: skip
    found = paths.worker_file
    if os.name == "posix" and found.exists() and found.stat().st_mode & 0o077:
        return Finding(
            "folders", "Folders", "fail", f"{found} is readable by others",
            "Whoever reads it can give the worker orders.", "voxmend worker restart",
        )  # fmt: skip
    return Finding("folders", "Folders", "ok", f"{paths.state}, {paths.cache}")


def _way_out(folder: Path) -> str:
    """Take the right back where the folder is there; else use another place."""
    if os.name == "posix" and folder.is_dir():
        return f'chmod u+rwx "{folder}"'
    return "set VOXMEND_HOME to a folder of yours"


def disk(case: Case) -> Finding:
    """Room for the cache and for models."""
    free_gb = shutil.disk_usage(_there(case.paths.cache)).free / 1e9
    return judge_room(free_gb, case.paths.cache, _budget_gb(case))


def judge_room(free_gb: float, cache: Path, budget_gb: float) -> Finding:
    """What to say of so much room."""
    detail = f"{free_gb:.1f} GB free; the cache may take {budget_gb:.0f} GB"
    facts = {"free_gb": round(free_gb, 1), "cache_budget_gb": budget_gb}
    if free_gb < _NO_ROOM_GB:
        return Finding(
            "disk", "Disk", "fail", f"{detail}: {cache} is full", "A job that finds no room fails.",
            "voxmend cache clear", facts,
        )  # fmt: skip
    if free_gb < LOW_DISK_GB:
        return Finding(
            "disk", "Disk", "warn", detail, "A long job that finds no room fails.",
            "voxmend cache clear", facts,
        )  # fmt: skip
    return Finding("disk", "Disk", "ok", detail, facts=facts)


def _budget_gb(case: Case) -> float:
    try:
        return config.load(case.paths.config_file)[0].cache.budget_gb
    except VoxmendError:  # named by the check of the settings
        return config.Cache().budget_gb


def _there(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
