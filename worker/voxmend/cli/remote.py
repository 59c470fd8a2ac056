"""``voxmend remote``: machines that work for this one, and those that this one works for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxmend_protocol.errors import (
    BadRequest,
    OutputUnwritable,
    RemoteDiffers,
    RemoteUnreachable,
    VoxmendError,
)

from .. import speech
from .screen import Json, guarded, hint, put, say, show

if TYPE_CHECKING:
    from ..remote.keys import Card
    from ..remote.peers import Server

app = typer.Typer(
    help="Let another machine do the work, or work for others.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Key = Annotated[str, typer.Argument(help="The other machine's key, or a file with it.")]
Mark = Annotated[
    str | None,
    typer.Option("--fingerprint", help="What the other machine shows, so that nobody is asked."),
]


@app.command()
@guarded
def pair(
    key: Annotated[
        str | None,
        typer.Argument(help="The key of a machine to work for, or a file with it.", metavar="KEY"),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="What to call it here; default: as it says.")
    ] = None,
    fingerprint: Mark = None,
    to: Annotated[
        str | None, typer.Option("--to", help="Write this machine's key into a file.")
    ] = None,
    json: Json = False,
) -> None:
    """Show this machine's key. With the key of another machine: work for it from now on."""
    from .. import paths
    from ..remote import keys, peers

    where = paths.find()
    if key is not None:
        card = keys.read_card(key)
        called = name or card.name
        peers.check_name(called)
        _compare(card, key, fingerprint)
        peers.add_guest(where, peers.Guest(called, card.key))
        say(f"This machine works for {called} from now on, where its worker listens.")
    own = keys.card(where)
    if to is not None:
        _write(Path(to), str(own))
    if json:
        show({"name": own.name, "key": str(own), "fingerprint": keys.fingerprint(own.key)})
        return
    put(str(own))
    put(f"fingerprint  {keys.fingerprint(own.key)}")
    if key is None:
        hint("On the machine that is to work, type: voxmend remote pair KEY")
    else:
        hint("On the other machine, type: voxmend remote add NAME ADDRESS KEY")


@app.command()
@guarded
def add(
    name: Annotated[str, typer.Argument(help="What to call it, such as studio-box.")],
    address: Annotated[str, typer.Argument(help="Its host, and perhaps a port.")],
    key: Key,
    fingerprint: Mark = None,
) -> None:
    """Have a machine work for this one: its name is a device from then on."""
    from .. import paths
    from ..remote import keys, peers

    peers.check_name(name)
    place = peers.address(address)
    card = keys.read_card(key)
    _compare(card, key, fingerprint)
    peers.add_server(paths.find(), peers.Server(name, place, card.key))
    say(f"{name} is a device now. See whether it answers: voxmend remote status {name}")


@app.command("list")
@guarded
def list_(json: Json = False) -> None:
    """List the machines that this one is paired with."""
    from .. import paths
    from ..remote import keys, peers

    found = peers.read(paths.find())
    items: list[dict[str, Any]] = [
        {
            "name": server.name,
            "works": "for this machine",
            "address": server.address,
            "fingerprint": keys.fingerprint(server.key),
        }
        for server in found.servers
    ] + [
        {
            "name": guest.name,
            "works": "here",
            "address": None,
            "fingerprint": keys.fingerprint(guest.key),
        }
        for guest in found.guests
    ]
    if json:
        show({"items": items})
        return
    for item in items:
        place = item["address"] or "may have this machine work for it"
        put(f"{item['name']}  {place}")
        put(f"  fingerprint  {item['fingerprint']}")
    if not items:
        hint("This machine is paired with none. Begin with: voxmend remote pair")


@app.command()
@guarded
def remove(name: Annotated[str, typer.Argument(help="As “list” shows it.")]) -> None:
    """Forget a machine, and remove what it has sent."""
    from .. import paths
    from ..remote import peers

    where = paths.find()
    before = peers.read(where)
    after = before.without(name)
    if after == before:
        before.server(name)  # says which there are
    peers.change(where, lambda now: now.without(name))
    if after.guests != before.guests:
        peers.clear_strangers(where, after.guests)
    say(f"{name} is forgotten.")


@app.command()
@guarded
def status(
    name: Annotated[str | None, typer.Argument(help="One machine; default: all.")] = None,
    json: Json = False,
) -> None:
    """Ask the machines that work for this one how they do. Exit code 4 if one does not answer as
    it should."""
    from .. import paths
    from ..remote import peers

    found = peers.read(paths.find())
    servers = found.servers if name is None else (found.server(name),)
    items = [_asked(server) for server in servers]
    if json:
        show({"items": items})
    for item in () if json else items:
        if "error" in item:
            put(f"{item['name']}  {item['error']['message']} [{item['error']['code']}]")
        else:
            put(
                f"{item['name']}  voxmend {item['version']}, engines: {item['engines']}, jobs that "
                f"wait: {item['queued']}, room for this machine: {item['room'] / 1e9:.1f} GB"
            )
    if not items and not json:
        hint("No machine works for this one. See: voxmend remote add --help")
    if any("error" in item for item in items):
        raise typer.Exit(4)


def _asked(server: Server) -> dict[str, Any]:
    """What one machine says of itself."""
    from .. import paths
    from ..remote import forms, keys
    from ..remote.link import Link, LinkLost
    from ..version import __version__
    from .screen import error_object

    speech.doing(f"asking {server.name}")
    shown: dict[str, Any] = {"name": server.name, "address": server.address}
    try:
        with Link(server, keys.own(paths.find()), silence_s=10.0, shake_s=5.0) as link:
            welcome = link.call(forms.Hello(__version__))
            if not isinstance(welcome, forms.Welcome):
                raise RemoteDiffers(f"{server.name} is of another version. Update both.")
    except LinkLost as lost:
        error: VoxmendError = RemoteUnreachable(
            f"{server.name} ({server.address}) cannot be reached: {lost}. Is its worker running, "
            "with remote.listen in its settings?"
        )
        return {**shown, "error": error_object(error)}
    except VoxmendError as found:
        return {**shown, "error": error_object(found)}
    return {
        **shown,
        "version": welcome.version,
        "engines": welcome.engines,
        "queued": welcome.queued,
        "room": welcome.room,
    }


def _compare(card: Card, given: str, typed: str | None) -> None:
    """See that a key is the other machine's. In a file it was carried by hand, and is believed.

    Raises:
        BadRequest: it is not, or nobody can say so.
    """
    from ..remote import keys

    if typed is not None:
        if not keys.same(typed, card.key):
            raise BadRequest(
                f"--fingerprint {typed}: this key's is {keys.fingerprint(card.key)}. It is another "
                "machine's key. Take it from that machine anew."
            )
        return
    if not given.strip().startswith(f"{keys.CARD}:"):
        return
    if not sys.stdin.isatty():
        raise BadRequest(
            "Nobody can be asked here whether the key is the right one. Say what the other machine "
            "shows: --fingerprint"
        )
    say(f"fingerprint  {keys.fingerprint(card.key)}")
    if not typer.confirm("Does the other machine show the same?", err=True):
        raise BadRequest("The key was not taken.")


def _write(file: Path, text: str) -> None:
    from .. import disk

    place = disk.output(file)
    try:
        disk.put(place, f"{text}\n".encode())
    except OSError as error:
        raise OutputUnwritable(
            f"{file} cannot be written ({error.strerror or error}). Choose another name."
        ) from None
