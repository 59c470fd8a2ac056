"""``voxmend bundle``: a folder from which voxmend is installed where there is no network.

It holds the installers, uv, every package as a wheel, and on request weights. It is for machines
of this kind: the same system, the same device. Packages that come as sources only are built here,
so the other machine needs no compiler. The folder is made beside its place and renamed.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from voxmend_protocol.errors import BadRequest, EnvironmentProblem

from . import environment as environments
from . import machine, uv
from .environment import KEPT, REQUIREMENTS, Tell
from .machine import Choice
from .program import WINDOWS, Program, folder
from .source import BUNDLE, SCHEMA, version

INSTALLERS = ("install.sh", "uv.sh", "install.ps1")
PIP = "pip>=24"


def bundle(target: Path, asked: str, models: Sequence[Path], tell: Tell) -> None:
    """Make the folder.

    Args:
        asked: the device it is for.
        models: folders of weights to take along, one a model.

    Raises:
        BadRequest: the folder is there already, or the device is not for this system.
        EnvironmentProblem: there is no uv, or something cannot be had.
        OSError: the folder cannot be written.
    """
    if target.exists():
        raise BadRequest(f"{target} is there already. Name a new folder.")
    choice = machine.choose(machine.look(), asked)
    tool_path = find_uv()
    new = target.with_name(f".{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    (new / "wheels").mkdir(parents=True)
    try:
        env = uv.environment(os.environ, new / "uv-cache", new / "python", offline=False)
        if "UV_CACHE_DIR" not in os.environ:
            env.pop("UV_CACHE_DIR")  # the user's own cache serves better than an empty one
        env.pop("UV_PYTHON_INSTALL_DIR", None)
        choice = _packages(tool_path, env, choice, new, tell)
        _tools(tool_path, env, new, tell)
        for model in models:
            shutil.copytree(model, new / "models" / model.name)
        facts = {
            "schema": SCHEMA, "version": _version_of(new), "system": sys.platform,
            "architecture": platform.machine(), "device": choice.device,
        }  # fmt: skip
        (new / BUNDLE).write_text(json.dumps(facts, indent=1), "utf-8")
        os.replace(new, target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _packages(
    tool_path: Path, env: dict[str, str], choice: Choice, new: Path, tell: Tell
) -> Choice:
    """Versions, voxmend itself, and everything as wheels."""
    tell(f"[1/3] choosing packages for {choice.words}")
    checkout = _checkout()
    if checkout is not None:
        tool = uv.Uv(tool_path, checkout, env)
        choice = environments.resolve(tool, choice, new, tell)
        tool.run(tool.wheel(new / "wheels"))
    else:
        kept = Path(sys.prefix)
        tool = uv.Uv(tool_path, new, env)
        shutil.copy2(kept / REQUIREMENTS, new)
        for wheel in (kept / KEPT).glob("voxmend-*.whl"):
            shutil.copy2(wheel, new / "wheels")
    tell("[2/3] fetching them as wheels; this can be several GB")
    # uv keeps packages unpacked; pip is the tool that keeps them as they came.
    pip = (str(tool_path), "run", "--quiet", "--no-project", "--python", uv.PYTHON, "--with", PIP,
           "--", "python", "-m", "pip", "--disable-pip-version-check", "wheel")  # fmt: skip
    wanted = ("--requirement", str(new / REQUIREMENTS), "--wheel-dir", str(new / "wheels"))
    tool.run([*pip, "--quiet", "--no-deps", *wanted], live=True)
    for name in ("overrides.in", "adds.in"):
        (new / name).unlink(missing_ok=True)
    return choice


def _tools(tool_path: Path, env: dict[str, str], new: Path, tell: Tell) -> None:
    """The installers, uv, and a Python where uv can bring one."""
    tell("[3/3] adding the installers and uv")
    for name in INSTALLERS:
        shutil.copy2(installers() / name, new)
    shutil.copy2(tool_path, new / ("uv.exe" if sys.platform == WINDOWS else "uv"))
    brought = {**env, "UV_PYTHON_INSTALL_DIR": str(new / "python")}
    command = [str(tool_path), "python", "install", "--no-bin", "--quiet", uv.PYTHON]
    done = subprocess.run(command, env=brought, capture_output=True, check=False)
    if done.returncode:
        shutil.rmtree(new / "python", ignore_errors=True)
        tell("  Python could not be fetched: the other machine needs a Python 3.11 of its own.")


def find_uv() -> Path:
    """uv: on PATH, or the one that the installer or a checkout brought.

    Raises:
        EnvironmentProblem: there is none.
    """
    name = "uv.exe" if sys.platform == WINDOWS else "uv"
    checkout = _checkout()
    places = [Program(folder()).root / "uv" / "bin" / name]
    if checkout is not None:
        places.append(checkout / ".venv-uv" / "bin" / name)
    found = shutil.which("uv")
    for place in ([Path(found)] if found else []) + places:
        if place.is_file():
            return place.resolve()
    raise EnvironmentProblem("uv was not found. Install it, or run the installer once.")


def installers() -> Path:
    """The folder of the installers: of the checkout, or as installed.

    Raises:
        EnvironmentProblem: there is none.
    """
    checkout = _checkout()
    place = Path(sysconfig.get_path("data")) / "share" / "voxmend" / "installers"
    for found in ([checkout / "installers"] if checkout else []) + [place]:
        if all((found / name).is_file() for name in INSTALLERS):
            return found
    raise EnvironmentProblem("The installers are not part of this voxmend. Fetch its sources anew.")


def _checkout() -> Path | None:
    here = Path(__file__).resolve().parents[4]
    return here if (here / "pyproject.toml").is_file() else None


def _version_of(new: Path) -> str:
    for wheel in (new / "wheels").glob("voxmend-*.whl"):
        return wheel.name.split("-")[1]
    checkout = _checkout()
    return version(checkout) if checkout else ""
