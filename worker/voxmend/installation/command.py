"""The installers' own command line: ``install``, ``uninstall``. argparse, since nothing else is
there yet.

Exit codes are those of ``voxmend``: 0 done, 2 a wrong option, 4 something on this machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from voxmend_protocol.errors import BadRequest, VoxmendError

from . import machine
from .install import Options, install
from .program import Program, folder
from .uninstall import uninstall


def main(arguments: list[str] | None = None) -> None:
    """Run it."""
    args = _parser().parse_args(arguments)
    try:
        if args.command == "uninstall":
            uninstall(Program(folder()), tell, args.yes, keep_data=args.keep_data)
        else:
            install(_options(args), tell)
    except VoxmendError as error:
        tell(f"voxmend: {error.message} [{error.code}]")
        sys.exit(2 if isinstance(error, BadRequest) else 4)
    except OSError as error:
        tell(
            f"voxmend: {error.filename or 'a file'}: {error.strerror or error}. Nothing was "
            "switched: what worked before still works. [environment]"
        )
        sys.exit(4)
    except KeyboardInterrupt:
        tell("voxmend: stopped. What worked before still works; run it again to go on.")
        sys.exit(130)


def tell(text: str) -> None:
    """One line for the user."""
    print(text, file=sys.stderr, flush=True)


def _options(args: argparse.Namespace) -> Options:
    return Options(
        source=args.source.absolute(), uv=args.uv, device=args.device, yes=args.yes,
        models=args.models, reaper=args.reaper, autostart=args.autostart, offline=args.offline,
        env=dict(os.environ),
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="install.sh", description="Install voxmend for this user; again: repair or upgrade.",
        epilog="“uninstall” as the first word takes it off again.", allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("command", nargs="?", choices=("install", "uninstall"), default="install",
                        help=argparse.SUPPRESS)  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="yes to every question, licences too")
    for name, what in (
        ("models", "do not offer models"),
        ("reaper", "do not offer REAPER"),
        ("autostart", "do not offer to start the worker at log-in"),
    ):
        parser.add_argument(f"--no-{name}", dest=name, action="store_false", help=what)
    parser.add_argument("--device", default="auto", metavar="NAME",
                        help=f"one of {', '.join(machine.DEVICES)}")  # fmt: skip
    parser.add_argument("--offline", type=Path, metavar="DIR",
                        help="take all from a folder made by: voxmend bundle DIR")  # fmt: skip
    parser.add_argument("--keep-data", action="store_true",
                        help="uninstall: leave models, settings and jobs")  # fmt: skip
    parser.add_argument("--source", type=Path, default=Path.cwd(), help=argparse.SUPPRESS)
    parser.add_argument("--uv", type=Path, default=Path("uv"), help=argparse.SUPPRESS)
    return parser
