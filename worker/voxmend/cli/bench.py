"""``voxmend bench``: how fast this machine is, how good the separation and the repair."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from voxmend_protocol.errors import BadRequest

from .. import speech
from .screen import Json, guarded, say, show

if TYPE_CHECKING:
    from ..bench.songs import multitrack

app = typer.Typer(
    help="Measure voxmend: its speed, its stems, its repairs.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

UPSTREAM = "upstream"


@app.callback()
def root() -> None:
    """Measure voxmend: its speed, its stems, its repairs."""


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
        bool, typer.Option("--full", help="With --networks: also those that are slow on a CPU.")
    ] = False,
    preset: Annotated[
        str,
        typer.Option(
            help="classic: separation, DeepFilterNet and VoiceFixer; or separation alone.",
            metavar="classic|separation",
        ),
    ] = "classic",
    roofline: Annotated[
        bool,
        typer.Option(
            "--roofline",
            help="In place of all that: what share of the processor's peak each network reaches.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A new folder to keep weights, clips and logs in."),
    ] = None,
    json: Json = False,
) -> None:
    """Time the whole chain with random weights of full size: cold, warm and cached."""
    speech.begin("loading what measures")
    from ..bench import figures, rival
    from ..bench.chain import CHAINS
    from ..bench.speed import measure
    from ..bench.turns import Question

    if against not in (None, UPSTREAM):
        raise BadRequest(f"--against {against}: write --against {UPSTREAM}")
    if full and not networks:
        raise BadRequest("--full goes with --networks: write --networks --full")
    if preset not in CHAINS:
        raise BadRequest(f"--preset {preset}: write {' or '.join(CHAINS)}")
    if roofline:
        rival.find().roofline(json)
        return
    question = Question(_lengths(clips), against is not None, networks, full, chain=CHAINS[preset])
    found = measure(question, out, say)
    if json:
        show(dataclasses.asdict(found))
        return
    for line in figures.table(found):
        print(line)


@app.command()
@guarded
def quality(
    voice: Annotated[Path, typer.Option(help="A dry voice, alone, without reverb.")],
    backing: Annotated[Path, typer.Option(help="A backing without any voice.")],
    preset: Annotated[str, typer.Option(help="Whose repair is measured.")] = "mend",
    rows: Annotated[
        str,
        typer.Option(help="Only rows whose name holds one of these words.", metavar="WORD,WORD"),
    ] = "",
    chains: Annotated[
        str,
        typer.Option(help="Only these, such as adaptive,naive: quicker.", metavar="NAME,NAME"),
    ] = "",
    offset: Annotated[float, typer.Option(help="Where in the backing to begin, seconds.")] = 0.0,
    seconds: Annotated[float, typer.Option(help="How much of the voice, at most.")] = 20.0,
    json: Json = False,
) -> None:
    """Break a voice as separation breaks it, mend it in every way, and compare with the truth.

    Give your own voice and backing: what is measured is what voxmend does to your material.
    """
    speech.begin("loading what measures")
    from .. import paths
    from ..bench.quality import table
    from ..bench.quality.lender import lender
    from ..bench.quality.measure import Question, measure
    from ..presets import find

    where = paths.find()
    words, ways = (
        tuple(word.strip() for word in text.split(",") if word.strip()) for text in (rows, chains)
    )
    chosen = find(preset, where.presets)
    if chosen.remark:
        say(chosen.remark)
    question = Question(voice, backing, chosen, offset, seconds, words, ways)
    found = []
    for row in measure(question, lender(where), say):
        found.append(row)
        if not json:
            print("\n".join(table.lines(row)), flush=True)
    if json:
        show({"rows": [row.plain() for row in found]})
        return
    print("\n".join([*table.closing(found), "", table.HEAD]))


@app.command()
@guarded
def songs(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Songs in parts: SONG_vocals.wav, SONG_band.wav, or SONG/vocals.wav …"),
    ] = None,
    voice: Annotated[Path | None, typer.Option(help="In place of a folder: one voice …")] = None,
    band: Annotated[Path | None, typer.Option(help="… and its band.")] = None,
    preset: Annotated[
        list[str] | None,
        typer.Option(help="A preset to measure, again for another; its values after commas."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Whole songs, not the loudest 20 s of voice.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--every", help="Every 20 s with voice, not the loudest alone.")
    ] = False,
    toward: Annotated[
        str,
        typer.Option(
            help="Also stems moved so far towards the true voice, percent: better separators.",
            metavar="20,50,80",
        ),
    ] = "",
    plots: Annotated[
        Path | None,
        typer.Option(
            "--plot", help="A new folder for a picture of each excerpt.", metavar="FOLDER"
        ),
    ] = None,
    level: Annotated[
        float | None, typer.Option(help="Mix the voice so loud against the band, dB RMS.")
    ] = None,
    place: Annotated[
        str, typer.Option(help="Where to put the voice: as-is, half, hard or doubled.")
    ] = "as-is",
    mono: Annotated[bool, typer.Option("--mono", help="Make all of it mono.")] = False,
    offset: Annotated[float, typer.Option(help="Where in the band to begin, seconds.")] = 0.0,
    json: Json = False,
) -> None:
    """Separate songs whose voice is known, and compare with it.

    Give your own multitracks: what is measured is what voxmend does to your material.
    """
    speech.begin("loading what measures")
    from .. import paths
    from ..bench.quality.lender import lender
    from ..bench.songs import multitrack, plot, table
    from ..bench.songs.measure import measure, variant
    from .restore import parse_values

    where = paths.find()
    if place not in get_args(multitrack.Place):
        raise BadRequest(f"--place {place}: write {', '.join(get_args(multitrack.Place))}")
    if folder is not None and voice is None and band is None:
        files = multitrack.find(folder)
    elif folder is None and voice is not None and band is not None:
        files = [multitrack.Files(voice.stem, (voice,), (band,), offset)]
    else:
        raise BadRequest("Name a folder of songs, or both: --voice FILE --band FILE")
    variants = [
        variant(text, parse_values(text.split(",")[1:]), where.presets)
        for text in preset or ["quick", "quick,separate.speeds=1"]
    ]
    for each in variants:
        if each.preset.remark:
            say(each.preset.remark)
    if whole and every:
        raise BadRequest("--whole or --every, not both: name one")
    cut: multitrack.Cut = "whole" if whole else "every" if every else "loudest"
    mixes = multitrack.all_of(files, cast("multitrack.Place", place), level, mono, cut)
    heard = [] if plots is None else [plot.into(plots)]
    found = list(measure(mixes, variants, lender(where), say, _percents(toward), *heard))
    if json:
        show({"excerpts": [dataclasses.asdict(one) for one in found]})
        return
    for line in table.lines([each.name for each in variants], found):
        print(line)


def _lengths(text: str) -> tuple[float, ...]:
    """``3,20,180`` as seconds."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise BadRequest(f"--clips {text}: write seconds, such as 3,20,180") from None


def _percents(text: str) -> tuple[int, ...]:
    """``20,50,80``, and the stem as it is before them."""
    try:
        found = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        found = (-1,)
    if any(not 0 < each < 100 for each in found):
        raise BadRequest(f"--toward {text}: write percents between 0 and 100, such as 20,50,80")
    return (0, *found)
