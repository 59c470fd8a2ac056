"""``voxmend batch``: lists and folders of any number of songs, on this machine or on a cluster."""

from __future__ import annotations

import os
import sys
import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from voxmend_protocol.errors import BadRequest
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import DEVICE, Clip, Output, check_files

from .. import speech
from . import restore as one
from .options import Folder, FormatName, Pattern, Preset, Recursive, Report, Set, Since, Where
from .screen import Json, guarded, say
from .stems import Stems, parse_stems

if TYPE_CHECKING:
    from ..batch.listing import Listed


@guarded
def batch(
    lists: Annotated[
        list[str],
        typer.Argument(
            help="Text files with one path a line, - for standard input, folders, patterns.",
            metavar="LIST|FOLDER...",
        ),
    ],
    out: Folder = None,
    preset: Preset = None,
    set_: Set = None,
    stems: Stems = None,
    format: FormatName = None,
    name: Pattern = None,
    recursive: Recursive = False,
    redo: Annotated[bool, typer.Option("--redo", help="Do what is done anew.")] = False,
    since: Since = None,
    report: Report = None,
    device: Where = None,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            help="A Ray cluster to do it on; local: one of this machine.",
            metavar="ADDRESS|local",
        ),
    ] = None,
    cores: Annotated[
        int, typer.Option(help="With --ray: of the CPU for each engine.", min=1, max=1024)
    ] = 4,
    memory_gb: Annotated[
        float | None,
        typer.Option(help="With --ray: of memory for each engine; default: by the models."),
    ] = None,
    json: Json = False,
) -> None:
    """Do all songs of a list or a folder that are not done yet.

    The same command again does what is left. Nothing is overwritten.
    """
    speech.begin("looking at the files")
    from .. import config, launch, paths
    from ..batch.lists import given
    from ..batch.survey import Rule
    from ..safe_files import resolved
    from .batch import Batch, Outcome
    from .on_ray import Ray

    settings, _ = config.load(paths.find().config_file)
    cluster = None if ray is None else Ray(ray, cores, memory_gb, out)
    folder = settings.restore.folder if out is None else out
    if cluster is not None:
        folder = cluster.folder
    elif folder is not None:
        folder = str(one.absolute(folder, "--out"))
    values = one.parse_values(set_ or [])
    place = one.parse_device(device)
    if cluster is not None and place is not None and not DEVICE.fullmatch(place):
        raise BadRequest(f"--device {place}: with --ray the cluster does the work. Leave one away.")
    form = one.parse_format(format)
    if name is not None:
        check_files(name)
    page = one.mind_report(report, False)
    moment = one.parse_moment(since)
    chosen = one.known_preset(preset or settings.restore.preset, values)
    wanted = parse_stems(stems, False, chosen.stems)
    if cluster is not None:
        wanted = cluster.stems(chosen, wanted, name, values)
    found = given(lists, recursive)
    for remark in found.remarks:
        say(remark)
    group = uuid.uuid4().hex

    def order(file: Listed) -> Submit:
        path = one.absolute(file.path)
        into = folder or str(path.parent)
        into = into if cluster and cluster.bucket else resolved(into)
        below = file.below.split("/") if folder else [one.BESIDE]
        submit = Submit(
            str(uuid.uuid4()), Clip(str(path)), chosen.name,
            Output(os.path.join(into, *below).rstrip("/"), format=form, files=name), values,
            wanted, group, place,
        )  # fmt: skip
        return submit if cluster is None else cluster.named(submit, chosen)

    work = Batch(found.files, order, Rule(chosen.plain(), redo, moment), page)
    if cluster is not None:
        work.shelf = cluster.shelf
    work.loud = not json and not sys.stdout.isatty()

    def on_the_worker() -> Outcome:
        with launch.connect() as client:
            one.mind_version(client)
            return work.carry_out(client)

    def on_the_cluster() -> Outcome:
        assert cluster is not None
        with cluster.joined(chosen, wanted or (), device) as doer:
            work.queue.most_waiting = cluster.most_waiting
            return work.do(doer, cluster.kept)

    do = on_the_worker if cluster is None else on_the_cluster
    outcome = one.carried_out(work, do, json)
    if outcome.code:
        raise typer.Exit(outcome.code)
