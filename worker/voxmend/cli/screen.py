"""What commands share: data on stdout, words on stderr, one exit code for each kind of failure.

0 ok · 1 a job failed, its input or output among the reasons · 2 bad options
3 no worker · 4 something on this machine is missing, broken or full
141 whoever read stdout has gone
"""

from __future__ import annotations

import functools
import json as _json
import os
import sys
import textwrap
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

import typer

from voxmend_protocol.errors import (
    BadRequest,
    DiskFull,
    EngineBroken,
    EnvironmentProblem,
    JobConflict,
    VoxmendError,
    WorkerUnreachable,
)

from .. import descriptors, near, speech, typed
from ..disk import met
from ..terminal import announce, harmless

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]

_ROOMY = 60
"""Columns from which lists stand in columns."""

F = TypeVar("F", bound=Callable[..., Any])


def exit_code(error: VoxmendError) -> int:
    """The exit code of an error."""
    if isinstance(error, JobConflict):
        return 1
    if isinstance(error, BadRequest):
        return 2
    if isinstance(error, WorkerUnreachable):
        return 3
    if isinstance(error, EnvironmentProblem | EngineBroken | DiskFull):
        return 4
    return 1


def error_object(error: VoxmendError) -> dict[str, Any]:
    """An error as ``--json`` prints it."""
    message = typed.rewritten(error.message)
    return {"code": error.code, "message": message, "retryable": error.retryable}


def say(text: str) -> None:
    """One line on stderr, left out with ``--quiet``. A line break of a name in it is written as an
    escape; hints name the command as it was typed."""
    if not speech.MANNER.quiet:
        complain(text)


def say_as_typed(text: str) -> None:
    """The same of a text that names the command as it was typed already."""
    if not speech.MANNER.quiet:
        print(line(text), file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """One line on stderr that ``--quiet`` leaves in: what went wrong."""
    print(line(typed.rewritten(text)), file=sys.stderr, flush=True)


def put(text: object) -> None:
    """One line on stdout, as it is but for what could steer a terminal: a path stays a path."""
    print(line(str(text)))


def indent(columns: int) -> int:
    """So far a list's second lines stand in: less where a terminal has little room."""
    return columns if speech.width(sys.stdout) >= _ROOMY else 2


def paragraph(text: str, columns: int) -> None:
    """A text on stdout, broken between words as wide as the terminal is, its further lines
    ``indent(columns)`` in; one line where there is no terminal. Commands do not belong in it: they
    are copied, and must stay whole."""
    text = line(text)
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        text = textwrap.fill(
            text, speech.width(sys.stdout) - 1, subsequent_indent=" " * indent(columns),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    print(text)


def hint(text: str) -> None:
    """One line on stdout in which a command is named, as it was typed."""
    put(typed.rewritten(text))


def not_one_of(option: str, given: str, known: Iterable[str]) -> str:
    """What to say of an option that is one of several words, and was none of them."""
    words = tuple(known)
    return f"{option} {given}: write one of {', '.join(words)}.{near.meant(given, words)}"


def line(text: str) -> str:
    """The text as one line that steers no terminal."""
    return harmless(text).replace("\n", "\\n").replace("\t", "\\t")


def show(data: Any, indent: int | None = 1) -> None:
    """JSON on stdout, in one line where ``indent`` is None. It says every name as it is, and what
    could steer a terminal by its number. Written piece by piece: of ten thousand songs it is long.
    """
    announce()
    for part in _json.JSONEncoder(indent=indent, ensure_ascii=False).iterencode(data):
        plain = "".join(c if c == "\n" or c.isprintable() else _json.dumps(c)[1:-1] for c in part)
        sys.stdout.buffer.write(plain.encode("utf-8"))
    sys.stdout.buffer.write(b"\n")
    sys.stdout.flush()


def guarded(command: F) -> F:
    """Decorator of commands: an error becomes a sentence, with ``--json`` an object too, and an
    exit code. Nobody sees a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            with speech.Patience():
                return command(*args, **kwargs)
        except Exception as found:
            error = descriptors.in_place_of(found) or met(found) or found
            if not isinstance(error, VoxmendError):
                raise
            complain(f"voxmend: {error.message} [{error.code}]")
            if kwargs.get("json"):
                show({"error": error_object(error)})
            raise typer.Exit(exit_code(error)) from None

    return run  # type: ignore[return-value]
