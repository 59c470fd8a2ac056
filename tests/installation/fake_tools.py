"""A uv and a voxmend that only look like them: the installer is put through everything in
seconds, and killed before whichever of their commands a test names."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]

_COUNTED = """\
#!/bin/sh
n=$(($(cat "$FAKE_COUNT" 2>/dev/null || echo 0) + 1))
echo $n >"$FAKE_COUNT"
echo "{name} $*" >>"$FAKE_COUNT.log"
if [ "$n" = "${{FAKE_KILL_AT:-0}}" ]; then kill -9 $PPID; exit 1; fi
case "{name} $*" in *"${{FAKE_FAIL:-nothing at all}}"*) echo "$FAKE_WORDS" >&2; exit 1 ;; esac
for last in "$@"; do :; done
"""

_VOXMEND = (
    _COUNTED.format(name="voxmend")
    + """\
case "$*" in
"config path --json")
  echo "{\\"state\\": \\"$HOME/state/voxmend\\", \\"cache\\": \\"$HOME/cache/voxmend\\",
    \\"config\\": \\"$HOME/config/voxmend/voxmend.toml\\"}" ;;
"demo "*) echo '{"items": [{"device": "cpu (fake)", "preset": "quick",
    "si_sdr": {"mix": 0.0, "vocals": 9.5}}]}' ;;
"reaper status --json") echo "{\\"items\\": [$FAKE_REAPER]}" ;;
"service status --json")
  echo "{\\"installed\\": ${FAKE_SERVICE:-false},
    \\"watch\\": {\\"installed\\": ${FAKE_WATCH:-false}}}" ;;
"watch list --json") echo "{\\"items\\": [$FAKE_FOLDERS]}" ;;
"presets show restore --json") echo '{"missing": ["m"]}' ;;
"models list --json")
  echo '{"items": [{"title": "Model M", "download": 5000000, "licence": "Licence L",
    "presets": ["restore"], "state": "absent"}]}' ;;
"worker status --json")
  case ${FAKE_WORKER:-} in
    "") exit 3 ;;
    older) echo '{"error": {"code": "unsupported_version"}}'; exit 4 ;;
    *) echo '{"version": "0"}' ;;
  esac ;;
--version) echo "voxmend FAKE_VERSION" ;;
esac
"""
)

_UV = (
    _COUNTED.format(name="uv")
    + """\
case "$1 ${2:-}" in
"--version "*) echo 'uv 0.13.9 (fake)' ;;
"venv "*) mkdir -p "$last/bin" ;;
"pip compile") echo 'torch==9' >"$last" ;;
"build "*) touch "$last/voxmend-$FAKE_VERSION-py3-none-any.whl" ;;
"pip install")
  while [ "$1" != --python ]; do shift; done
  sed "s/FAKE_VERSION/$FAKE_VERSION/" "$FAKE_VOXMEND" >"$2/bin/voxmend"
  chmod +x "$2/bin/voxmend" ;;
esac
"""
)


@dataclass
class Ground:
    """A home, a checkout of a version, and tools that look real."""

    root: Path
    version: str = "1.0"
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True)
        for name, text in (("uv", _UV), ("voxmend", _VOXMEND)):
            (self.root / name).write_text(text)
            (self.root / name).chmod(0o755)

    @property
    def home(self) -> Path:
        """The user's home."""
        return self.root / "home"

    @property
    def program(self) -> Path:
        """Where it is installed."""
        return self.home / "apps" / "voxmend"

    @property
    def launcher(self) -> Path:
        """The command."""
        return self.home / ".local" / "bin" / "voxmend"

    @property
    def calls(self) -> list[str]:
        """Every command that was run."""
        log = self.root / "count.log"
        return log.read_text().splitlines() if log.exists() else []

    def installer(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the installer as install.sh does, in its folder made beforehand."""
        source = self.root / f"source-{self.version}"
        source.mkdir(exist_ok=True)
        (source / "pyproject.toml").write_text(f'[project]\nversion = "{self.version}"\n')
        if not self.program.exists():
            self.program.mkdir(parents=True)
            made = (self.program.parent, self.program)
            text = "".join(f"dir\t{folder}\n" for folder in made)
            (self.program / "manifest").write_text(text)
        for leftover in ("count", "count.log"):
            (self.root / leftover).unlink(missing_ok=True)
        return subprocess.run(
            [sys.executable, "-m", "voxmend.installation", *words,
             "--source", str(source), "--uv", str(self.root / "uv")],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
            timeout=PATIENCE_S, env=self._env(env),
        )  # fmt: skip

    def voxmend(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the installed command."""
        return subprocess.run(
            [str(self.launcher), *words],
            capture_output=True,
            text=True,
            check=False,
            env=self._env({}),
        )

    def _env(self, env: dict[str, str]) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8",
            "VOXMEND_PROGRAM": str(self.program), "FAKE_VERSION": self.version,
            "FAKE_COUNT": str(self.root / "count"), "FAKE_VOXMEND": str(self.root / "voxmend"),
            "PYTHONPATH": f"{ROOT / 'worker'}:{ROOT / 'protocol'}", **self.env, **env,
        }  # fmt: skip


def tree(folder: Path) -> dict[str, str]:
    """Everything in a folder, by path: what each file holds, where each link leads."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        else:
            found[name] = "folder" if path.is_dir() else path.read_bytes().hex()
    return found
