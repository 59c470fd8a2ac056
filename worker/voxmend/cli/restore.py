"""``voxmend restore``: the whole way, from a file to its stems."""

from __future__ import annotations

import math
import os
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from voxmend_protocol import Client, VoxmendError
from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest, InputUnreadable
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import (
    DEVICE,
    DEVICES,
    Clip,
    Format,
    Output,
    check_files,
)

from .. import speech
from .options import Folder, FormatName, Pattern, Preset, Recursive, Report, Set, Since, Where
from .screen import Json, complain, exit_code, guarded, not_one_of, put, say
from .stems import Stems, parse_stems

if TYPE_CHECKING:
    from .. import presets
    from ..batch.listing import Listed
    from .batch import Batch, Outcome

BESIDE = "voxmend"
"""The folder for the stems, beside the file, where none is named."""

_ONE_SONG = "--voice is the voice of one song: name one file beside it"


@guarded
def restore(
    files: Annotated[
        list[str], typer.Argument(help="Sound files, folders, patterns.", metavar="FILE...")
    ],
    preset: Preset = None,
    out: Folder = None,
    set_: Set = None,
    voice: Annotated[
        str | None,
        typer.Option(
            "--voice",
            help="A voice of this song that you have already: it is found in it and mended; "
            "nothing is separated.",
            metavar="STEM",
        ),
    ] = None,
    start: Annotated[float | None, typer.Option(help="Begin here, in seconds.")] = None,
    end: Annotated[float | None, typer.Option(help="Stop here, in seconds.")] = None,
    stems: Stems = None,
    mended_instrumental: Annotated[
        bool,
        typer.Option("--mended-instrumental", help="Also write the mix less the mended voice."),
    ] = False,
    format: FormatName = None,
    name: Pattern = None,
    recursive: Recursive = False,
    redo: Annotated[
        bool, typer.Option("--redo", help="Do files of folders and patterns that are done anew.")
    ] = False,
    since: Since = None,
    report: Report = None,
    device: Where = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Queue all jobs at once and do not wait for them.")
    ] = False,
    json: Json = False,
) -> None:
    """Separate and mend: stems land in a folder of their own, nothing is ever overwritten.

    A folder or a pattern takes the sounds in it that are not done yet; a file that is named itself
    is done anew.
    """
    speech.begin("looking at the files")
    from .. import config, launch, paths, presets
    from ..batch.listing import listing
    from ..batch.survey import Rule
    from ..safe_files import resolved
    from .batch import Batch

    settings, _ = config.load(paths.find().config_file)
    folder = absolute(out, "--out") if out is not None else settings.restore.folder
    values = parse_values(set_ or [])
    place = parse_device(device)
    form = parse_format(format)
    mind_span(start, end)
    if name is not None:
        check_files(name)
    page = mind_report(report, detach)
    moment = parse_moment(since)
    if "" in files:
        absolute("", "A file's name")
    given = mind_voice(voice, files)
    usual = settings.restore.preset if given is None else presets.MENDS
    chosen = known_preset(preset or usual, values)
    wanted = parse_stems(stems, mended_instrumental, chosen.stems)
    found = listing(files, recursive)
    mind_song(voice, found.files)
    for remark in found.remarks:
        say(remark)
    group = uuid.uuid4().hex if len(found.files) > 1 else None

    def order(file: Listed) -> Submit:
        path = absolute(file.path)
        into = resolved(absolute(folder) if folder else path.parent)
        into = os.path.join(into, *file.below.split("/")) if folder else os.path.join(into, BESIDE)
        return Submit(
            str(uuid.uuid4()), Clip(str(path), start, end), chosen.name,
            Output(into, format=form, files=name), values, wanted, group, place, voice=given,
        )  # fmt: skip

    batch = Batch(found.files, order, Rule(chosen.plain(), redo, moment), page)
    batch.loud = not json and not detach and not (batch.many and sys.stdout.isatty())

    def on_the_worker() -> Outcome:
        with launch.connect() as client:
            mind_version(client)
            return batch.detach(client) if detach else batch.carry_out(client)

    outcome = carried_out(batch, on_the_worker, json)
    if detach and not json:
        for item in outcome.items:
            if "job" in item:
                put(item["job"])
    if outcome.code:
        raise typer.Exit(outcome.code)


def carried_out(batch: Batch, do: Callable[[], Outcome], json: bool) -> Outcome:
    """Look at the files, have done what is to do, and with ``--json`` print what became of them.

    Raises:
        VoxmendError, KeyboardInterrupt: it ended before its time; as ``Batch.do``.
        typer.Exit: the same, once all of it is printed as JSON.
    """
    from .results import show_all

    try:
        outcome = do() if batch.survey() else batch.told()
    except VoxmendError as error:
        if not json or batch.outcome is None:
            raise
        complain(f"voxmend: {error.message} [{error.code}]")
        show_all(batch.outcome.items, batch.outcome.summary, error)
        raise typer.Exit(exit_code(error)) from None
    except KeyboardInterrupt:
        if json and batch.outcome is not None:
            show_all(batch.outcome.items, batch.outcome.summary)
        raise
    if json:
        show_all(outcome.items, outcome.summary)
    return outcome


