"""``voxmend bridge``: what REAPER's scripts start. Nobody types it.

With ``--report`` it makes one page and ends: the box's ``report_ask.json`` names the job's folder,
``report.json`` says what came of it. Files, since not every path survives REAPER's command line,
and nobody reads the output of a process that it has let go. With ``--empty`` it removes the folders
that the box's ``empty.json`` names, as far as nothing is in them: Lua cannot on Windows.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from voxmend_protocol.envelope import MAX_REQUEST
from voxmend_protocol.errors import BadRequest, VoxmendError

from .. import foreign, safe_files, speech
from .screen import error_object, guarded

_ASKS = ("host.json", "report_ask.json", "empty.json")
"""What REAPER's scripts have written before they start this, one of them at least."""


@guarded
def bridge(
    box: Annotated[Path, typer.Argument(help="The mailbox of one REAPER.", metavar="FOLDER")],
    report: Annotated[
        bool, typer.Option("--report", help="Make the page that the mailbox asks for, and end.")
    ] = False,
    empty: Annotated[
        bool, typer.Option("--empty", help="Remove the empty folders it names, and end.")
    ] = False,
) -> None:
    """Carry a REAPER's requests to the worker. Its scripts start this by themselves."""
    speech.rest()
    if not any(os.path.lexists(box / name) for name in _ASKS):  # a mailbox is closed to others
        raise BadRequest(
            f"{box} is no mailbox of REAPER's, and is left as it is. REAPER's scripts start the "
            "bridge by themselves; nobody types it."
        )
    from ..bridge import run as bridge_run
    from ..bridge.mailbox import Mailbox

    if report:
        bridge_run.home_of(box)
        mailbox = Mailbox(box)  # refuses a box that is not ours before anything in it is believed
        mailbox.put("report.json", _report(box))
    elif empty:
        Mailbox(box)  # as above
        _remove_empty(box / "empty.json")
    else:
        bridge_run.run(box)


def _remove_empty(ask: Path) -> None:
    """Remove the folders that it names; what holds anything stays."""
    try:
        folders = foreign.table(safe_files.read(ask, MAX_REQUEST, "shared")).get("folders")
    except (OSError, ValueError):
        return
    for folder in folders if isinstance(folders, list) else ():
        if isinstance(folder, str) and "\0" not in folder:
            with contextlib.suppress(OSError):
                os.rmdir(folder)
    with contextlib.suppress(OSError):
        ask.unlink()


def _report(box: Path) -> dict[str, Any]:
    """What becomes of the ask: the page and whether it was opened, or an error."""
    from .report import make, opens

    ask: dict[str, Any] = {}
    try:
        ask = _ask(box)
        made = make(Path(ask["folder"]), None, force=True)
    except VoxmendError as error:
        return {"id": ask.get("id"), "error": error_object(error)}
    opened = bool(ask.get("open")) and opens(Path(made["page"]))
    return {"id": ask.get("id"), "page": made["page"], "opened": opened}


def _ask(box: Path) -> dict[str, Any]:
    try:
        ask = foreign.table(safe_files.read(box / "report_ask.json", MAX_REQUEST, "shared"))
    except (OSError, ValueError):
        ask = {}
    if not isinstance(ask.get("folder"), str) or "\0" in ask["folder"]:
        raise BadRequest("The mailbox asks for no report. Press Report in the Jobs panel.")
    return ask
