"""What an installation offers once it stands: models, REAPER, a start at log-in.

Each is a command of the new voxmend, run as the user would type it, and may be declined or fail:
the installation stands all the same, and what to type later is said. Without a terminal and
without ``--yes`` nothing is taken on.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import speech

PRESET = "restore"

OURS = ("voxmend", "reapack")
"""Whose scripts in REAPER are ours: put there by voxmend, or by ReaPack, which leaves it to voxmend
to say where it is."""


@dataclass(frozen=True, slots=True)
class Asker:
    """How the user is asked.

    Attributes:
        yes: every answer is yes.
        ask: puts the question, and gives the answer; None where nobody can be asked.
    """

    yes: bool
    ask: Callable[[str], bool] | None

    def __call__(self, question: str) -> bool:
        """The answer; no where nobody is there to give one."""
        return self.yes or (self.ask is not None and self.ask(question))


@dataclass(frozen=True, slots=True)
class Voxmend:
    """The installed command."""

    command: Path
    env: Mapping[str, str]

    def run(self, *words: str) -> int:
        """Run it on the user's terminal; its exit code."""
        return subprocess.run(
            [str(self.command), *words], env=dict(self.env), check=False
        ).returncode

    def read(self, *words: str) -> Any:
        """What it prints as JSON; None where it fails."""
        code, said = self._printed(*words)
        return said if code == 0 else None

    def has_worker(self) -> bool:
        """Whether a worker runs, of whatever version: an older one cannot be asked how it does."""
        code, said = self._printed("worker", "status")
        error = said.get("error") if isinstance(said, dict) else None
        older = isinstance(error, dict) and error.get("code") == "unsupported_version"
        return older or (code == 0 and said is not None)

    def _printed(self, *words: str) -> tuple[int, Any]:
        """Its exit code, and the JSON that it prints; None where it prints none."""
        done = subprocess.run(
            [str(self.command), *words, "--json"], env=dict(self.env), capture_output=True,
            text=True, encoding="utf-8", errors="replace", stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an offer: a line for the summary."""

    done: bool
    words: str


def models(voxmend: Voxmend, asker: Asker, bundled: Path | None, offline: bool) -> Taken:
    """The models of the default repair. Size and licences are shown before anything is fetched."""
    later = f"none; later: voxmend models pull --preset {PRESET}"
    if bundled is not None and bundled.is_dir():
        went = voxmend.run("models", "import", str(bundled)) == 0
        return Taken(went, "taken from the folder" if went else later)
    info = voxmend.read("presets", "show", PRESET)
    if info is not None and not info.get("missing", ("",)):
        return Taken(True, f"those of the preset {PRESET} are here")
    if offline:
        return Taken(False, "none in the folder; voxmend models import FOLDER brings some")
    for line in described(voxmend.read("models", "list"), PRESET):
        print(line, flush=True)
    if not asker(f"Fetch the models of the preset “{PRESET}” and accept these licences?"):
        return Taken(False, later)
    went = voxmend.run("models", "pull", "--preset", PRESET, "--accept-licence") == 0
    return Taken(went, f"those of the preset {PRESET}" if went else later)


def described(listed: Any, preset: str) -> list[str]:
    """The models a preset lacks, each with size and licence, and the sum."""
    items = [
        item for item in (listed or {}).get("items", ())
        if preset in item["presets"] and item["state"] != "present"
    ]  # fmt: skip
    lines = [
        f"  {item['title']}: {_size(item['download'])}, licence: {item['licence']}"
        for item in items
    ]
    total = sum(item["download"] or 0 for item in items)
    return [*lines, f"  together {_size(total)}"] if items else []


def _size(count: int | None) -> str:
    return f"about {count / 1e6:.0f} MB" if count else "size unknown"


def reaper(voxmend: Voxmend, asker: Asker) -> Taken:
    """The scripts inside REAPER, for each REAPER that is found."""
    found = (voxmend.read("reaper", "status") or {}).get("items", [])
    if not found:
        return Taken(False, "not found; later: voxmend reaper install --resource FOLDER")
    done = []
    for item in found:
        place = item["resource"]
        ours = item["owner"] in OURS
        if (ours or asker(f"Put voxmend into REAPER ({place})?")) and (
            voxmend.run("reaper", "install", "--resource", place) == 0
        ):
            done.append(place)
    if not done:
        return Taken(False, "not set up; later: voxmend reaper install")
    return Taken(
        True, f"set up in {', '.join(done)}; there, run “voxmend: Set up right-click menu”"
    )


def refresh_reaper(voxmend: Voxmend) -> None:
    """Bring REAPERs up to date that have voxmend already."""
    for item in (voxmend.read("reaper", "status") or {}).get("items", []):
        if item["owner"] in OURS:
            voxmend.run("reaper", "install", "--resource", item["resource"])


def autostart(voxmend: Voxmend, asker: Asker, state: Mapping[str, Any]) -> Taken:
    """Start the worker at log-in; otherwise it starts when it is needed.

    Args:
        state: what ``voxmend service status`` says.
    """
    if state.get("installed"):
        voxmend.run("service", "install")
        return Taken(True, "at log-in, as before")
    if not state.get("possible", True):
        return Taken(False, "when it is needed; on a server: voxmend service unit")
    later = "when it is needed; at log-in: voxmend service install"
    if not asker("Start the worker each time you log in? (No: it starts when it is needed.)"):
        return Taken(False, later)
    return (
        Taken(True, "at log-in") if voxmend.run("service", "install") == 0 else Taken(False, later)
    )


def watching(voxmend: Voxmend, asker: Asker, state: Mapping[str, Any]) -> Taken | None:
    """Watch folders from log-in on; None where there is no folder and never was such a start."""
    words = ("service", "install", "--watch")
    if state.get("watch", {}).get("installed"):
        voxmend.run(*words)
        return Taken(True, "from log-in on, as before")
    if not (voxmend.read("watch", "list") or {}).get("items"):
        return None
    if not state.get("possible", True):
        return Taken(False, "while voxmend watch run runs; on a server: voxmend service unit")
    later = "while voxmend watch run runs; from log-in on: voxmend service install --watch"
    if asker("Watch your folders from each log-in on?") and voxmend.run(*words) == 0:
        return Taken(True, "from log-in on")
    return Taken(False, later)


def ask_on(terminal: bool) -> Callable[[str], bool] | None:
    """How a user at a terminal is asked; None where there is none."""
    if not terminal:
        return None

    def ask(question: str) -> bool:
        try:
            with speech.asking():
                return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
        except EOFError:
            return False

    return ask


def words_of(taken: Sequence[tuple[str, Taken]]) -> list[str]:
    """Lines of the summary."""
    return [f"  {name:9} {what.words}" for name, what in taken]
