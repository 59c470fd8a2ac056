"""``voxmend doctor``: what is well here and what is not, with the command that mends it."""

from __future__ import annotations

import dataclasses

import typer

from .screen import Json, guarded, show

_SIGNS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "fail": "[red]fail[/]"}


@guarded
def doctor(json: Json = False) -> None:
    """Check this machine. Exit code 4 if something is broken."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from .. import paths
    from ..desktop import doctor as checks

    findings = checks.examine(paths.find())
    if json:
        show({"items": [dataclasses.asdict(finding) for finding in findings]})
    else:
        table = Table(box=None, show_header=False, pad_edge=False)
        for finding in findings:
            words = escape(finding.detail)
            if finding.health != "ok":
                words += f"\n[dim]{escape(finding.why)}[/]\n→ {escape(finding.fix)}"
            table.add_row(_SIGNS[finding.health], finding.title, words)
        Console().print(table)
    if not checks.healthy(findings):
        raise typer.Exit(4)
