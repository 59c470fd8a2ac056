"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from . import proposals
from .go_on import OPTION

Folder = Annotated[
    str | None,
    typer.Option("--out", "-o", help="Folder for the stems; default: “voxmend” beside the file."),
]
Preset = Annotated[
    str | None,
    typer.Option(
        "--preset",
        "-p",
        help="See: voxmend presets list.",
        show_default=False,
        autocompletion=proposals.presets,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A parameter, for example denoise.strength=0.3.",
        metavar="KEY=VALUE",
        autocompletion=proposals.values,
    ),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="auto, cpu, cuda, cuda:1 …, mps or a remote worker; default: worker.device.",
        autocompletion=proposals.devices,
    ),
]
FormatName = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="wav (float), wav24, flac, aiff or mp3.",
        autocompletion=proposals.formats,
    ),
]
Pattern = Annotated[
    str | None,
    typer.Option(
        "--name",
        help="How the stems' files are called: “{song} - {stem}”. {preset} is known too.",
        metavar="PATTERN",
    ),
]
Recursive = Annotated[
    bool, typer.Option("--recursive", "-r", help="Take the folders inside folders too.")
]
Since = Annotated[str | None, typer.Option(OPTION, hidden=True, metavar="TIME")]
Report = Annotated[
    str | None,
    typer.Option(
        "--report",
        help="Write what became of each file: a name in .html, .csv or .json.",
        metavar="FILE",
    ),
]
