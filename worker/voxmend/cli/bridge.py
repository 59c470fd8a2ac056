"""``voxmend bridge``: what REAPER's scripts start. Nobody types it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .screen import guarded


@guarded
def bridge(
    box: Annotated[Path, typer.Argument(help="The mailbox of one REAPER.", metavar="FOLDER")],
) -> None:
    """Carry a REAPER's requests to the worker. Its scripts start this by themselves."""
    from ..bridge.run import run

    run(box)
