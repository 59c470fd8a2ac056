"""``voxmend update``: bring the sources that this voxmend came from up to date, and install them.

Each environment notes where it came from, and at which commit. A checkout is brought forward by
git, never over changes of the user's; then its own installer runs, which proves the new one before
it takes the place of the old one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from voxmend_protocol.errors import BadRequest, EnvironmentProblem

from .environment import DEVICE, Tell
from .program import WINDOWS, Program
from .source import BUNDLE

NOTE = "source.json"
LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an environment came from.

    Attributes:
        folder: a checkout, unpacked sources, or a folder made by ``voxmend bundle``.
        commit: of the checkout; empty where there is none.
    """

    folder: str
    commit: str


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a command: its exit code, all it printed, its last line."""

    code: int
    text: str

    @property
    def last(self) -> str:
        """The last line."""
        lines = self.text.strip().splitlines()
        return lines[-1] if lines else ""


Run = Callable[[Sequence[str]], Said]


def run(command: Sequence[str]) -> Said:
    """Run a command that asks nothing."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=LONGEST_S, check=False,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return Said(127, str(error))
    return Said(done.returncode, done.stdout)


def note(environment: Path, folder: Path, run: Run = run) -> None:
    """Write down where an environment came from.

    Raises:
        OSError: it cannot be written.
    """
    origin = Origin(str(folder.absolute()), head(folder, run))
    (environment / NOTE).write_text(json.dumps(asdict(origin)), "utf-8")


def origin(environment: Path) -> Origin | None:
    """Where it came from; None where that was not noted."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        found = json.loads((environment / NOTE).read_text("utf-8"))
        return Origin(str(found["folder"]), str(found["commit"]))
    return None


def head(folder: Path, run: Run = run) -> str:
    """The commit of a checkout without changes of its own; empty where there is none to name."""
    if not (folder / ".git").exists():
        return ""
    changed = run(("git", "-C", str(folder), "status", "--porcelain"))
    if changed.code or changed.text.strip():
        return ""
    found = run(("git", "-C", str(folder), "rev-parse", "HEAD"))
    return found.last if found.code == 0 else ""


def plan(
    program: Program, named: Path | None, again: bool, tell: Tell, run: Run = run
) -> list[str] | None:
    """Bring the sources forward; the installer's command line, or None where there is nothing new.

    Args:
        named: sources, or a prepared folder, to take instead of those it came from.
        again: install them even where nothing has changed.

    Raises:
        BadRequest: the named folder is none that could be installed from.
        EnvironmentProblem: the sources are gone, or cannot be brought forward.
    """
    active = program.active()
    before = origin(active) if active is not None else None
    folder = named or (Path(before.folder) if before else None)
    if folder is None:
        raise EnvironmentProblem(
            "It was not written down where this voxmend came from. Name its sources: voxmend "
            "update --from FOLDER"
        )
    script = _script(folder, program.platform)
    if script is None:
        if named:
            raise BadRequest(
                f"--from {folder}: that is neither a folder of voxmend's sources nor one made by "
                "voxmend bundle. Name one of those."
            )
        raise EnvironmentProblem(
            f"{folder}, which this voxmend came from, is gone. Fetch the sources anew, then: "
            "voxmend update --from FOLDER"
        )
    bundle = (folder / BUNDLE).is_file()
    if named is None and not bundle:
        _pull(folder, tell, run)
    now = head(folder, run)
    same = before is not None and bool(now) and now == before.commit
    if same and not again:
        return None
    device = _device(active) if active is not None and not bundle else ()
    switches = ("--no-models", "--no-reaper", "--no-autostart")
    offline = ("--offline", str(folder)) if bundle else ()
    if program.platform == WINDOWS:
        begin = ["powershell", "-ExecutionPolicy", "Bypass", "-File", str(script)]
    else:
        begin = ["sh", str(script)]
    return [*begin, *switches, *device, *offline]


def hand_over(program: Program, command: Sequence[str]) -> int:
    """Let the installer go on in place of this process, which is part of what it replaces; on
    Windows, which knows no such thing, beside it.

    Returns:
        The installer's exit code, on Windows.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    env = {**os.environ, "VOXMEND_PROGRAM": str(program.root)}
    if os.name != "nt":
        os.execvpe(command[0], list(command), env)
    return subprocess.run(command, env=env, check=False).returncode


def _script(folder: Path, platform: str) -> Path | None:
    name = "install.ps1" if platform == WINDOWS else "install.sh"
    if (folder / BUNDLE).is_file():
        found = folder / name
    else:
        found = folder / "installers" / name
        if not (folder / "pyproject.toml").is_file():
            return None
    return found if found.is_file() else None


def _pull(folder: Path, tell: Tell, run: Run) -> None:
    """Bring a checkout forward, as far as that takes nothing from the user.

    Raises:
        EnvironmentProblem: it cannot be.
    """
    if not (folder / ".git").exists():
        tell(f"{folder} is no checkout, so it is installed as it lies there.")
        return
    if shutil.which("git") is None:
        raise EnvironmentProblem(
            f"git is not installed, so {folder} cannot be brought up to date. Install it, or fetch "
            "the sources anew, then: voxmend update --from FOLDER"
        )
    if run(("git", "-C", str(folder), "rev-parse", "--abbrev-ref", "@{upstream}")).code:
        tell(f"{folder} follows no other repository, so it is installed as it lies there.")
        return
    tell(f"Fetching what is new into {folder} …")
    pulled = run(("git", "-C", str(folder), "pull", "--ff-only", "--quiet"))
    if pulled.code:
        raise EnvironmentProblem(
            f"{folder} cannot be brought up to date: git says “{pulled.last}”. Nothing was "
            f"changed. Mend it there, then: voxmend update"
        )


def _device(environment: Path) -> tuple[str, ...]:
    """What it was installed for stays."""
    with contextlib.suppress(OSError):
        return ("--device", (environment / DEVICE).read_text("utf-8").strip())
    return ()
