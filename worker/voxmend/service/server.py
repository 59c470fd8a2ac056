"""A systemd system unit: the watch folder on a machine that nobody logs in to.

It starts with the machine, as a user of its own, after the network and the shares; it waits for the
folders that are watched, writes only there and to its own state, and is started again whenever it
ends. Pure: facts in, a text out. Root puts it into place; voxmend changes nothing outside its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from voxmend_protocol.errors import BadRequest

from .texts import quoted

NAME = "voxmend-watch.service"
PLACE = f"/etc/systemd/system/{NAME}"


_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Server:
    """What the unit is to say.

    Attributes:
        command: the program and its words.
        user: who it runs as.
        home: voxmend's own folder there: state, settings, models.
        folders: what is watched; stems may be written there.
    """

    command: Sequence[str]
    user: str
    home: str
    folders: Sequence[str]


def unit(server: Server) -> str:
    """The text of the unit.

    Raises:
        BadRequest: a folder, or the user, is none that the unit could name.
    """
    if not _USER.fullmatch(server.user):
        raise BadRequest(f"--user {server.user!r} is no user's name. Name one, or its number.")
    for path in (server.home, *server.folders):
        if not os.path.isabs(path) or "\n" in path:
            raise BadRequest(f"{path!r} is no whole path. Write one that begins with /.")
    places = " ".join(quoted(path) for path in (server.home, *server.folders))
    waits = " ".join(quoted(path) for path in server.folders)
    lines = [
        f"# {PLACE}",
        "[Unit]",
        "Description=voxmend watch folder: mends what arrives in it",
        "Wants=network-online.target",
        "After=network-online.target remote-fs.target",
        *([f"RequiresMountsFor={waits}"] if waits else []),
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        f"User={server.user}",
        f"ExecStart={' '.join(quoted(word, command=True) for word in server.command)}",
        f"Environment={quoted(f'VOXMEND_HOME={server.home}')} {quoted(f'HOME={server.home}')}",
        "Restart=always",
        "RestartSec=10",
        "TimeoutStopSec=60",
        "Nice=10",
        "UMask=0027",
        "NoNewPrivileges=yes",
        "PrivateTmp=yes",
        "ProtectSystem=strict",
        f"ReadWritePaths={places}",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
        "",
    ]
    return "\n".join(lines)
