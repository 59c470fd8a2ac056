"""``voxmend compare``: the same stretch of a song by several presets, on one page to listen to."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxmend_protocol import Client, features
from voxmend_protocol.errors import BadRequest, InputUnreadable, ModelMissing
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Output

from .. import speech
from . import proposals
from .options import Where
from .report import mind_page, opens, parse_sound, write_page
from .restore import BESIDE, absolute, mind_version, parse_device
from .screen import Json, complain, guarded, put, say, show
from .times import parse_time

if TYPE_CHECKING:
    from ..batch.queue import Item, Queue
    from ..models.model import Model
    from ..models.store import Store
    from ..presets import Preset
    from ..report.comparison import Version

SECONDS = 20.0
SHORTEST_S, LONGEST_S = 1.0, 120.0
STEMS = ("vocals", "instrumental")
LEFT_S = 86_400.0
"""Stems of a command that was killed are removed by the next one that is so much later."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A preset that was asked for.

    Attributes:
        models: what it needs; ``missing``: those of them that are not here.
    """

    preset: Preset
    models: tuple[Model, ...]
    missing: tuple[str, ...]


@guarded
def compare(
    song: Annotated[str, typer.Argument(help="A sound file.", metavar="SONG")],
    presets: Annotated[
        str | None,
        typer.Option(
            "--presets",
            help="Which, with commas between them; default: all whose models are here.",
            metavar="NAME,NAME",
            autocompletion=proposals.presets,
        ),
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--from", help="Where it begins, such as 1:00; default: the middle.", metavar="TIME"
        ),
    ] = None,
    seconds: Annotated[
        str, typer.Option(help="How long it is, 1 to 120.", metavar="SECONDS")
    ] = f"{SECONDS:g}",
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide the names on the page, until you ask for them.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", help="The page; default: in “voxmend” beside the song."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a page that exists.")] = False,
    sound: Annotated[
        str | None,
        typer.Option("--sound", help="opus or mp3; Safari plays opus from version 18.4 on."),
    ] = None,
    device: Where = None,
    show_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    json: Json = False,
) -> None:
    """Hear one stretch of a song by several presets: one page, each as loud as the others.

    The stems are kept nowhere; what was computed stays in the cache, so restore is quicker.
    """
    speech.begin("looking at the song")
    from .. import disk, launch, paths
    from .batch import code_of

    coding, place = parse_sound(sound), parse_device(device)
    page = disk.output(absolute(out, "--out")) if out is not None else None
    if page is not None:
        mind_page(page, force)
    file = absolute(song, "The song")
    start, end = stretch(file, begin, seconds)
    asked = candidates(presets)
    here = [each for each in asked if not each.missing]
    _tell_missing(asked)
    if not here:
        raise ModelMissing(
            "Of these presets none has its models here. Fetch them (voxmend models pull --preset "
            f"{asked[0].preset.name}), or compare others: voxmend presets list"
        )
    if blind and len(here) < 2:
        raise BadRequest(
            "--blind hides which preset is which, so it needs two whose models are here. Name more "
            "of them in --presets, or leave --blind away."
        )
    told: dict[str, Any] = {"song": str(file), "start_s": start, "end_s": end}
    with (
        launch.connect() as client,
        _folder(paths.find().state / "compare") as folder,
        _page(page, file, start) as at,
    ):
        mind_version(client)
        queue = orders(here, file, start, end, folder, place)
        _carry_out(client, queue)
        both = list(zip(here, queue.items, strict=True))
        done = [(one, item) for one, item in both if item.state == "succeeded"]
        gains: Mapping[str, tuple[float, float]] = {}
        if done:
            from ..report import comparison

            speech.doing("making the page")
            versions = [_version(one, item) for one, item in done]
            made = comparison.build(file, start, end, versions, blind, coding)
            gains = made.gains_db
            told |= {"page": str(at), "bytes": write_page(at, made.text, _mode(file))}
        told["versions"] = [_plain(one, item, gains) for one, item in both]
    told["left_out"] = [
        {"preset": one.preset.name, "missing": list(one.missing)} for one in asked if one.missing
    ]
    opened = bool(done) and show_it and opens(Path(told["page"]))
    if json:
        show(told)
    elif done:
        put(told["page"])
        if not opened:
            say(f"{told['bytes'] / 1e6:.1f} MB. Open it in any browser.")
    if code := code_of(queue):
        raise typer.Exit(code)


def stretch(file: Path, begin: str | None, seconds: str) -> tuple[float, float]:
    """From where to where, in seconds: the middle of the song where nothing is said. A stretch that
    goes beyond the song's end ends there.

    Raises:
        BadRequest: no such stretch.
        InputMissing, InputUnreadable: the song.
    """
    from ..audio import probe

    length = parse_time("--seconds", seconds)
    if not SHORTEST_S <= length <= LONGEST_S:
        raise BadRequest(f"--seconds {seconds}: write seconds from {SHORTEST_S:g} to {LONGEST_S:g}")
    start = None if begin is None else parse_time("--from", begin)
    found = probe(file)
    whole = found.frames / found.rate
    if start is None:
        start = round(max(0.0, (whole - length) / 2), 1)
    if start >= whole:
        raise BadRequest(f"--from {begin}: the song is {whole:.1f} s long. Write an earlier place.")
    return start, min(whole, start + length)


def candidates(names: str | None) -> list[Candidate]:
    """The presets that were named, or all that separate a voice with models that are here.

    Raises:
        UnknownPreset, BadRequest: there is no such preset, or it separates no voice, or they are
            too many.
    """
    from .. import paths, presets
    from ..models import store
    from ..report.comparison import MOST

    where = paths.find()
    if names is None:
        found = [preset for preset in presets.menu(where.presets) if _separates(preset)]
        made = [_candidate(store.for_blocks(where, each.blocks), each) for each in found]
        return [each for each in made if not each.missing][:MOST] or made[:1]
    words = [word.strip() for word in names.split(",") if word.strip()]
    if not words:
        raise BadRequest("--presets is empty. Name some, such as quick,restore.")
    chosen: dict[str, Preset] = {}
    for word in words:
        preset = presets.find(word, where.presets)
        if preset.remark:
            say(preset.remark)
        if not _separates(preset):
            raise BadRequest(
                f"--presets: {preset.name} takes no voice out of a song. Leave it away."
            )
        chosen[preset.name] = replace(preset, remark="")
    if len(chosen) > MOST:
        raise BadRequest(f"--presets names {len(chosen)} presets. Name {MOST} at most.")
    return [_candidate(store.for_blocks(where, one.blocks), one) for one in chosen.values()]


def _separates(preset: Preset) -> bool:
    return preset.input == "mixture"


def _candidate(store: Store, preset: Preset) -> Candidate:
    from ..models import needs

    models = needs.for_stems(preset, store.catalogue, STEMS)
    lacking = tuple(now.model.id for now in needs.lacking(models, store))
    return Candidate(preset, models, lacking)


def _tell_missing(asked: Sequence[Candidate]) -> None:
    """Say which preset lacks what; the others go on."""
    for each in asked:
        if each.missing:
            complain(
                f"{each.preset.name} is left out: {', '.join(each.missing)} must be fetched first: "
                f"voxmend models pull --preset {each.preset.name}"
            )


def orders(
    here: Sequence[Candidate], file: Path, start: float, end: float, folder: Path,
    place: str | None,
) -> Queue:  # fmt: skip
    """A job for each preset, of the same stretch; shown under the preset's name."""
    from ..batch.listing import Listed
    from ..batch.queue import Item, Queue
    from ..safe_files import resolved

    group, into = uuid.uuid4().hex, resolved(folder)
    return Queue([
        Item(
            Listed(one.preset.name, named=True),
            Submit(
                str(uuid.uuid4()), Clip(str(file), start, end), one.preset.name, Output(into),
                stems=STEMS, group=group, device=place,
            ),
            sound_s=end - start,
        )
        for one in here
    ])  # fmt: skip


