"""One environment: resolved, filled, and made to prove itself before anything leads to it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import EnvironmentProblem

from . import size as sizes
from .machine import Choice, without_backend
from .program import Program
from .source import Bundle
from .uv import Uv

Tell = Callable[[str], None]
REQUIREMENTS, KEPT, DEVICE = "requirements.txt", "wheel", "device.txt"
TRIAL_S = 600.0


@dataclass(frozen=True, slots=True)
class Proof:
    """What the trial run came to."""

    device: str
    preset: str
    gain_db: float


def room(program: Program, choice: Choice) -> None:
    """Make sure that there is room.

    Raises:
        EnvironmentProblem: there is not.
    """
    free = shutil.disk_usage(program.root).free / 1e9
    if free < choice.needed_gb:
        raise EnvironmentProblem(
            f"{program.root} has {free:.1f} GB free, and voxmend needs about "
            f"{choice.needed_gb:.1f} GB. Make room, or choose another disk: VOXMEND_PROGRAM=FOLDER"
        )


def resolve(uv: Uv, choice: Choice, folder: Path, tell: Tell) -> Choice:
    """Write ``requirements.txt``; where uv's builds of torch cannot be reached, with the default
    registry's. What was chosen in the end is returned, with the room that it really takes, and both
    are told.

    Raises:
        EnvironmentProblem: there is no network, or no solution.
    """
    overrides, adds = folder / "overrides.in", folder / "adds.in"
    overrides.write_text("\n".join(choice.overrides), "utf-8")
    adds.write_text("\n".join(choice.adds), "utf-8")
    file = folder / REQUIREMENTS
    if choice.backend:
        if uv.attempt(uv.resolve(choice, file, overrides, adds)) is None:
            return _sized(uv, choice, file, tell)
        choice = without_backend(choice)
        uv.run(uv.resolve(choice, file, overrides, adds))
        tell(
            "  torch's own builds cannot be reached from here; the default registry's is taken. "
            + (
                "It is for graphics cards too: it works the same on the CPU, and is larger."
                if sizes.has_card(_names(file))
                else "It is one for the CPU."
            )
        )
    else:
        uv.run(uv.resolve(choice, file, overrides, adds))
    return _sized(uv, choice, file, tell)


def _sized(uv: Uv, choice: Choice, requirements: Path, tell: Tell) -> Choice:
    """The choice with the room it really takes, as far as uv can tell before it fetches."""
    lock = requirements.with_name("pylock.toml")
    found = None
    if uv.attempt(uv.lock(requirements, lock, choice)) is None:
        device = choice.device if choice.device in ("cuda", "rocm") else "cpu"
        found = sizes.read(lock, device)
    if found is None:
        tell(f"  about {choice.needed_gb:.0f} GB on disk; the index gives no sizes")
        return choice
    tell(f"  {found.words}, less what uv has in its cache")
    return replace(choice, needed_gb=found.unpacked / 1e9)


def _names(requirements: Path) -> list[str]:
    """The packages that were chosen."""
    lines = requirements.read_text("utf-8").splitlines()
    return [re.split(r"[\s=<>!~;@\[]", line.strip().lower(), maxsplit=1)[0] for line in lines]


def fill(uv: Uv, choice: Choice, environment: Path, bundle: Bundle | None) -> None:
    """Install into an environment that is empty; keep what it was made of inside it.

    Raises:
        EnvironmentProblem: something cannot be had.
    """
    kept = environment / KEPT
    kept.mkdir(exist_ok=True)
    (environment / DEVICE).write_text(choice.device, "utf-8")
    if bundle is None:
        uv.run(uv.wheel(kept))
    else:
        shutil.copy2(bundle.wheel, kept)
        shutil.copy2(bundle.requirements, environment / REQUIREMENTS)
    wheels = sorted(kept.glob("voxmend-*.whl"))
    uv.run(uv.install(environment, environment / REQUIREMENTS, wheels[0], choice), live=True)


def prove(program: Program, environment: Path, env: Mapping[str, str]) -> Proof:
    """Mend a short song with the new environment, in a state folder of its own.

    Raises:
        EnvironmentProblem: it could not; the sentence holds the reason.
    """
    trial = program.trial
    shutil.rmtree(trial, ignore_errors=True)
    trial.mkdir(parents=True)
    command = str(program.executable(environment, "voxmend"))
    own = {**env, "VOXMEND_HOME": str(trial / "home"), "PYTHONNOUSERSITE": "1"}
    own = {name: value for name, value in own.items() if not name.startswith("VOXMEND_WORKER")}
    try:
        said = _said([command, "demo", "--preset", "quick", "--json", "--out", str(trial)], own)
        try:
            result = json.loads(said.stdout)["items"][0]
            gain = result["si_sdr"]["vocals"] - result["si_sdr"]["mix"]
            return Proof(result["device"] or "cpu", result["preset"], round(gain, 1))
        except (ValueError, KeyError, IndexError, TypeError):
            raise EnvironmentProblem(_failed(said, trial / "home" / "logs")) from None
    finally:
        _said([command, "worker", "stop"], own)
        shutil.rmtree(trial, ignore_errors=True)


def _said(command: list[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            encoding="utf-8", errors="replace", timeout=TRIAL_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _failed(said: subprocess.CompletedProcess[Any], logs: Path) -> str:
    lines = [line for line in said.stderr.splitlines() if line.strip()]
    reason = lines[-1] if lines else f"exit code {said.returncode}"
    for name in ("engine.log", "start.log"):
        if not lines and (logs / name).is_file():
            tail = (logs / name).read_text("utf-8", "replace").strip().splitlines()
            reason = tail[-1] if tail else reason
    return (
        f"The new environment does not work, so nothing was changed: "
        f"{reason.removeprefix('voxmend: ')} Run the same command again; if it fails the same "
        "way, try: --device cpu"
    )


def clean_env(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without what would steer another Python."""
    kept = dict(os.environ if env is None else env)
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX"):
        kept.pop(name, None)
    return kept
