"""Switch the start at log-in on and off, and see how it stands.

A switch that fails half way is taken back: there is no unit without a system that knows it.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

from .. import safe_files
from ..disk import put, write_error
from ..installation import manifest
from ..installation.program import Program
from .system import Plan

MOST_BYTES = 1_000_000
LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a command: its exit code and its last line."""

    code: int
    words: str


@dataclass(frozen=True, slots=True)
class State:
    """How it stands.

    Attributes:
        kind: the system's own way.
        installed: the system starts it at log-in.
        running: the system has started it now.
        current: it would start this voxmend, as it is installed now.
        file: where it is written down; empty where the system keeps that to itself.
        possible: the system can start something at this user's log-in.
    """

    kind: str
    installed: bool
    running: bool
    current: bool
    file: str
    possible: bool = True


Run = Callable[[Sequence[str]], Said]


def run(command: Sequence[str]) -> Said:
    """Run a command of the system."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=LONGEST_S,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return Said(127, f"{command[0]} is not on this system")
    except (OSError, subprocess.TimeoutExpired) as error:
        return Said(1, str(error))
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return Said(done.returncode, lines[-1] if lines else "")


def install(plan: Plan, program: Program | None, run: Run = run) -> None:
    """Switch it on; again: bring it up to date.

    Args:
        program: whose manifest learns of folders that are made; None in a checkout.

    Raises:
        OutputUnwritable, DiskFull: the file cannot be written.
        EnvironmentProblem: the system refuses.
    """
    if not _ready(plan, run):
        raise EnvironmentProblem(
            f"{plan.name} has no session for this user, as in a container or on a machine without "
            f"a log-in, so it takes nothing on. {plan.part.otherwise}. For a server, started with "
            "the machine: voxmend service unit"
        )
    folders = [
        folder for made in (plan.file, *plan.makes) for folder in manifest.missing_folders(made)
    ]
    if program is not None:
        manifest.note(program.manifest, folders)
    before = _content(plan.file)
    _put(plan.file, plan.text)
    for command in plan.before:
        run(command)
    for command in plan.begin:
        said = run(command)
        if said.code:
            _put(plan.file, before)
            if before is None:
                _clear(plan, run)
                for folder in reversed(folders):
                    with contextlib.suppress(OSError):
                        folder.path.rmdir()
            raise EnvironmentProblem(
                f"{plan.name} does not take {plan.part.what} on: {said.words or said.code}. "
                f"{plan.part.otherwise}"
            )
    if not plan.stays:
        _put(plan.file, None)


def uninstall(plan: Plan, run: Run = run) -> bool:
    """Switch it off. False if it was not on.

    Raises:
        OutputUnwritable: the file cannot be removed.
        EnvironmentProblem: the system still knows it.
    """
    there = plan.file.exists() or run(plan.known).code == 0
    if there:
        _clear(plan, run)
        if run(plan.known).code == 0:
            raise EnvironmentProblem(
                f"{plan.name} still knows {plan.part.what}. By hand: {' '.join(plan.end[-1])}"
            )
    return there


def state(plan: Plan, run: Run = run) -> State:
    """How it stands."""
    known = run(plan.known).code == 0
    if not plan.stays:
        return State(plan.name, known, known, known, "")
    content = _content(plan.file)
    installed = content is not None and known
    running = installed and run(plan.runs).code == 0
    possible = installed or _ready(plan, run)
    return State(plan.name, installed, running, content == plan.text, str(plan.file), possible)


def _ready(plan: Plan, run: Run) -> bool:
    """Whether the system can be told anything for this user."""
    return not plan.ready or run(plan.ready).code == 0


def _clear(plan: Plan, run: Run) -> None:
    for command in plan.end:
        run(command)
    _put(plan.file, None)
    for made in plan.makes:
        with contextlib.suppress(OSError):
            made.unlink(missing_ok=True)


def _content(file: Path) -> bytes | None:
    try:
        return safe_files.read(file, MOST_BYTES, "shared")
    except OSError:
        return None


def _put(file: Path, content: bytes | None) -> None:
    try:
        if content is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        put(file, content)
    except OSError as error:
        raise write_error(file.parent, error, "Mend its rights, then try again.") from None
