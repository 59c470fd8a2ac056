"""``voxmend restore``: the whole way, from a file to its stems."""

from __future__ import annotations

import contextlib
import math
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from voxmend_protocol import Client, JobRecord, VoxmendError, features
from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import (
    BadRequest,
    DiskFull,
    EnvironmentProblem,
    InputUnreadable,
    UnknownJob,
    WorkerUnreachable,
    from_code,
)
from voxmend_protocol.messages import Accepted, Ack, Cancel, Submit
from voxmend_protocol.values import Clip, Device, Format, Output

from . import proposals
from .screen import Json, complain, error_object, exit_code, guarded, not_one_of, put, say, show
from .stems import Stems, parse_stems

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
        help="auto, cpu, cuda or mps; default: the setting worker.device.",
        autocompletion=proposals.devices,
    ),
]


@guarded
def restore(
    files: Annotated[list[str], typer.Argument(help="Audio files.", metavar="FILE...")],
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
    format: Annotated[
        str | None,
        typer.Option(
            "--format", help="wav (float), wav24, flac or aiff.", autocompletion=proposals.formats
        ),
    ] = None,
    device: Where = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Queue the jobs and do not wait for them.")
    ] = False,
    json: Json = False,
) -> None:
    """Separate and mend: stems land in a folder of their own, nothing is ever overwritten."""
    from .. import config, paths
    from ..presets import MENDS
    from ..safe_files import resolved

    settings, _ = config.load(paths.find().config_file)
    folder = absolute(out, "--out") if out is not None else settings.restore.folder
    wanted = parse_stems(stems, mended_instrumental)
    values = parse_values(set_ or [])
    group = uuid.uuid4().hex if len(files) > 1 else None
    place = parse_device(device)
    form = parse_format(format)
    mind_span(start, end)
    if "" in files:
        absolute("", "A file's name")
    given = mind_voice(voice, files)
    usual = settings.restore.preset if given is None else MENDS
    chosen = known_preset(preset or usual, values)

    def order(file: str) -> Submit:
        path = absolute(file)
        into = resolved(absolute(folder) if folder else path.parent)
        into = into if folder else os.path.join(into, "voxmend")
        return Submit(
            str(uuid.uuid4()), Clip(str(path), start, end), chosen, Output(into, format=form),
            values, wanted, group, place, voice=given,
        )  # fmt: skip

    items, code = carry_out(files, order, detach)
    show_items(items, len(files) > 1, json, detach)
    if code:
        raise typer.Exit(code)


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
        raise BadRequest("--voice is the voice of one song: name one file beside it")
    return Clip(str(absolute(voice, "--voice")))


def known_preset(name: str, values: Mapping[str, Scalar]) -> str:
    """The preset's name of today; whoever used an old one is told, once for all files.

    Raises:
        UnknownPreset, BadRequest: there is none, it is not valid, or takes no such values.
    """
    from .. import paths, presets

    found = presets.find(name, paths.find().presets)
    if found.remark:
        say(found.remark)
    replace(found, remark="").with_values(values)
    return found.name


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


def parse_device(name: str | None) -> Device | None:
    """``--device`` as the protocol writes it; None where it was not given."""
    for known in get_args(Device):
        if name == known:
            return cast("Device", known)
    if name is None:
        return None
    raise BadRequest(not_one_of("--device", name, get_args(Device)))


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


def carry_out(files: Sequence[str], order: Any, detach: bool) -> tuple[list[dict[str, Any]], int]:
    """Submit every file, follow the jobs, and tell what became of each.

    Returns:
        One item a file, in order, and the exit code: 0, or that of the first failure.
    """
    from .. import launch

    items: list[dict[str, Any]] = []
    codes: list[int] = []
    jobs: dict[str, dict[str, Any]] = {}
    with launch.connect() as client:
        _mind_version(client)
        for file in files:
            item: dict[str, Any] = {"file": file}
            items.append(item)
            submit = None
            try:
                submit = order(file)
                features.check(submit, client.welcome.features)
                accepted = client.request(submit, Accepted)
            except KeyboardInterrupt:
                _cancel(client, [*jobs, *([submit.job] if submit else [])])
                raise
            except VoxmendError as error:
                name = Path(file).name.strip() or f"“{file}”"
                complain(f"{name}: {error.message} [{error.code}]")
                item["error"] = error_object(error)
                codes.append(exit_code(error))
            else:
                item.update(job=submit.job, state=accepted.state, stems=[])
                jobs[submit.job] = item
        if jobs and not detach:
            for record in _follow(client, list(jobs)).values():
                _fill(jobs[record.job], record)
                if record.state != "succeeded":
                    codes.append(_code_of(record))
    return items, codes[0] if codes else 0


def _code_of(record: JobRecord) -> int:
    """The exit code of a job that did not succeed: that of its error."""
    error = record.error
    return exit_code(from_code(error.code, error.message)) if error else 1


def _follow(client: Client, jobs: list[str]) -> dict[str, JobRecord]:
    """Show the jobs until they have ended; Ctrl-C cancels them."""
    from .progress import Display, follow, tell

    with Display() as display:
        try:
            last = follow(client.follow(jobs), display.show)
        except KeyboardInterrupt:
            _cancel(client, jobs)
            say("Cancelling …")
            for record in follow(client.follow(jobs), display.show).values():
                tell(record)
            raise
        except (WorkerUnreachable, DiskFull, EnvironmentProblem):
            say("The jobs are kept: they go on once the worker starts again.")
            raise
    for record in last.values():
        tell(record)
    return last


def _cancel(client: Client, jobs: Sequence[str]) -> None:
    """Ask all of them to stop; one that never arrived, or was cleared, holds up no other."""
    for job in jobs:
        with contextlib.suppress(UnknownJob):
            client.request(Cancel(job), Ack)


def _fill(item: dict[str, Any], record: JobRecord) -> None:
    from voxmend_protocol import codec

    from .. import foreign, safe_files
    from ..report.facts import MOST_BYTES

    item["state"] = record.state
    item["preset"] = record.preset
    item["device"] = record.device
    item["folder"] = record.folder
    item["stems"] = [
        {**codec.to_dict(stem), "path": os.path.join(record.folder or "", stem.file)}
        for stem in record.stems
    ]
    if record.decisions:
        item["decisions"] = codec.to_dict(record.decisions)
    item["warnings"] = [codec.to_dict(warned) for warned in record.warnings]
    if record.error:
        item["error"] = codec.to_dict(record.error)
    if record.folder and any(warned.code == "voice_placed" for warned in record.warnings):
        with contextlib.suppress(OSError, ValueError):  # the folder may have been moved
            file = Path(record.folder) / "job.json"
            told = foreign.table(safe_files.read(file, MOST_BYTES, "named"))
            item["voice"] = told.get("voice")


def show_items(
    items: list[dict[str, Any]], several: bool, json: bool, detach: bool = False
) -> None:
    """The results: JSON, or the stems' paths, one a line; of detached jobs the ids."""
    if json:
        show({"items": items} if several else items[0])
        return
    for item in items:
        for stem in item.get("stems", ()):
            put(stem["path"])
        if detach and "job" in item:
            put(item["job"])


def _mind_version(client: Client) -> None:
    from .. import __version__

    version = client.welcome.worker.version
    if version != __version__:
        say(
            f"voxmend: the worker is version {version}, this is {__version__}. "
            "Bring it up to date with: voxmend worker restart"
        )
