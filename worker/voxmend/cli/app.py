"""The command line: one screen for each group, nothing heavy imported until it is needed."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated

import typer

from .. import __version__
from . import cache, config, doctor, jobs, presets, restore, worker

app = typer.Typer(
    name="voxmend",
    help="Mend vocals: separate the voice from a mix and repair what separation broke.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich costs 0.2 s at each start
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(restore.restore)
app.command()(restore.demo)
app.add_typer(jobs.app, name="jobs")
app.add_typer(presets.app, name="presets")
app.add_typer(worker.app, name="worker")
app.add_typer(cache.app, name="cache")
app.add_typer(config.app, name="config")
app.command()(doctor.doctor)


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
    """Run the command line; a defect of ours goes into a file and out as one sentence."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of a pipe has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except Exception:  # noqa: BLE001  the last wall before the user
        _defect(traceback.format_exc())
        sys.exit(1)


def _defect(trace: str) -> None:
    from ..paths import find

    file = find().log.with_name("cli-defect.log")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(f"voxmend {__version__} {sys.argv[1:]}\n{trace}", "utf-8")
        where = f" Details are in {file}."
    except OSError:
        where = ""
    print(f"voxmend: this is a defect in voxmend.{where} [internal]", file=sys.stderr)
