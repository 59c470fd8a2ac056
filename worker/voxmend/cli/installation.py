"""``voxmend uninstall`` and ``voxmend bundle``: the installation itself, as a whole."""

from __future__ import annotations

from typing import Annotated

import typer

from voxmend_protocol.errors import EnvironmentProblem

from .screen import guarded, say


@guarded
def uninstall(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Leave models, settings and jobs.")
    ] = False,
) -> None:
    """Take voxmend off this machine: all that the installer made, and nothing else."""
    from ..desktop.installation import program as programs
    from ..desktop.installation.uninstall import uninstall as carry_out

    found = programs.installed() or programs.Program(programs.folder())
    try:
        carry_out(found, say, yes, keep_data)
    except OSError as error:
        raise EnvironmentProblem(
            f"{error.filename or found.root} cannot be removed ({error.strerror or error}). "
            "Remove it by hand."
        ) from None
