"""Shell completion: each shell's script, where it looks by itself, and what earlier releases wrote.

No start file of the user's (``.bashrc``, ``.zshrc``, a profile) is ever written. Earlier releases
let Typer do so by ``--install-completion``: those lines are taken out again, and nothing else.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

SHELLS = ("bash", "zsh", "fish", "powershell")
NAME = "voxmend"
VARIABLE = "_VOXMEND_COMPLETE"
LINES = {
    "bash": "source <(voxmend completion bash)",
    "zsh": "source <(voxmend completion zsh)",
    "fish": "voxmend completion fish | source",
    "powershell": "voxmend completion powershell | Out-String | Invoke-Expression",
}
"""What a user may write into a start file."""
STARTS = {
    "bash": "~/.bashrc",
    "zsh": "~/.zshrc, behind compinit",
    "fish": "config.fish",
    "powershell": "the file that $PROFILE names",
}
MOST_BYTES = 1_000_000


def current(env: Mapping[str, str]) -> str:
    """The user's shell, by its name; empty where nobody says."""
    shell = Path(env.get("SHELL", "")).name
    if not shell and env.get("PSModulePath"):
        return "powershell"
    return shell


def place(shell: str, env: Mapping[str, str], home: Path) -> Path | None:
    """The file where a shell looks by itself; None where it looks nowhere."""
    if shell == "bash":
        data = _folder(env.get("XDG_DATA_HOME"), home / ".local" / "share")
        return data / "bash-completion" / "completions" / NAME
    if shell == "fish":
        return (
            _folder(env.get("XDG_CONFIG_HOME"), home / ".config")
            / "fish"
            / "completions"
            / (f"{NAME}.fish")
        )
    return None


def _folder(named: str | None, usual: Path) -> Path:
    return Path(named) if named and os.path.isabs(named) else usual


def remove(env: Mapping[str, str] | None = None, home: Path | None = None) -> list[Path]:
    """Take away the completion that voxmend, now or earlier, has put somewhere.

    Returns:
        What was removed or mended.
    """
    env = os.environ if env is None else env
    home = Path.home() if home is None else home
    own = [place(shell, env, home) for shell in SHELLS]
    earlier = [
        home / ".bash_completions" / f"{NAME}.sh",
        home / ".zfunc" / f"_{NAME}",
        home / ".config" / "fish" / "completions" / f"{NAME}.fish",
    ]
    gone = [file for file in dict.fromkeys((*own, *earlier)) if file and _removed(file)]
    started = home / ".bashrc"
    if _without(started, home / ".bash_completions" / f"{NAME}.sh"):
        gone.append(started)
    with contextlib.suppress(OSError):  # it may hold others'
        (home / ".bash_completions").rmdir()
    return gone


def _removed(file: Path) -> bool:
    """Whether it was there, was ours, and is gone."""
    with contextlib.suppress(OSError):
        if VARIABLE.encode() in file.read_bytes()[:MOST_BYTES]:
            file.unlink()
            return True
    return False


def _without(file: Path, sourced: Path) -> bool:
    """Take the line that Typer wrote out of a start file; whether it was there. Typer puts a line
    break before and behind it."""
    try:
        before = file.read_bytes()
    except OSError:
        return False
    after = before
    for quoted in (f"'{sourced}'", f"{sourced}", f'"{sourced}"'):
        line = f"source {quoted}\n".encode()
        after = after.replace(b"\n" + line, b"", 1) if b"\n" + line in after else after
        after = after.removeprefix(line)
    if after == before:
        return False
    with contextlib.suppress(OSError):
        with open(file, "r+b") as out:  # in place: it may be a link, and keeps owner and rights
            out.write(after)
            out.truncate()
        return True
    return False
