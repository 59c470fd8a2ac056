"""``voxmend service``: the worker, or the watch folder, at log-in, for those who want it there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from voxmend_protocol.errors import BadRequest

from .restore import absolute
from .screen import Json, guarded, hint, put, say, show

if TYPE_CHECKING:
    from ..service.part import Part
    from ..service.service import State
    from ..service.system import Plan

app = typer.Typer(
    help="Start the worker, or the watch folder, at log-in. Without it, the worker starts when it "
    "is needed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Watch = Annotated[
    bool, typer.Option("--watch", help="The watch folder. It starts the worker when it needs it.")
]


@app.command()
@guarded
def install(watch: Watch = False) -> None:
    """Start the worker, or with --watch the watch folder, now and at each log-in of yours."""
    from .. import launch, paths
    from ..installation import program
    from ..service import service
    from ..service.part import WATCH, WORKER
    from ..watch import registry

    if watch:
        if not registry.load(paths.find().watch_file):
            raise BadRequest("No folder is watched yet. Add one: voxmend watch add FOLDER")
        plan = _plan(WATCH)
        service.install(plan, program.installed())
        say(
            f"Folders are watched from log-in on ({plan.name}). To undo it: voxmend service "
            "uninstall --watch"
        )
        return
    plan = _plan(WORKER)
    running = launch.running()
    if running:
        launch.stop()  # the system starts its own; jobs that have not ended go on there
    try:
        service.install(plan, program.installed())
    except BaseException:
        if running:
            launch.start()
        raise
    say(f"The worker starts at log-in ({plan.name}). To undo it: voxmend service uninstall")


@app.command()
@guarded
def uninstall(watch: Watch = False) -> None:
    """Start nothing at log-in, as before; with --watch: no longer the watch folder."""
    from ..service import service
    from ..service.part import WATCH, WORKER

    went = service.uninstall(_plan(WATCH))
    if watch:
        say("Folders are watched while you run: voxmend watch run" if went else _NOT)
        return
    went = service.uninstall(_plan(WORKER)) or went
    say("The worker starts when it is needed." if went else _NOT)


_NOT = "It did not start at log-in."


@app.command()
@guarded
def unit(
    user: Annotated[
        str, typer.Option("--user", help="Who it runs as; a user of its own is best.")
    ] = "voxmend",
    folder: Annotated[
        list[str] | None,
        typer.Option("--folder", help="A folder that is watched; default: those of watch list."),
    ] = None,
    home: Annotated[
        str, typer.Option("--home", help="Its own folder: state, settings, models.")
    ] = "/var/lib/voxmend",
) -> None:
    """Print a systemd unit for a server: it watches folders from the start of the machine on.

    Nothing is changed; root writes it to /etc/systemd/system/voxmend-watch.service.
    """
    from .. import paths
    from ..installation.program import stable
    from ..service import server
    from ..service.part import WATCH
    from ..watch import registry

    known = [one.path for one in registry.load(paths.find().watch_file)]
    folders = [str(absolute(one, "--folder")) for one in folder] if folder else known
    command = (stable(), "-m", "voxmend", *WATCH.words)
    told = server.Server(command, user, home, folders)
    typer.echo(server.unit(told), nl=False)
    if not folders:
        say("No folder is named: it may write nowhere but to its own. Name some: --folder DIR")
    say(f"As root: put it into {server.PLACE}, then: systemctl enable --now {server.NAME}")


@app.command()
@guarded
def status(json: Json = False) -> None:
    """Show what starts at log-in."""
    from ..service import service
    from ..service.part import WATCH, WORKER

    state, watch = (service.state(_plan(part)) for part in (WORKER, WATCH))
    if json:
        show({**dataclasses.asdict(state), "watch": dataclasses.asdict(watch)})
        return
    _print("worker", state, "voxmend service install")
    _print("watch folder", watch, "voxmend service install --watch")


def _print(name: str, state: State, command: str) -> None:
    put(f"{name:13} {'at log-in' if state.installed else 'not at log-in'} ({state.kind})")
    if not state.possible:
        hint(f"{'':13} no session of this user; for a server: voxmend service unit")
    if state.installed:
        put(f"{'':13} {'running' if state.running else 'not running'}")
        if state.file:
            put(f"{'':13} {state.file}")
        if not state.current:
            hint(f"{'':13} of another installation; bring it up to date: {command}")


def _plan(part: Part) -> Plan:
    from .. import paths
    from ..service import system

    return system.plan(paths.find(), part=part)