def absolute(path: str | Path, option: str = "The path") -> Path:
    """The path as the worker must see it; symbolic links stay as they are.

    Args:
        option: where it was typed.

    Raises:
        BadRequest: it is empty, which the system would take for the current folder.
        InputUnreadable: it cannot be written down in Unicode.
    """
    if not str(path):
        raise BadRequest(f"{option} is empty. Write the name of a file or a folder.")
    try:
        text = os.path.abspath(os.path.expanduser(path))
    except FileNotFoundError:
        raise InputUnreadable(
            f"{path}: the current folder was removed. Write the whole path, or change folders."
        ) from None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputUnreadable(
            f"The name {str(path)!a} is not valid Unicode. Rename the file or folder."
        ) from None
    return Path(text)


def mind_voice(voice: str | None, files: Sequence[str]) -> Clip | None:
    """``--voice`` as the protocol writes it.

    Raises:
        BadRequest: there is not one song for it.
    """
    if voice is None:
        return None
    if len(files) != 1:
        raise BadRequest(_ONE_SONG)
    return Clip(str(absolute(voice, "--voice")))


def mind_song(voice: str | None, files: Sequence[Listed]) -> None:
    """A folder or a pattern may stand for several songs.

    Raises:
        BadRequest: it does, and one voice was given.
    """
    if voice is not None and len(files) != 1:
        raise BadRequest(f"{_ONE_SONG} ({len(files)} were found)")


def known_preset(name: str, values: Mapping[str, Scalar]) -> presets.Preset:
    """The preset of this name with its values set; whoever used an old name is told, once for all
    files.

    Raises:
        UnknownPreset, BadRequest: there is none, it is not valid, or takes no such values.
    """
    from .. import paths, presets

    found = presets.find(name, paths.find().presets)
    if found.remark:
        say(found.remark)
    return replace(found, remark="").with_values(values)


def mind_span(start: float | None, end: float | None) -> None:
    """``--start`` and ``--end``, as far as they can be judged without the file.

    Raises:
        BadRequest: no sound lies between them.
    """
    if start is not None and not 0 <= start < math.inf:
        raise BadRequest(f"--start {start:g}: write seconds from the beginning, 0 or more")
    if end is not None and not (start or 0) < end < math.inf:
        raise BadRequest(f"--end {end:g}: write seconds from the beginning, behind the start")


def parse_format(name: str | None) -> Format:
    """``--format`` as the protocol writes it."""
    for known in get_args(Format):
        if name in (None, known):
            return cast("Format", known)
    raise BadRequest(not_one_of("--format", name or "", get_args(Format)))


def parse_device(name: str | None) -> str | None:
    """``--device`` as the protocol writes it; None where it was not given."""
    if name is None or DEVICE.fullmatch(name):
        return name
    from .. import paths
    from ..remote import peers

    known = [server.name for server in peers.read(paths.find()).servers]
    if name in known:
        return name
    raise BadRequest(not_one_of("--device", name, (*DEVICES, "cuda:1", *known)))


def parse_values(pairs: Sequence[str]) -> dict[str, Scalar]:
    """``KEY=VALUE`` options as parameters: numbers, true and false, else text."""
    values: dict[str, Scalar] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or "." not in key:
            raise BadRequest(f"--set {pair}: write it as denoise.strength=0.3")
        values[key] = _scalar(text)
    return values


def _scalar(text: str) -> Scalar:
    if text in ("true", "false"):
        return text == "true"
    if not text.isascii() or "_" in text:  # Python would read 1_0 as ten
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def parse_moment(text: str | None) -> datetime | None:
    """``--since`` as a moment, with its place in the world.

    Raises:
        BadRequest: it is none.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"--since {text}: write a time such as 2026-01-31T09:30:00Z") from None
    return moment if moment.tzinfo is not None else moment.astimezone()


def mind_report(report: str | None, detach: bool) -> Path | None:
    """Where the report goes.

    Raises:
        BadRequest: its name has no known ending, or there is nothing to report.
        OutputUnwritable: it cannot be written there.
    """
    from .. import disk
    from . import written

    if report is None:
        return None
    if detach:
        raise BadRequest("--report tells what became of the files. Leave --detach away for it.")
    file = disk.output(absolute(report, "--report"))
    written.mind_report(file)
    return file


def mind_version(client: Client) -> None:
    """Say so where the worker is of another version."""
    from .. import __version__

    version = client.welcome.worker.version
    if version != __version__:
        say(
            f"voxmend: the worker is version {version}, this is {__version__}. "
            "Bring it up to date with: voxmend worker restart"
        )
