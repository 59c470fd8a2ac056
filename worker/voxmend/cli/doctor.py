"""``voxmend doctor`` and ``voxmend support-bundle``: what is well here, what is not, and what to
send to someone who shall help."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import speech, typed
from ..terminal import harmless
from .restore import absolute
from .screen import Json, guarded, hint, put, say, show

if TYPE_CHECKING:
    from ..doctor import Finding

_SIGNS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "fail": "[red]fail[/]"}

_NARROW = 60
"""Columns below which a table would be a column of single words."""

Media = Annotated[
    Path | None,
    typer.Option("--media", help="Also try whether the worker can use this folder.", metavar="DIR"),
]


@guarded
def doctor(
    media: Media = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out the 10 seconds of measuring.")
    ] = False,
    json: Json = False,
) -> None:
    """Check this machine. Exit code 4 if something is broken."""
    speech.begin("looking at this machine")
    from .. import doctor as checks
    from .. import paths
    from ..doctor.finding import Case

    case = Case(paths.find(), 0.0 if quick else 10.0, media)
    if not quick and not json:
        say("Measuring; this takes about 15 seconds …")
    found = checks.examine(case)
    if not json and not speech.tabular(sys.stdout, _NARROW):
        findings = tuple(map(_lines, found))
    else:
        findings = tuple(found)
        if json:
            show({"items": [dataclasses.asdict(finding) for finding in findings]})
        else:
            _table(findings)
    if not checks.healthy(findings):
        raise typer.Exit(4)


def _lines(finding: Finding) -> Finding:
    """Put one finding as lines: for a screen reader, and where a table has no room."""
    put(f"{finding.health:4} {finding.title}: {finding.detail}")
    if finding.health != "ok":
        put(f"     {finding.why}")
        hint(f"     To mend it: {finding.fix}")
    return finding


def _table(findings: tuple[Finding, ...]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        words = escape(harmless(finding.detail))
        if finding.health != "ok":
            fix = escape(harmless(typed.rewritten(finding.fix)))
            words += f"\n[dim]{escape(harmless(finding.why))}[/]\n→ {fix}"
        table.add_row(_SIGNS[finding.health], finding.title, words)
    speech.console(sys.stdout).print(table)


@guarded
def support_bundle(
    out: Annotated[
        str, typer.Option("--out", "-o", help="The file to write.", metavar="ZIP")
    ] = "voxmend-support.zip",
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out the 10 seconds of measuring.")
    ] = False,
    json: Json = False,
) -> None:
    """Write a zip for someone who shall help: checks, logs, settings, versions. No sound, no
    names: your home folder, your user name and the names of your files are replaced."""
    speech.begin("looking at this machine")
    from .. import doctor as checks
    from .. import paths
    from ..disk import output
    from ..doctor.finding import Case
    from ..support.bundle import write

    file = output(absolute(out, "--out"))
    if not quick and not json:
        say("Measuring; this takes about 15 seconds …")
    case = Case(paths.find(), 0.0 if quick else 10.0)

    def examined() -> Iterator[dict[str, Any]]:
        return map(dataclasses.asdict, checks.examine(case))

    written = write(case.paths, file, examined)
    if json:
        show({"file": str(written.file), "members": list(written.members)})
        return
    say(f"Written, {len(written.members)} files; look into it before you send it:")
    put(str(written.file))