def _carry_out(client: Client, queue: Queue) -> None:
    """Do all of it under one bar. Ctrl-C cancels what the worker has."""
    from ..batch import summary
    from ..batch.drive import cancel, drive, finish
    from ..batch.forecast import Forecast
    from .overall import Overall

    for item in queue.items:
        if item.submit is not None:
            features.check(item.submit, client.welcome.features)
    numbers = {id(item): n for n, item in enumerate(queue.items)}
    forecast = Forecast([item.sound_s for item in queue.items])
    try:
        with Overall(len(queue.items), forecast) as shown:
            for item in drive(client, queue):
                number = numbers[id(item)]
                if item.record is not None and not item.ended:
                    shown.stands(item.record.paused)
                if item.state == "running":
                    fraction = item.record.fraction if item.record else None
                    forecast.progress(number, fraction or 0.0, time.monotonic())
                    shown.runs(number, item)
                elif item.ended:
                    if item.state == "succeeded":
                        forecast.end(number, time.monotonic())
                    else:
                        forecast.skip(number)
                    # The stems are not kept, and a verdict is of a whole song.
                    shown.ended(number, replace(summary.row(item), folder=None, verdict=None))
    except KeyboardInterrupt:
        if queue.open_jobs:
            cancel(client, queue)
            say("Cancelling …")
            for _ in finish(client, queue):
                pass
        raise


