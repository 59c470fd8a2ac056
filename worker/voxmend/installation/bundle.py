"""``voxmend bundle``: a folder from which voxmend is installed where there is no network.

It holds the installers, uv, every package as a wheel, and on request weights. It is for machines
of this kind: the same system, the same device, the same Python. What is packed is what runs here:
an installed voxmend packs its own environment, a checkout one that it makes for the purpose. The
folder is made beside its place and renamed.
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
from . import machine, uv, wheels
from .environment import DEVICE, KEPT, REQUIREMENTS, Tell
from .program import WINDOWS, Program, folder, installed
from .source import BUNDLE, SCHEMA

INSTALLERS = ("install.sh", "uv.sh", "install.ps1")
OURS = "voxmend"


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
    tool = find_uv()
    new = target.with_name(f".{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    (new / "wheels").mkdir(parents=True)
    try:
        if installed() is not None:
            tell("[1/3] taking the environment that runs here")
            environment, device = Path(sys.prefix), _own_device(asked)
        else:
            environment = new / "environment"
            device = _made(tool, environment, asked, tell)
        tell("[2/3] packing it; this can be several GB")
        pack(environment, new)
        shutil.rmtree(new / "environment", ignore_errors=True)
        _tools(tool, new, tell)
        for model in models:
            shutil.copytree(model, new / "models" / model.name)
        facts = {
            "schema": SCHEMA, "version": version_in(new / "wheels"), "system": sys.platform,
            "architecture": platform.machine(), "device": device, "python": uv.PYTHON,
        }  # fmt: skip
        (new / BUNDLE).write_text(json.dumps(facts, indent=1), "utf-8")
        os.replace(new, target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def pack(environment: Path, new: Path) -> None:
    """Pack an environment's packages, and voxmend's own wheel as it was made.

    Raises:
        EnvironmentProblem: a package cannot be packed.
    """
    found = sorted(environment.glob("lib/python3*/site-packages"))
    site_packages = found[0] if found else environment / "Lib" / "site-packages"
    pinned = []
    for package in wheels.installed(site_packages):
        if package.name.lower() != OURS:
            wheels.pack(package, site_packages, new / "wheels")
            pinned.append(f"{package.name}=={package.version}")
    (new / REQUIREMENTS).write_text("\n".join(sorted(pinned)) + "\n", "utf-8")
    for wheel in (environment / KEPT).glob(f"{OURS}-*.whl"):
        shutil.copy2(wheel, new / "wheels")


def _own_device(asked: str) -> str:
    """What this environment was made for: another cannot be packed from it."""
    try:
        own = (Path(sys.prefix) / DEVICE).read_text("utf-8").strip()
    except OSError:
        own = "cpu"
    if asked not in ("auto", own):
        raise BadRequest(
            f"--device {asked}: this voxmend is installed for {own}, and it packs what runs here. "
            f"First run the installer with --device {asked}, or bundle from a checkout."
        )
    return own


def _made(tool: Path, environment: Path, asked: str, tell: Tell) -> str:
    """An environment from a checkout; the device it is for."""
    checkout = _checkout()
    if checkout is None:
        raise EnvironmentProblem(
            "This voxmend was neither installed by its installer nor is it a checkout, so it "
            "cannot be packed. Run: sh installers/install.sh"
        )
    choice = machine.choose(machine.look(), asked)
    tell(f"[1/3] choosing and fetching packages for {choice.words}")
    env = uv.environment(os.environ, Path(), Path(), offline=False)
    for name in ("UV_CACHE_DIR", "UV_PYTHON_INSTALL_DIR"):  # the user's own, where none is named
        if name not in os.environ:
            env.pop(name)
    driver = uv.Uv(tool, checkout, env)
    driver.run(driver.make(environment))
    choice = environments.resolve(driver, choice, environment, tell)
    environments.fill(driver, choice, environment, None)
    return choice.device


def version_in(folder: Path) -> str:
    """The version of voxmend's own wheel.

    Raises:
        EnvironmentProblem: there is none.
    """
    for wheel in folder.glob(f"{OURS}-*.whl"):
        return wheel.name.split("-")[1]
    raise EnvironmentProblem(
        "This environment did not keep its own wheel. Run the installer again, then: voxmend "
        "bundle DIR"
    )


def _tools(tool: Path, new: Path, tell: Tell) -> None:
    """The installers, uv, and a Python where uv can bring one."""
    tell("[3/3] adding the installers and uv")
    for name in INSTALLERS:
        shutil.copy2(installers() / name, new)
    shutil.copy2(tool, new / ("uv.exe" if sys.platform == WINDOWS else "uv"))
    brought = {**os.environ, "UV_PYTHON_INSTALL_DIR": str(new / "python")}
    command = [str(tool), "python", "install", "--no-bin", "--quiet", uv.PYTHON]
    done = subprocess.run(command, env=brought, capture_output=True, check=False)
    if done.returncode:
        shutil.rmtree(new / "python", ignore_errors=True)
        tell(f"  Python could not be fetched: the other machine needs its own, {uv.PYTHON}.")


def find_uv() -> Path:
    """uv: on PATH, or the one that the installer or a checkout brought.

    Raises:
        EnvironmentProblem: there is none.
    """
    name = "uv.exe" if sys.platform == WINDOWS else "uv"
    checkout = _checkout()
    places = [(installed() or Program(folder())).uv]
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
    here = Path(__file__).resolve().parents[3]
    return here if (here / "pyproject.toml").is_file() else None
