"""``voxmend service``: the worker at log-in, for those who want it there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import typer

from .screen import Json, guarded, say, show

if TYPE_CHECKING:
    from ..desktop.service.system import Plan

app = typer.Typer(
    help="Start the worker at log-in. Without it, it starts when it is needed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
@guarded
def install() -> None:
    """Start the worker now and at each log-in of yours."""
    from .. import launch
    from ..desktop.installation import program
    from ..desktop.service import service

    plan = _plan()
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
def uninstall() -> None:
    """Start the worker only when it is needed, as before."""
    from ..desktop.service import service

    went = service.uninstall(_plan())
    say("The worker starts when it is needed." if went else "It did not start at log-in.")


@app.command()
@guarded
def status(json: Json = False) -> None:
    """Show whether the worker starts at log-in."""
    from ..desktop.service import service

    state = service.state(_plan())
    if json:
        show(dataclasses.asdict(state))
        return
    print(f"at log-in  {'yes' if state.installed else 'no'} ({state.kind})")
    if state.installed:
        print(f"running    {'yes' if state.running else 'no'}")
        if state.file:
            print(f"file       {state.file}")
        if not state.current:
            print(
                "           of another installation; bring it up to date: voxmend service install"
            )


def _plan() -> Plan:
    from .. import paths
    from ..desktop.service import system

    return system.plan(paths.find())
