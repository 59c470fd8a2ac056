"""The command line: one screen for each group, nothing heavy imported until it is needed."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated

import typer

from voxmend_protocol import VoxmendError

from .. import __version__, descriptors, terminal, typed
from . import (
    bench,
    bridge,
    cache,
    compare,
    completion,
    config,
    demo,
    diagnose,
    doctor,
    jobs,
    lists,
    models,
    presets,
    reaper,
    remote,
    report,
    restore,
    streams,
    watch,
    worker,
)
from . import service as at_log_in
from .everywhere import Everywhere
from .installation import bundle, uninstall, update
from .screen import complain, exit_code

app = typer.Typer(
    name="voxmend",
    help="Mend vocals: separate the voice from a mix and repair what separation broke.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    cls=Everywhere,
    add_completion=False,  # “voxmend completion” leaves the shell's own files alone
    rich_markup_mode=None,  # rich costs 0.2 s at each start
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(restore.restore)
app.command()(lists.batch)
app.command()(demo.demo)
app.command()(diagnose.diagnose)
app.command()(report.report)
app.command()(compare.compare)
app.add_typer(jobs.app, name="jobs")
app.add_typer(presets.app, name="presets")
app.add_typer(models.app, name="models")
app.add_typer(worker.app, name="worker")
app.add_typer(remote.app, name="remote")
app.add_typer(watch.app, name="watch")
app.add_typer(cache.app, name="cache")
app.add_typer(at_log_in.app, name="service")
app.add_typer(reaper.app, name="reaper")
app.command(hidden=True)(bridge.bridge)
app.add_typer(config.app, name="config")
app.command()(doctor.doctor)
app.command("support-bundle")(doctor.support_bundle)
app.command()(bundle)
app.command()(completion.completion)
app.command()(update)
app.command()(uninstall)
app.add_typer(bench.app, name="bench")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"voxmend {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Mend vocals: separate the voice from a mix and repair what separation broke."""


def main() -> None:
    """Run the command line; a defect of ours goes into a file and out as one sentence. What stdout
    does not take is no defect: a reader that has gone ends us quietly, a full disk is named."""
    if completion.VARIABLE in os.environ:
        completion.prepare()
    streams.settle()
    terminal.guard()
    try:
        try:
            # Windows leaves * to each program, and restore reads patterns itself: Click would turn
            # song [live].wav into a pattern, and a pattern into files that are named themselves.
            app(
                prog_name=typed.command(),
                complete_var=completion.VARIABLE,
                windows_expand_args=False,
            )
        finally:
            streams.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except streams.Unprinted as failure:
        streams.shut()
        if failure.closed:
            sys.exit(streams.PIPE_CLOSED)
        refusal = failure.refusal()
        complain(f"voxmend: {refusal.message} [{refusal.code}]")
        sys.exit(exit_code(refusal))
    except Exception as error:  # noqa: BLE001  the last wall before the user
        none_left = descriptors.in_place_of(error)
        if none_left is not None:
            complain(f"voxmend: {none_left.message} [{none_left.code}]")
            sys.exit(exit_code(none_left))
        _defect(traceback.format_exc())
        sys.exit(1)


def _defect(trace: str) -> None:
    from .. import safe_files
    from ..disk import private
    from ..paths import find

    try:
        file = find().log.with_name("cli-defect.log")
        private(file.parent)
        with open(safe_files.start_anew(file), "w", encoding="utf-8", errors="replace") as out:
            out.write(f"voxmend {__version__} {sys.argv[1:]}\n{trace}")
        where = f" Details are in {file}."
    except (OSError, VoxmendError):
        where = ""
    print(f"voxmend: this is a defect in voxmend.{where} [internal]", file=sys.stderr)
