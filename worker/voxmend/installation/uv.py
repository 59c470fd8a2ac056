"""uv, as the installer drives it: its command lines, and what its failures mean in one sentence.

uv's own settings and those of the user hold: indexes, mirrors, proxies and certificates are theirs,
and no address stands here. Its progress goes to the terminal as it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

from .machine import Choice

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""What runs the installer is what it installs for: the scripts looked for one that fits."""

_SENTENCES = (
    (
        ("No space left", "os error 28", "Errno 28", "os error 122", "os error 112"),
        "The disk is full. Make room and run the same command again; what came is kept.",
    ),
    (
        ("ermission denied", "ead-only file system", "ccess is denied"),
        "A folder cannot be written; it is named above. Another place: VOXMEND_PROGRAM=FOLDER",
    ),
    (
        ("No interpreter found", "python-build-standalone", "o download found for request"),
        "No Python from 3.11 to 3.13 is installed, and none could be fetched. Install one of them, "
        "then run the same command again.",
    ),
    (
        (
            "rror sending request", "dns error", "imed out", "ailed to fetch", "ailed to download",
            "onnection reset", "onnection refused", "onnection broken", "etwork is unreachable",
        ),
        "The download failed. Check the network and run the same command again; what came is "
        "kept. Without a network: --offline FOLDER, with a folder made by voxmend bundle.",
    ),
    (
        ("No solution found",),
        "No set of packages fits this machine. The reason stands above; another device may fit: "
        "--device cpu",
    ),
)  # fmt: skip
_UNKNOWN = "The installation failed, and not for want of a network. The reason stands above."


@dataclass(slots=True)
class Uv:
    """uv, with the environment it runs in.

    Attributes:
        home: where it runs: the sources, whose ``[tool.uv]`` it obeys.
        offline: take nothing but what lies in this folder of wheels.
    """

    program: Path
    home: Path
    env: Mapping[str, str]
    offline: Path | None = None

    def make(self, environment: Path) -> list[str]:
        """Make an empty environment."""
        return [
            str(self.program), "venv", "--quiet", "--no-project", "--python", PYTHON,
            str(environment),
        ]  # fmt: skip

    def resolve(self, choice: Choice, requirements: Path, overrides: Path, adds: Path) -> list[str]:
        """Write down which versions are wanted."""
        return [
            str(self.program), "pip", "compile", "--quiet", "pyproject.toml",
            *([str(adds)] if choice.adds else []),
            "--extra", choice.extra, "--python-version", PYTHON, "--no-header",
            *(["--torch-backend", choice.backend] if choice.backend else []),
            *(["--overrides", str(overrides)] if choice.overrides else []),
            "--output-file", str(requirements),
        ]  # fmt: skip

    def lock(self, requirements: Path, lock: Path, choice: Choice) -> list[str]:
        """Write down the files of what is wanted, with their sizes."""
        return [
            str(self.program), "pip", "compile", "--quiet", str(requirements), "--no-deps",
            "--format", "pylock.toml", "--python-version", PYTHON, "--no-header",
            *(["--torch-backend", choice.backend] if choice.backend else []),
            "--output-file", str(lock),
        ]  # fmt: skip

    def wheel(self, folder: Path) -> list[str]:
        """Pack voxmend itself."""
        return [
            str(self.program), "build", "--quiet", "--wheel", "--python", PYTHON,
            "--out-dir", str(folder),
        ]  # fmt: skip

    def install(
        self, environment: Path, requirements: Path, wheel: Path, choice: Choice
    ) -> list[str]:
        """Install what was written down, and voxmend itself."""
        where = ["--offline", "--no-index", "--find-links", str(self.offline)]
        backend = ["--torch-backend", choice.backend] if choice.backend else []
        return [
            str(self.program), "pip", "install", *([] if sys.stderr.isatty() else ["--quiet"]),
            "--python", str(environment), "--no-deps",
            *(where if self.offline is not None else backend),
            "--requirements", str(requirements), str(wheel),
        ]  # fmt: skip

    def run(self, command: Sequence[str], live: bool = False) -> None:
        """Run it; a second time where it failed, with the system's certificates, which some
        networks need. What helped once is kept.

        Args:
            live: let its progress be seen.

        Raises:
            EnvironmentProblem: it failed twice; what it said was shown.
        """
        said = self.attempt(command, live)
        if said is not None:
            os.write(2, said.encode("utf-8", "replace"))
            raise EnvironmentProblem(sentence(said))

    def attempt(self, command: Sequence[str], live: bool = False) -> str | None:
        """The same; None if it went well, else what it said."""
        if self._run(command, self.env, listen=not live).returncode == 0:
            return None
        env = {**self.env, "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
        again = self._run(command, env, listen=True)
        if again.returncode == 0:
            self.env = env
            return None
        return again.stdout or "uv said nothing\n"

    def _run(
        self, command: Sequence[str], env: Mapping[str, str], listen: bool
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.home, env=dict(env), stdin=subprocess.DEVNULL, text=True, check=False,
            encoding="utf-8", errors="replace",
            stdout=subprocess.PIPE if listen else 2,
            stderr=subprocess.STDOUT if listen else None,
        )  # fmt: skip


def environment(env: Mapping[str, str], cache: Path, python: Path, offline: bool) -> dict[str, str]:
    """The environment uv runs in: the caller's, with a cache and a place for Python of our own."""
    made = dict(env)
    made.setdefault("UV_CACHE_DIR", str(cache))
    made.setdefault("UV_PYTHON_INSTALL_DIR", str(python))
    # An installed Python first; uv's own order would be its own Python first.
    made.setdefault("UV_PYTHON_PREFERENCE", "system")
    if offline:
        made["UV_PYTHON_DOWNLOADS"] = "never"
    # An activated environment is not ours; what runs the installer must not steer what it installs.
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "CONDA_PREFIX"):
        made.pop(name, None)
    return made


def sentence(said: str) -> str:
    """One sentence on a failed installation, judged by what uv printed."""
    for signs, words in _SENTENCES:
        if any(sign in said for sign in signs):
            return words
    return _UNKNOWN
