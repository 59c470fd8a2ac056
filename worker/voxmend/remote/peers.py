"""The machines that this one is paired with: whom it sends songs to, and whose songs it takes.

One private file. A pinned key is never changed by what comes over the network: only by the user.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from voxmend_protocol import codec
from voxmend_protocol.errors import BadRequest, EnvironmentProblem
from voxmend_protocol.values import DEVICE, REMOTE

from .. import near, safe_files
from ..disk import private, safely
from ..paths import Paths
from . import keys

PORT = 7471
MOST_BYTES = 1_000_000
RESERVED = ("gpu", "rocm", "directml", "local", "remote")
"""Words that would be taken for a device of this machine."""

_ADDRESS = re.compile(r"(?:tcp://)?(\[[0-9a-fA-F:.]+\]|[^:/\s\[\]]+)(?::([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Server:
    """A machine that works for this one."""

    name: str
    address: str
    key: str


@dataclass(frozen=True, slots=True)
class Guest:
    """A machine that this one works for."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Peers:
    """All of them."""

    servers: tuple[Server, ...] = ()
    guests: tuple[Guest, ...] = ()

    def server(self, name: str) -> Server:
        """The machine of this name.

        Raises:
            BadRequest: this one is not paired with it.
        """
        for server in self.servers:
            if server.name == name:
                return server
        known = [server.name for server in self.servers]
        there = f" There are: {', '.join(known)}." if known else ""
        raise BadRequest(
            f"There is no device and no remote worker “{name[:60]}”.{near.meant(name, known)}"
            f"{there} See: voxmend remote list"
        )

    def guest(self, key: str) -> Guest | None:
        """Whose key this is, if it is known."""
        return next((guest for guest in self.guests if guest.key == key), None)

    def without(self, name: str) -> Peers:
        """What is left once every machine of this name is forgotten."""
        return Peers(
            tuple(server for server in self.servers if server.name != name),
            tuple(guest for guest in self.guests if guest.name != name),
        )


def read(paths: Paths) -> Peers:
    """The machines as they stand in the file.

    Raises:
        EnvironmentProblem: the file is another's, open to others, or is no such file.
    """
    file = _file(paths)
    try:
        with safely():
            data = safe_files.read(file, MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return Peers()
    try:
        found = codec.from_dict(Peers, codec.parse(data))
        for key in [each.key for each in found.servers] + [each.key for each in found.guests]:
            keys.check(key)
    except BadRequest as error:
        raise EnvironmentProblem(
            f"{file} cannot be read: {error.message} Move it away, and pair anew: voxmend remote "
            "pair"
        ) from None
    return found


def change(paths: Paths, how: Callable[[Peers], Peers]) -> None:
    """Put the changed machines into the file, in one step.

    Raises:
        EnvironmentProblem: as ``read``.
        OSError: it cannot be written.
    """
    private(paths.state)
    private(paths.remote)
    data = codec.dump(codec.to_dict(how(read(paths))))
    with safely(), safe_files.put_beside(_file(paths), 0o600, durable=True) as new:
        new.write(data)


def add_server(paths: Paths, server: Server) -> None:
    """Pin a machine that works for this one; one of the same name is replaced.

    Raises:
        BadRequest: the name is none.
        EnvironmentProblem, OSError: as ``change``.
    """
    check_name(server.name)

    def added(before: Peers) -> Peers:
        rest = tuple(each for each in before.servers if each.name != server.name)
        return replace(before, servers=(*rest, server))

    change(paths, added)


def add_guest(paths: Paths, guest: Guest) -> None:
    """Let a machine in; one of the same name or key is replaced.

    Raises:
        BadRequest: the name is none.
        EnvironmentProblem, OSError: as ``change``.
    """
    check_name(guest.name)

    def added(before: Peers) -> Peers:
        rest = tuple(
            each for each in before.guests if each.name != guest.name and each.key != guest.key
        )
        return replace(before, guests=(*rest, guest))

    change(paths, added)


def check_name(name: str) -> None:
    """Raise BadRequest unless a machine may be called so."""
    if not REMOTE.fullmatch(name):
        raise BadRequest(
            f"“{name[:60]}” is no name of a machine. Write at most 32 small letters, digits and "
            "single hyphens, such as studio-box."
        )
    if DEVICE.fullmatch(name) or name in RESERVED:
        raise BadRequest(f"“{name}” means a device of this machine. Choose another name.")


def address(given: str) -> str:
    """``studio.local`` or ``tcp://10.0.0.5:7471`` as ZeroMQ takes it.

    Raises:
        BadRequest: it is none.
    """
    found = _ADDRESS.fullmatch(given)
    port = int(found[2] or PORT) if found else 0
    if found is None or not 0 < port < 65536:
        raise BadRequest(
            f"{given[:80]} is no address. Write a host and perhaps a port: studio.local:{PORT}"
        )
    return f"tcp://{found[1]}:{port}"


def _file(paths: Paths) -> Path:
    return paths.remote / "peers.json"


def clear_strangers(paths: Paths, known: Collection[Guest]) -> None:
    """Remove what was sent by those who are not let in any more."""
    kept = {keys.mark(guest.key) for guest in known}
    with contextlib.suppress(FileNotFoundError):
        for folder in list((paths.remote / "guests").iterdir()):
            if folder.name not in kept:
                with contextlib.suppress(OSError):
                    safe_files.remove_folder(folder)
