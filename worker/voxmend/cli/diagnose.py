"""``voxmend diagnose``: what is wrong with a vocal, and where. Runs here, without a worker."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from .screen import Json, guarded, put, say, show


@guarded
def diagnose(
    vocal: Annotated[str, typer.Argument(help="A vocal that is alone.", metavar="VOCAL")],
    mixture: Annotated[
        str | None,
        typer.Option("--mixture", "-m", help="The song it came out of, in time with it."),
    ] = None,
    start: Annotated[float | None, typer.Option(help="Begin here, in seconds.")] = None,
    end: Annotated[float | None, typer.Option(help="Stop here, in seconds.")] = None,
    plot: Annotated[
        str | None, typer.Option("--plot", help="Draw it into this PNG.", metavar="PNG")
    ] = None,
    json: Json = False,
) -> None:
    """Say where a vocal is metallic, muffled, chirping or full of bleed. Changes nothing."""
    from voxmend_protocol.values import Clip

    from .. import manners, speech

    speech.begin(f"reading {Path(vocal).name}")
    from ..audio import probe
    from .restore import absolute, mind_span

    mind_span(start, end)
    picture = None if plot is None else absolute(plot, "--plot")
    if picture is not None:
        _mind(picture)
    for file in (vocal, mixture):
        if file is not None:  # before torch is loaded: what is no sound is said at once
            probe(absolute(file))
    speech.begin(f"measuring {Path(vocal).name}")
    manners.keep_memory()
    manners.wait_asleep()
    from ..diagnosis.clip import measure

    clip = Clip(str(absolute(vocal)), start, end)
    beside = None if mixture is None else Clip(str(absolute(mixture)), start, end)
    measured = measure(clip, beside, picture is not None)
    for warned in measured.warnings:
        say(f"voxmend: {warned.message} [{warned.code}]")
    found = measured.survey.findings.plain()
    if picture is not None:
        from ..report.chart import write

        write(picture, Path(vocal).name, measured.survey, measured.picture)
        say(f"Drawn: {picture}")
    if json:
        show({"file": vocal, **({"mixture": mixture} if mixture else {}), **found})
        return
    for line in table(Path(vocal).name, found):
        put(line)


def table(name: str, found: dict[str, Any]) -> list[str]:
    """The findings for people."""
    from ..damage import NAMES, WORDS
    from ..report.words import clock, where

    known = "with its mixture" if found["with_mixture"] else "alone"
    lines = [f"{name}, {clock(found['seconds'])}, {known}"]
    for damage in NAMES:
        finding = found["found"][damage]
        place = where(finding, damage, found["with_mixture"])
        lines.append(f"  {WORDS[damage]:9} {finding['size']:8} {place}".rstrip())
    if not found["with_mixture"]:
        lines.append("  More can be told with the song it came out of: --mixture FILE")
    return lines


def _mind(picture: Path) -> None:
    """A picture that cannot be written is said before the work, and nothing is written over."""
    from voxmend_protocol.errors import BadRequest, OutputUnwritable

    if picture.suffix.lower() != ".png":
        raise BadRequest(f"--plot {picture.name}: name a file that ends in .png")
    if os.path.exists(picture):
        raise OutputUnwritable(f"{picture} exists. Choose another name, or remove it.")
    if not os.path.isdir(picture.parent):
        raise OutputUnwritable(f"There is no folder {picture.parent}. Make it, or choose another.")
