"""The texts that systems want: a systemd unit, a LaunchAgent, a task of the Task Scheduler.

Pure: a command in, a text out. The worker runs as the user, in the user's session, with nothing
more than the user's rights, and is started again where it fails, but not for ever. It is not made
a background process of low priority: that would throttle the graphics card's worker too. The engine
lowers itself (``priority``); what it cannot is the weight of its control group, which systemd has.
"""

from __future__ import annotations

import plistlib
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as Xml

from .part import WORKER, Part

CPU_WEIGHT = 20
"""Of the worker's control group, where 100 is usual: nice values count within a group only. It has
no meaning where the system does not let users weigh."""

_TASKS = "http://schemas.microsoft.com/windows/2004/02/mit/task"


def unit(command: Sequence[str], env: Mapping[str, str], part: Part = WORKER) -> str:
    """A systemd user unit. Syncthing's is the model, less what would forbid compiled code."""
    lines = [
        "[Unit]",
        f"Description={part.description}",
        *([f"After={part.after}"] if part.after else []),
        "StartLimitIntervalSec=60",
        "StartLimitBurst=4",
        "",
        "[Service]",
        f"ExecStart={' '.join(quoted(word, command=True) for word in command)}",
        *(f"Environment={quoted(f'{name}={value}')}" for name, value in sorted(env.items())),
        "Restart=on-failure",
        "RestartSec=2",
        "NoNewPrivileges=yes",
        f"CPUWeight={CPU_WEIGHT}",
        *(["KillMode=process"] if part.leaves else []),
        "",
        "[Install]",
        "WantedBy=default.target",
        "",
    ]
    return "\n".join(lines)


def quoted(word: str, command: bool = False) -> str:
    """A word as systemd reads it: ``%`` begins a specifier, and in commands ``$`` a variable."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    text = text.replace("\n", "\\n")
    if command:
        text = text.replace("$", "$$")
    return f'"{text}"'


def agent(command: Sequence[str], env: Mapping[str, str], log: str, part: Part = WORKER) -> bytes:
    """A LaunchAgent. What it says, the worker only before its own log is open, goes to ``log``."""
    return plistlib.dumps(
        {
            "Label": part.label,
            "ProgramArguments": list(command),
            "EnvironmentVariables": dict(env),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 15,
            "AbandonProcessGroup": part.leaves,
            "StandardOutPath": log,
            "StandardErrorPath": log,
        }
    )


def task(command: Sequence[str], user: str, part: Part = WORKER) -> bytes:
    """A task at this user's log-on, in UTF-16 as the Task Scheduler wants it.

    It runs in the user's session (a service would see neither mapped drives nor the user's
    folders), on battery too, and without a limit of time.
    """
    root = Xml.Element("Task", {"version": "1.2", "xmlns": _TASKS})
    _grow(root, {"RegistrationInfo": {"Description": part.description}})
    _grow(root, {"Triggers": {"LogonTrigger": {"Enabled": "true", "UserId": user}}})
    principals = Xml.SubElement(root, "Principals")
    principal = Xml.SubElement(principals, "Principal", {"id": "Author"})
    _grow(
        principal,
        {"UserId": user, "LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege"},
    )
    _grow(
        root,
        {
            "Settings": {
                "MultipleInstancesPolicy": "IgnoreNew",
                "DisallowStartIfOnBatteries": "false",
                "StopIfGoingOnBatteries": "false",
                "ExecutionTimeLimit": "PT0S",
                "RestartOnFailure": {"Interval": "PT1M", "Count": "4"},
            }
        },
    )
    actions = Xml.SubElement(root, "Actions", {"Context": "Author"})
    arguments = " ".join(_argument(word) for word in command[1:])
    _grow(actions, {"Exec": {"Command": command[0], "Arguments": arguments}})
    Xml.indent(root)
    text: bytes = Xml.tostring(root, encoding="utf-16", xml_declaration=True)
    return text


def _argument(word: str) -> str:
    return f'"{word}"' if " " in word else word


_Tree = Mapping[str, "str | _Tree"]


def _grow(parent: Xml.Element, tree: _Tree) -> None:
    for name, value in tree.items():
        child = Xml.SubElement(parent, name)
        if isinstance(value, str):
            child.text = value
        else:
            _grow(child, value)
