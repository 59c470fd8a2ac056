"""``voxmend update``, ``uninstall`` and ``bundle``: the installation itself, as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voxmend_protocol.errors import EnvironmentProblem

from .. import speech
from . import proposals
from .restore import absolute
from .screen import guarded, put, say


@guarded
def uninstall(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Leave models, settings and jobs.")
    ] = False,
) -> None:
    """Take voxmend off this machine: all that the installer made, and nothing else."""
    from ..installation import program as programs
    from ..installation.uninstall import uninstall as carry_out

    found = programs.installed() or programs.Program(programs.folder())
    speech.doing("removing voxmend")
    try:
        carry_out(found, say, yes, keep_data)
    except OSError as error:
        raise EnvironmentProblem(
            f"{error.filename or found.root} cannot be removed ({error.strerror or error}). "
            "Remove it by hand."
        ) from None


@guarded
def update(
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Sources, or a prepared folder; default: where it came from.",
            metavar="DIR",
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Install anew even where nothing has changed.")
    ] = False,
) -> None:
    """Bring voxmend up to date. The old one works until the new one has proved itself."""
    from ..installation import program as programs
    from ..installation import update as updates

    speech.doing("bringing voxmend up to date")
    program = programs.installed()
    if program is None:
        raise EnvironmentProblem(
            "This voxmend runs from a checkout. Bring it up to date there: git pull. The next "
            "command installs what has changed."
        )
    named = absolute(source, "--from") if source is not None else None
    command = updates.plan(program, named, again, say)
    if command is None:
        say("voxmend is up to date. To install it anew all the same: voxmend update --again")
        return
    raise typer.Exit(updates.hand_over(program, command))


@guarded
def bundle(
    folder: Annotated[str, typer.Argument(help="The folder to make.", metavar="DIR")],
    device: Annotated[
        str, typer.Option("--device", help="What it is for: auto, cpu, cuda, rocm, mps, directml.")
    ] = "auto",
    preset: Annotated[
        str | None,
        typer.Option(
            "--models", help="Also the models of this preset.", autocompletion=proposals.presets
        ),
    ] = None,
) -> None:
    """Make a folder to install from where there is no network, on machines of this kind."""
    from .. import paths, presets
    from ..disk import write_error
    from ..installation.bundle import bundle as carry_out
    from ..models import needs, store

    where = paths.find()
    weights: list[Path] = []
    if preset is not None:
        shelf = store.of(where)
        found = presets.find(preset, where.presets)
        if found.remark:
            say(found.remark)
        # What came inside a package is packed with the packages.
        weights = [
            shelf.path(model)
            for model in needs.usual(found, shelf.catalogue)
            if shelf.state(model).origin != "package"
        ]
    target = absolute(folder)
    speech.doing("packing")
    try:
        carry_out(target, device, weights, say)
    except OSError as error:
        raise write_error(target.parent, error, "Name another folder.") from None
    say("On the other machine, from this folder: sh install.sh (Windows: install.ps1)")
    put(target)
