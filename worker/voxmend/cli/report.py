"""``voxmend report``: one page of a job, to look at and to listen to. Runs here, without torch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import disk, speech
from . import proposals
from .restore import absolute
from .screen import Json, guarded, put, say, show

if TYPE_CHECKING:
    from ..report.pieces import Coding


@guarded
def report(
    job: Annotated[
        str,
        typer.Argument(
            help="A job's id or its beginning, a job.json, or its folder.",
            autocompletion=proposals.jobs,
        ),
    ],
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="The page; default: report.html beside it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a page that exists.")] = False,
    sound: Annotated[
        str | None,
        typer.Option(
            "--sound",
            help="opus or mp3; default: opus, which Safari plays from version 18.4 on.",
        ),
    ] = None,
    show_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    json: Json = False,
) -> None:
    """Make one HTML page of a job: what was damaged, what was mended, what was refused and why."""
    page = disk.output(absolute(out, "--out")) if out is not None else None
    if page is not None:
        mind_page(page, force)
    coding = parse_sound(sound)
    speech.begin("making the page")
    made = make(_place(job), page, force, coding)
    opened = show_it and opens(Path(made["page"]))
    if json:
        show(made)
        return
    put(made["page"])
    if not opened:
        say(f"{made['bytes'] / 1e6:.1f} MB. Open it in any browser.")


def parse_sound(name: str | None) -> Coding | None:
    """``--sound`` as the report knows it; None where it was not given.

    Raises:
        BadRequest: it is none, or cannot be written on this machine.
    """
    from voxmend_protocol.errors import BadRequest

    if name is None:
        return None
    from ..report.pieces import CODINGS, usual

    for known in CODINGS:
        if name == known:
            if known == "opus" and usual() != "opus":
                raise BadRequest("--sound opus: this libsndfile writes no Opus. Write --sound mp3.")
            return known
    raise BadRequest(f"--sound {name}: write one of {', '.join(CODINGS)}")


def make(
    where: Path, out: Path | None, force: bool, coding: Coding | None = None
) -> dict[str, Any]:
    """Write the page of a job.json or its folder; the job, the page and its size.

    Args:
        coding: of its sound; None: the usual one.

    Raises:
        InputMissing, InputUnreadable: there is no job.json, or none of ours.
        OutputUnwritable: the page cannot be written there.
    """
    from ..report.facts import MANIFEST, read

    facts = read(where)
    page = out or facts.folder / "report.html"
    mind_page(page, force)
    from .. import paths
    from ..report import page as pages
    from ..report import sketch

    text = pages.build(facts, sketch.read(paths.find().state, facts.text("job")), coding)
    # The page holds the stems' sound: for those who may read the job's own record.
    mode = (facts.folder / MANIFEST).stat().st_mode & 0o666 | 0o600
    size = write_page(page, text, mode)
    return {"job": facts.text("job"), "manifest": str(facts.folder / MANIFEST),
            "page": str(page), "bytes": size}  # fmt: skip


def opens(page: Path) -> bool:
    """Show a page in the system's browser; whether the system took it."""
    return typer.launch(str(page)) == 0


def _place(job: str) -> Path:
    """Where a job's job.json is: a path that is there, or a job the worker knows."""
    from voxmend_protocol.errors import InputMissing

    path = absolute(job, "The job")
    if os.path.exists(path) or os.sep in job or job.endswith(".json"):
        return path
    from .. import launch
    from .jobs import full

    with launch.connect(new_job=False) as client:
        record = client.job(full(client, job))
    if record.folder is None:
        raise InputMissing(
            f"The job {job} is {record.state}, so there is nothing to report. See: voxmend jobs "
            f"show {job}"
        )
    return Path(record.folder)


def mind_page(page: Path, force: bool) -> None:
    """Refuse a place for a page before it is made.

    Raises:
        OutputUnwritable: it is none, or something is there.
    """
    from voxmend_protocol.errors import OutputUnwritable

    if os.path.isdir(page) or not os.path.isdir(page.parent):
        raise OutputUnwritable(f"{page} is no place for a page. Name a file in a folder that is.")
    if os.path.exists(page) and not force:
        raise OutputUnwritable(f"{page} exists. Choose another --out, or add --force.")


def write_page(page: Path, text: str, mode: int) -> int:
    """Write the page in one step; its size."""
    data = text.encode("utf-8")
    try:
        disk.put(page, data, mode)
    except OSError as error:
        raise disk.write_error(page, error, "Choose another --out.") from None
    return len(data)
