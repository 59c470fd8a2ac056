"""``voxmend bench``: how fast this machine is."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from voxmend_protocol.errors import BadRequest

from .screen import Json, guarded, say, show

app = typer.Typer(
    help="Measure voxmend on this machine.", no_args_is_help=True, rich_markup_mode=None
)

UPSTREAM = "upstream"


@app.callback()
def root() -> None:
    """Measure voxmend on this machine."""


@app.command()
@guarded
def speed(
    against: Annotated[
        str | None,
        typer.Option(
            help="upstream: time the commands it stands in for too, on the same clips, in turns.",
            metavar="upstream",
        ),
    ] = None,
    clips: Annotated[
        str, typer.Option(help="Lengths in seconds.", metavar="SECONDS,SECONDS")
    ] = "3,20",
    networks: Annotated[
        bool, typer.Option("--networks", help="Also each network alone, against upstream's own.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="With --networks: RoFormer and MDX23C too. Slow.")
    ] = False,
    preset: Annotated[
        str,
        typer.Option(
            help="chain: separation, DeepFilterNet and VoiceFixer. split: separation alone.",
            metavar="chain|split",
        ),
    ] = "chain",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A new folder to keep weights, clips and logs in."),
    ] = None,
    json: Json = False,
) -> None:
    """Time the whole chain with random weights of full size: cold, warm and cached."""
    from ..bench import figures
    from ..bench.chain import CHAINS
    from ..bench.speed import measure
    from ..bench.turns import Question

    if against not in (None, UPSTREAM):
        raise BadRequest(f"--against {against}: write --against {UPSTREAM}")
    if full and not networks:
        raise BadRequest("--full goes with --networks: write --networks --full")
    if preset not in CHAINS:
        raise BadRequest(f"--preset {preset}: write {' or '.join(CHAINS)}")
    question = Question(_lengths(clips), against is not None, networks, full, chain=CHAINS[preset])
    found = measure(question, out, say)
    if json:
        show(dataclasses.asdict(found))
        return
    for line in figures.table(found):
        print(line)


def _lengths(text: str) -> tuple[float, ...]:
    """``3,20,180`` as seconds."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise BadRequest(f"--clips {text}: write seconds, such as 3,20,180") from None
