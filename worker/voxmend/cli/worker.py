"""``voxmend worker``: the process that does the work and stays."""

from __future__ import annotations

import time
from collections import deque
from typing import Annotated

import typer

from voxmend_protocol import codec
from voxmend_protocol.errors import BadRequest
from voxmend_protocol.values import LoadedModel

from .. import speech
from .engines import told
from .manners import held, manners
from .screen import Json, guarded, hint, put, say, show

app = typer.Typer(
    help="Start, stop and look at the worker.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
@guarded
def start() -> None:
    """Start the worker, if none is running. Other commands do so by themselves."""
    from .. import launch

    say("The worker has started." if launch.start() else "The worker is running already.")


@app.command()
@guarded
def stop(
    drain: Annotated[
        bool, typer.Option("--drain", help="Finish the queue first, take nothing new.")
    ] = False,
) -> None:
    """End the worker, until a new job or “start”. Jobs that have not ended go on then."""
    from .. import launch

    say("The worker has ended." if launch.stop_for_good(drain) else "No worker was running.")


@app.command()
@guarded
def restart() -> None:
    """End the worker and start it anew."""
    from .. import launch

    launch.stop()
    launch.start()
    say("The worker has started.")


@app.command()
@guarded
def status(
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Go on showing it, until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Show how the worker does. Exit code 3 if there is none."""
    from voxmend_protocol.messages import Report, Status

    from .. import wire

    if watch:
        _watch(json)
        return
    with wire.client() as client:
        report = client.request(Status(), Report)
    if json:
        show(codec.to_dict(report))
        return
    several = len(report.engines) > 1
    put(f"worker   {report.version}, process {report.pid}, since {report.started}")
    if several:
        for number, engine in enumerate(report.engines):  # a line each: “put” is of one line
            put(("engines  " if number == 0 else " " * 9) + told(engine))
    else:
        put(f"engine   {report.engine}" + (f": {report.reason}" if report.reason else ""))
    for hold in report.paused:
        hint(f"paused   {held(hold)}")
    put(f"device   {report.device or 'known once a job runs'}")
    if report.priority:
        put(f"manners  {manners(report)}")
    print("models   " + ("\n         ".join(map(_loaded, report.models)) or "none loaded"))
    if not several:
        running = f"job {report.running[:8]} ({report.stage})" if report.running else "none"
        put(f"running  {running}")
    if report.pulling:
        hint("pulling  models, see: voxmend models list")
    put(f"queued   {report.queued}" + (" (draining)" if report.draining else ""))
    put(f"clients  {report.clients}")


@app.command()
@guarded
def pause(json: Json = False) -> None:
    """Let nothing run, until “resume”. Jobs are still accepted, and wait; a restart changes
    nothing."""
    from ..supervisor.standing import pause

    running = pause()
    if json:
        show({"paused": True, "worker": running})
    elif running:
        say("The worker is paused. Jobs wait until: voxmend worker resume")
    else:
        say("No worker is running. The next one starts paused, until: voxmend worker resume")


@app.command()
@guarded
def resume(json: Json = False) -> None:
    """Go on after “pause”, also where REAPER has paused the worker for a recording."""
    from ..supervisor.standing import resume

    was = resume()
    if json:
        show({"paused": False, "was_paused": was})
    else:
        say("The worker goes on." if was else "The worker was not paused.")


def _watch(json: bool) -> None:
    """The live view, for a terminal."""
    from .. import wire
    from .live import Watcher, watch
    from .progress import interactive

    if json or not interactive():
        raise BadRequest("--watch needs a terminal; for programs there is --json without it.")
    with wire.client() as client:
        watch(Watcher(client).look)


def _loaded(model: LoadedModel) -> str:
    """A loaded network in words."""
    from .progress import duration

    words = f"{model.name}, {model.bytes / 1e6:,.0f} MB on {model.device}, "
    if model.idle_s is None:
        return words + "in use"
    words += f"idle for {duration(model.idle_s)}"
    if model.keep_s is None:
        return words + ", stays"
    return words + f", let go after {duration(model.keep_s)}"


@app.command()
@guarded
def logs(
    lines: Annotated[int, typer.Option("-n", min=1, help="So many last lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows.")] = False,
) -> None:
    """Show the worker's log."""
    from .. import paths, safe_files
    from ..disk import safely

    speech.rest()
    where = paths.find()
    for file in (*where.engine_logs, where.log):
        if not file.exists():
            continue
        say(f"--- {file}")
        with safely():
            log = safe_files.opened(file)
        with open(log, encoding="utf-8", errors="replace") as handle:
            for line in deque(handle, lines):
                print(line, end="")
            while follow and file == where.log:
                line = handle.readline()
                if line:
                    print(line, end="", flush=True)
                else:
                    time.sleep(0.2)


@app.command()
@guarded
def run(
    log_file: Annotated[
        bool, typer.Option("--log-file", help="Log into the log file, not to stderr.")
    ] = False,
    stay: Annotated[
        bool, typer.Option("--stay", help="Do not end when idle, whatever the settings say.")
    ] = False,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            help="Work for paired machines too, at tcp://ADDRESS:PORT, and do not end when idle.",
            metavar="ADDRESS",
        ),
    ] = None,
) -> None:
    """Be the worker, here, until Ctrl-C. “start” does this in the background."""
    from contextlib import nullcontext
    from dataclasses import replace

    from .. import config, paths
    from ..disk import own_error
    from ..engine.loop import main as engine
    from ..log import aside, open_log
    from ..supervisor.run import run as supervise

    speech.rest()
    where = paths.find()
    settings, _ = config.load(where.config_file)
    if listen is not None:
        from ..remote import peers

        place = peers.address(listen)
        settings = replace(settings, remote=replace(settings.remote, listen=place))
    if stay or settings.remote.listen:
        settings = replace(settings, worker=replace(settings.worker, idle_exit_min=0.0))
    try:
        open_log(where.log if log_file else None, settings.worker.log_level)
    except OSError as error:
        raise own_error(where.state, error) from None
    with aside(where.log.with_name("start.log")) if log_file else nullcontext():
        other = supervise(where, settings, engine)
    if other is not None:
        say(f"A worker is running already: {other}")
