"""stdout and stderr as voxmend writes them: what they refuse is told from every other failing file.

A command that prints and one that writes stems meet the same ``OSError`` for a full disk. So stdout
gets a raw layer of ours, which raises ``Unprinted`` instead: no command takes it for its own
failure, and ``main`` says what it was. Words on stderr that nobody can hear are let go, and the
work goes on: only data that is lost is a failure.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any

from voxmend_protocol.errors import OutputError

from ..disk import write_error

PIPE_CLOSED = 141
"""The exit code of a program whose reader has gone: 128 and SIGPIPE, as shells count it."""


class Unprinted(BaseException):
    """stdout did not take what was printed. No ``Exception``: no command, and no loop that must
    survive, may take it for a failure of its own work."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error

    @property
    def closed(self) -> bool:
        """Whether it is a pipe whose reader has had enough."""
        # Windows says EINVAL of such a pipe.
        return self.error.errno == errno.EPIPE or (
            os.name == "nt" and self.error.errno == errno.EINVAL
        )

    def refusal(self) -> OutputError:
        """The error as a sentence."""
        return write_error(
            "the file or device that standard output goes to", self.error, "Print to another place."
        )


class _Out(io.FileIO):
    """File descriptor 1."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise Unprinted(error) from None


class _Err(io.FileIO):
    """File descriptor 2."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(memoryview(data).cast("B"))


def settle() -> None:
    """Bring both streams into this form. A stream that the caller has closed swallows what is said:
    print would send words for a closed stderr to stdout. What a terminal's encoding lacks is
    written as an escape."""
    sys.stdout, sys.stderr = _mind(sys.stdout, 1, _Out), _mind(sys.stderr, 2, _Err)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _mind(stream: Any, number: int, kind: type[io.FileIO]) -> Any:
    """The same stream over a raw layer of ours; as it is where it is not the system's own, or a
    Windows console, which is no plain file. The old one stays open: the interpreter keeps it, as
    ``sys.__stdout__``."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    try:
        if not isinstance(stream, io.TextIOWrapper) or stream.fileno() != number:
            return stream
        if os.name == "nt" and stream.isatty():
            return stream
    except (OSError, ValueError):
        return stream
    stream.flush()
    raw = kind(number, "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def flush() -> None:
    """Hand over what is still kept back.

    Raises:
        Unprinted: stdout does not take it.
    """
    sys.stdout.flush()
    sys.stderr.flush()


def shut() -> None:
    """Print no more: the interpreter's own last flush would fail again, and say so."""
    into = os.open(os.devnull, os.O_WRONLY)
    os.dup2(into, 1)
    os.close(into)
