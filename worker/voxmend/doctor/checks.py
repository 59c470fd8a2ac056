"""Every check, in the order in which problems explain each other. A check never raises."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence

from voxmend_protocol.errors import VoxmendError

from . import (
    autostart,
    clock,
    folders,
    libraries,
    machine,
    measure,
    media,
    models,
    reaper,
    rights,
    watching,
    worker,
)
from .finding import Case, Check, Finding

CHECKS: tuple[Check, ...] = (
    machine.python, folders.settings, folders.folders, rights.rights, folders.disk, clock.clock,
    models.models, models.weights, libraries.libraries, machine.sound_files, machine.ffmpeg,
    machine.torch, measure.devices, worker.worker, media.media, autostart.autostart, reaper.reaper,
    watching.watching,
)  # fmt: skip


def examine(case: Case) -> Iterator[Finding]:
    """Run every check; each finding as soon as it is there."""
    for check in CHECKS:
        yield _checked(check, case)


def _checked(check: Check, case: Case) -> Finding:
    try:
        return check(case)
    except (OSError, VoxmendError, subprocess.SubprocessError, ValueError) as error:
        name = check.__name__
        said = error.message if isinstance(error, VoxmendError) else str(error)
        return Finding(
            name, name.replace("_", " ").capitalize(), "fail", said or type(error).__name__,
            "The check itself could not be made.", "voxmend support-bundle",
        )  # fmt: skip


def healthy(findings: Sequence[Finding]) -> bool:
    """No check failed; a warning is not a failure."""
    return all(finding.health != "fail" for finding in findings)
