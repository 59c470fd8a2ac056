"""``voxmend completion``: what makes a shell complete commands, presets, jobs and models."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from voxmend_protocol.errors import BadRequest

from .. import disk
from ..installation import shells
from .screen import guarded, say

VARIABLE = shells.VARIABLE


def prepare() -> None:
    """Make the answers known that shells want: this process was started by one that completes."""
    from typer._completion_classes import completion_init

    completion_init()


def script(shell: str) -> str:
    """The text that a shell takes."""
    from typer._completion_shared import get_completion_script

    return get_completion_script(prog_name=shells.NAME, complete_var=VARIABLE, shell=shell)


@guarded
def completion(
    shell: Annotated[
        str | None,
        typer.Argument(help="bash, zsh, fish or powershell; default: the one that runs."),
    ] = None,
    install: Annotated[
        bool,
        typer.Option("--install", help="Put it where bash and fish look by themselves."),
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take away what --install has put there.")
    ] = False,
) -> None:
    """Print what lets a shell complete presets, jobs and models; no file of yours is changed.

    Try it: source <(voxmend completion bash). For good: voxmend completion --install.
    """
    if remove:
        removed = shells.remove()
        for gone in removed:
            say(f"Removed: {gone}")
        if not removed:
            say("There was nothing to remove.")
        return
    name = shells.current(os.environ) if shell is None else shell
    if name not in shells.SHELLS:
        known = ", ".join(shells.SHELLS)
        raise BadRequest(
            f"There is no completion for {'this shell' if shell is None else shell}: name one of "
            f"{known}, as in: voxmend completion bash"
        )
    text = script(name)
    if not install:
        typer.echo(text)
        return
    file = shells.place(name, os.environ, Path.home())
    if file is None:
        raise BadRequest(
            f"{name} looks in no folder of its own, and voxmend changes no file of yours. Add to "
            f"{shells.STARTS[name]}: {shells.LINES[name]}"
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        disk.put(file, text.encode())
    except OSError as error:
        raise disk.write_error(file, error, f"Or add a line: {shells.LINES[name]}") from None
    say(f"Written: {file}. It holds from the next terminal on.")
    if name == "bash":
        say("bash finds it there by its package bash-completion, which most systems have.")
