"""``voxmend watch``: folders whose files are mended as they arrive."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voxmend_protocol import codec
from voxmend_protocol.values import DEFAULT_STEMS

from .. import speech, typed
from . import proposals
from .options import FormatName, Preset, Set
from .restore import absolute, parse_format, parse_values
from .screen import Json, guarded, put, say, show
from .stems import Stems, parse_stems

if TYPE_CHECKING:
    from ..watch.registry import Watched

app = typer.Typer(
    help="Mend the files that arrive in a folder.", no_args_is_help=True, rich_markup_mode=None
)

Folder = Annotated[str, typer.Argument(help="A folder.", metavar="FOLDER")]
Watching = Annotated[
    str,
    typer.Argument(
        help="A folder that is watched.", metavar="FOLDER", autocompletion=proposals.folders
    ),
]


@app.command()
@guarded
def add(
    folder: Folder,
    preset: Preset = None,
    set_: Set = None,
    format: FormatName = None,
    stems: Stems = None,
    mended_instrumental: Annotated[
        bool,
        typer.Option("--mended-instrumental", help="Also write the mix less the mended voice."),
    ] = False,
    poll: Annotated[
        bool,
        typer.Option("--poll", help="Look by the clock only, as on a share that is not known."),
    ] = False,
    done: Annotated[
        bool, typer.Option("--done", help="Move a file to Done once it is mended.")
    ] = False,
    sub_folders: Annotated[
        bool, typer.Option("--sub-folders", help="Make a sub-folder for each preset.")
    ] = False,
    json: Json = False,
) -> None:
    """Watch a folder, made if need be; again for one that is watched changes its settings.

    Files at its root get the preset named here; those in a sub-folder named after a preset get
    that one. Results land in Restored, failures in Errors.
    """
    from .. import config, paths, presets
    from ..disk import write_error
    from ..models import needs, store
    from ..models import stems as offered
    from ..watch import names, registry

    where = paths.find()
    settings, _ = config.load(where.config_file)
    values = parse_values(set_ or [])
    chosen = presets.find(preset or settings.restore.preset, where.presets).with_values(values)
    if chosen.remark:
        say(chosen.remark)
    held = store.for_blocks(where, chosen.blocks)
    wanted = parse_stems(stems, mended_instrumental, chosen.stems)
    if wanted is not None:
        offered.chosen(chosen, wanted, held.catalogue)
    root = _real(folder)
    new = registry.Watched(
        root,
        chosen.name,
        values,
        wanted or DEFAULT_STEMS,
        parse_format(format),
        poll=poll,
        done=done,
    )
    folders = registry.with_folder(registry.load(where.watch_file), new, Path.home())
    subs = presets.names(where.presets) if sub_folders else []
    try:
        for name in (names.RESTORED, names.ERRORS, *subs):
            os.makedirs(os.path.join(root, name), exist_ok=True)
    except OSError as error:
        raise write_error(
            error.filename or root, error, "Choose another folder: voxmend watch add FOLDER"
        ) from None
    registry.save(where.watch_file, folders)
    if json:
        show(codec.to_dict(new))
    say(f"{root} is watched, preset {chosen.name}. Start the watcher: voxmend watch run")
    info = needs.info(chosen, held)
    if info.missing:
        say(f"{chosen.name} needs models: voxmend models pull --preset {chosen.name}")


@app.command("list")
@guarded
def list_(json: Json = False) -> None:
    """List the folders that are watched."""
    from .. import paths, presets
    from ..watch import registry

    where = paths.find()
    folders = registry.load(where.watch_file)
    items = [{**codec.to_dict(folder), "state": _state(folder)} for folder in folders]
    if json:
        show({"items": items})
        return
    if not folders:
        say("No folder is watched. Add one: voxmend watch add FOLDER")
    for folder, item in zip(folders, items, strict=True):
        extra = [word for word in ("poll", "done") if item[word]]
        put(f"{folder.path}  {' '.join([folder.preset, *extra])}  {typed.rewritten(item['state'])}")
        remark = presets.named(folder.preset, where.presets).remark
        if remark:
            say(f"{folder.path}: {remark}")


@app.command()
@guarded
def remove(folder: Watching, json: Json = False) -> None:
    """Watch a folder no longer. What lies in it stays."""
    from .. import paths
    from ..watch import memory, names, registry

    where = paths.find()
    root = _real(folder)
    registry.save(where.watch_file, registry.without(registry.load(where.watch_file), root))
    kept = memory.memory_file(where.watch_state, root)
    if _state(root) != "watched":
        for file in (kept, kept.with_suffix(".lock"), Path(root, names.LOCK)):
            file.unlink(missing_ok=True)
    if json:
        show({"removed": root})
    say(f"{root} is watched no longer.")


@app.command()
@guarded
def run(
    once: Annotated[
        bool, typer.Option("--once", help="Mend what is there, then end; 1 if any could not be.")
    ] = False,
    stay: Annotated[
        bool, typer.Option("--stay", help="Wait for a folder to be added where there is none.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print events as JSON lines.")] = False,
) -> None:
    """Watch all folders until told to stop (Ctrl-C). Jobs under way go on without it."""
    speech.begin("starting to watch")
    from .. import config, paths
    from ..log import open_log
    from ..watch.announce import Announcer
    from ..watch.event import Event
    from ..watch.notify import notify
    from ..watch.run import Watcher, stop_on_sigterm

    where = paths.find()
    settings, _ = config.load(where.config_file)
    open_log(where.log.with_name("watch.log"), "warning")
    announcer = Announcer(notify)

    def tell(event: Event) -> None:
        say(event.message)
        if json:
            show(event.plain(), indent=None)
        if settings.watch.notify:
            announcer.take(event)

    stop_on_sigterm()
    speech.rest()
    watcher = Watcher(where, tell, announcer.turn)
    try:
        watcher.run(once, stay)
    except KeyboardInterrupt:
        tell(Event("stopped", "Stopped. What the worker has goes on; the rest waits."))
    if once and watcher.failed:
        raise typer.Exit(1)


def _real(folder: str) -> str:
    """The folder's one real path."""
    return os.path.realpath(absolute(folder))


def _state(folder: Watched | str) -> str:
    """Whether a watcher has it now."""
    from filelock import FileLock, Timeout

    from ..watch import names

    path = folder if isinstance(folder, str) else folder.path
    file = os.path.join(path, names.LOCK)
    if not os.path.isdir(path):
        return "not there"
    if not os.path.exists(file):
        return "waits for: voxmend watch run"
    try:
        with FileLock(file, timeout=0):
            return "waits for: voxmend watch run"
    except Timeout:
        return "watched"
    except OSError:
        return "not known"
