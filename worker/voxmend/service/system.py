"""What each system must be told, as data: the file, its text, and the commands around it.

``plan`` decides, from facts that are handed in; ``service`` carries it out. So every system's
commands can be read, and tested, on any system.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..installation.program import stable
from ..paths import Paths
from . import texts
from .part import WORKER, Part

_CARRIED = ("VOXMEND_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
"""Variables that say where things are: the worker must find them where the user does."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one system starts the worker, or the watch folder.

    Attributes:
        name: of the system's own way, for the user.
        part: which of the two.
        file: where the text lies; under Windows only while it is handed over.
        stays: whether the file stays there.
        makes: other files that the system makes when it is told.
        begin: commands that switch it on, in order; each must succeed.
        before: commands that make room for them; may fail.
        end: commands that switch it off; may fail.
        known, runs: commands that succeed if the system knows it, and if it runs.
        ready: a command that succeeds if the system can be told at all; empty where it always can.
    """

    name: str
    part: Part
    file: Path
    text: bytes
    stays: bool
    makes: tuple[Path, ...]
    before: tuple[tuple[str, ...], ...]
    begin: tuple[tuple[str, ...], ...]
    end: tuple[tuple[str, ...], ...]
    known: tuple[str, ...]
    runs: tuple[str, ...]
    ready: tuple[str, ...] = ()


def plan(
    paths: Paths, env: Mapping[str, str] | None = None, platform: str = sys.platform,
    home: Path | None = None, user: str | None = None, part: Part = WORKER,
) -> Plan:  # fmt: skip
    """This system's way."""
    env = os.environ if env is None else env
    home = Path.home() if home is None else home
    carried = {name: env[name] for name in _CARRIED if os.path.isabs(env.get(name, ""))}
    if env.get("VOXMEND_HOME"):
        carried["VOXMEND_HOME"] = os.path.abspath(os.path.expanduser(env["VOXMEND_HOME"]))
    words = ("-m", "voxmend", *part.words)
    if platform == "win32":
        quiet = Path(stable()).with_name("pythonw.exe")
        who = user or f"{env.get('USERDOMAIN', '.')}\\{getpass.getuser()}"
        return _windows(paths, part, (str(quiet), *words), who)
    if platform == "darwin":
        return _macos(paths, part, (stable(), *words), carried, home)
    config = env.get("XDG_CONFIG_HOME", "")
    root = Path(config) if config.startswith("/") else home / ".config"
    return _linux(part, (stable(), *words), carried, root / "systemd" / "user")


def _linux(part: Part, command: Sequence[str], env: Mapping[str, str], folder: Path) -> Plan:
    tell, unit = ("systemctl", "--user"), part.unit
    text = texts.unit(command, env, part)
    return Plan(
        "systemd", part, folder / unit, text.encode("utf-8", "surrogateescape"),
        True, (folder / "default.target.wants" / unit,), (),
        ((*tell, "daemon-reload"), (*tell, "enable", unit), (*tell, "restart", unit)),
        ((*tell, "disable", "--now", unit),),
        (*tell, "--quiet", "is-enabled", unit), (*tell, "--quiet", "is-active", unit),
        (*tell, "show-environment"),
    )  # fmt: skip


def _macos(
    paths: Paths, part: Part, command: Sequence[str], env: Mapping[str, str], home: Path
) -> Plan:
    session = f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
    file = home / "Library" / "LaunchAgents" / f"{part.label}.plist"
    log = paths.log.with_name(part.log)
    out = ("launchctl", "bootout", f"{session}/{part.label}")
    known = ("launchctl", "print", f"{session}/{part.label}")
    return Plan(
        "launchd", part, file, texts.agent(command, env, str(log), part), True, (), (out,),
        (("launchctl", "bootstrap", session, str(file)),), (out,), known, known,
    )  # fmt: skip


def _windows(paths: Paths, part: Part, command: Sequence[str], user: str) -> Plan:
    file = paths.state / "autostart.xml"
    named = ("/TN", part.task)
    return Plan(
        "Task Scheduler", part, file, texts.task(command, user, part), False, (), (),
        (("schtasks", "/Create", *named, "/XML", str(file), "/F"), ("schtasks", "/Run", *named)),
        (("schtasks", "/End", *named), ("schtasks", "/Delete", *named, "/F")),
        ("schtasks", "/Query", *named), ("schtasks", "/Query", *named),
    )  # fmt: skip