def _version(one: Candidate, item: Item) -> Version:
    """What a preset made, as the page has it. How long it took is not there: whose networks were in
    memory, or whose result in the cache, is no matter of presets."""
    from ..models import use
    from ..models.meter import megabytes
    from ..report.comparison import Version

    record = item.record
    assert record is not None
    stems = {stem.name: Path(record.folder or "", stem.file) for stem in record.stems}
    if not set(STEMS) <= stems.keys():
        raise InputUnreadable(f"The preset {one.preset.name} gave no voice and band to compare.")
    facts = {
        "models": megabytes(sum(model.bytes for model in one.models)) if one.models else "none",
        "licences": use.of(one.models),
    }
    return Version(one.preset.name, one.preset.title, facts, stems)


def _plain(one: Candidate, item: Item, gains: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """One version as ``--json`` has it."""
    from ..models import use
    from .screen import error_object

    told: dict[str, Any] = {"preset": one.preset.name, "state": item.state, "job": item.job}
    told["use"] = use.of(one.models)
    if one.preset.name in gains:
        voice, band = gains[one.preset.name]
        told |= {"voice_gain_db": round(voice, 2), "band_gain_db": round(band, 2)}
    if item.error is not None:
        told["error"] = error_object(item.error)
    return told


@contextlib.contextmanager
def _folder(place: Path) -> Iterator[Path]:
    """A folder of voxmend's own for the stems, which goes with them. What a command left that was
    killed goes too, a day later."""
    from ..disk import own_error, private

    try:
        private(place)
        for old in place.iterdir():
            if time.time() - old.lstat().st_mtime > LEFT_S:
                shutil.rmtree(old, ignore_errors=True)
        made = place / uuid.uuid4().hex
        made.mkdir(0o700)
    except OSError as error:
        raise own_error(place, error) from None
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        with contextlib.suppress(OSError):
            place.rmdir()  # another compare may be at work in it


@contextlib.contextmanager
def _page(named: Path | None, file: Path, start: float) -> Iterator[Path]:
    """Where the page goes: a name that nothing has yet, in ``voxmend`` beside the song, where none
    was given. That folder goes again if nothing came into it."""
    if named is not None:
        yield named
        return
    page = _free(file, start)
    try:
        yield page
    finally:
        with contextlib.suppress(OSError):
            page.parent.rmdir()


def _free(file: Path, start: float) -> Path:
    """A name for the page that nothing has yet."""
    from ..disk import output, write_error
    from ..report.words import clock

    folder = file.parent / BESIDE
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise write_error(folder, error, "Choose a place with --out.") from None
    stem = f"{file.stem}_compare_{clock(start).replace(':', '-')}"
    number = 1
    while True:
        name = f"{stem}.html" if number == 1 else f"{stem}_{number}.html"
        if not os.path.lexists(folder / name):
            return output(folder / name)
        number += 1


def _mode(song: Path) -> int:
    """Of the page: it holds the song's sound, for those who may read the song."""
    try:
        return song.stat().st_mode & 0o666 | 0o600
    except OSError:
        return 0o600
