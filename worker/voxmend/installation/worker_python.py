"""The Python that the worker runs in: this one, or, where it lacks the packages, one that has them.

A script's own environment may hold voxmend without the extra ``worker``, so without torch: it is
a client and no more. The worker is then that of the installation, or of another environment whose
command ``voxmend`` the shell would find.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

from .program import WINDOWS, Program, folder

PACKAGES = ("torch", "onnxruntime")
"""Of the extra ``worker``; whoever has these has it."""


def here() -> bool:
    """Whether this Python can run the worker."""
    return bool(sys.executable) and all(find_spec(name) is not None for name in PACKAGES)


def find(env: Mapping[str, str] | None = None, platform: str = sys.platform) -> str:
    """The program of a Python that can.

    Raises:
        EnvironmentProblem: there is none on this machine, as far as voxmend can see.
    """
    if here():
        return sys.executable
    env = os.environ if env is None else env
    for python in _others(env, platform):
        if python.is_file() and _complete(python.parent.parent):
            return str(python)
    raise EnvironmentProblem(
        "There is no worker: this Python has voxmend without torch, and voxmend is not installed "
        "on this machine. Install it once, then scripts find it: sh installers/install.sh in "
        "voxmend's folder, or with uv in that folder: uv pip install '.[worker]'"
    )


def _others(env: Mapping[str, str], platform: str) -> Iterator[Path]:
    """Pythons beside which a voxmend lies: the installation's, then those that PATH leads to."""
    program = Program(folder(env, platform), platform)
    active = program.active()
    if active is not None:
        yield program.executable(active, "python")
    name, beside = ("voxmend.exe", "python.exe") if platform == WINDOWS else ("voxmend", "python")
    for place in env.get("PATH", "").split(os.pathsep):
        command = Path(place or ".") / name
        if place and command.is_file():
            # The command may be a link into an environment; its Python may be one out of it.
            yield command.resolve().with_name(beside)


def _complete(prefix: Path) -> bool:
    """Whether an environment has the packages. It is looked at, not run."""
    places = ("lib/python3*/site-packages", "lib/python3*/dist-packages", "Lib/site-packages")
    return any(
        all((found / name).is_dir() for name in PACKAGES)
        for place in places
        for found in prefix.glob(place)
    )
