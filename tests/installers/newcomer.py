"""A new user: an empty home, a PATH of the system's own, and the installer of this checkout.

uv's cache is the one of whoever runs the tests, so that packages come by hard links and not by
download; ``UV_CACHE_DIR`` is how a user would do that too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from voxmend.installation.bundle import find_uv

ROOT = Path(__file__).resolve().parents[2]


def warm_cache() -> str:
    """Where uv keeps packages."""
    run = subprocess.run(
        [str(find_uv()), "cache", "dir"], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A home folder and what is typed in it."""

    home: Path

    @property
    def command(self) -> Path:
        """voxmend, once it is installed."""
        return self.home / ".local" / "bin" / "voxmend"

    @property
    def program(self) -> Path:
        """Where it is installed."""
        return self.home / ".local" / "share" / "voxmend"

    def env(self, **more: str) -> dict[str, str]:
        """What a log-in shell would have."""
        # pip asks a rustc what it is, and a shim of rustup's would then make a folder.
        path = f"{sys.base_prefix}/bin:/usr/local/bin:/usr/bin:/bin"
        return {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8", **more}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the installer, in a process group of its own."""
        return subprocess.Popen(
            ["sh", str(ROOT / "installers" / "install.sh"), *words],
            env=self.env(UV_CACHE_DIR=warm_cache()), cwd=self.home, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def install(self, *words: str) -> str:
        """Install; what was said."""
        process = self.start(*words)
        said, _ = process.communicate(timeout=900)
        assert process.returncode == 0, said
        return said

    def types(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Type a voxmend command."""
        return subprocess.run(
            [str(self.command), *map(str, words)], env=self.env(), cwd=self.home, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=600,
        )  # fmt: skip


def tree(folder: Path) -> dict[str, str]:
    """Everything in a folder: what each file holds, where each link leads, every mode."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = oct(path.lstat().st_mode)
        what = "folder" if path.is_dir() else ""
        if path.is_symlink():
            what = os.readlink(path)
        elif path.is_file():
            what = path.read_bytes().hex()
        found[str(path.relative_to(folder))] = f"{mode} {what}"
    return found
