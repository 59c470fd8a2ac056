"""Log lines: ``event key=value``, one line each, to whatever the process logs to."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import sys
import time
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from . import safe_files
from .disk import private, safely, shown

_logger = logging.getLogger("voxmend")
_KEPT, _SIZE = 3, 2_000_000


def log(event: str, level: int = logging.INFO, /, **values: object) -> None:
    """Write one line."""
    if _logger.isEnabledFor(level):
        pairs = " ".join(f"{key}={_plain(value)}" for key, value in values.items())
        _logger.log(level, "%s %s", event, pairs)


def log_defect(event: str, **values: object) -> None:
    """Write one line and the traceback of the exception being handled."""
    pairs = " ".join(f"{key}={_plain(value)}" for key, value in values.items())
    _logger.exception("%s %s", event, pairs)


def _plain(value: object) -> str:
    text = str(value)
    return repr(text) if not text or any(c in text for c in ' "\n=') else text


class _OneLine(logging.Formatter):
    """Whatever is logged is one line that steers no terminal; a traceback stands under it, moved
    in, so that nothing in it can pass for a line of the log."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        """The line itself."""
        return shown(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The traceback."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"  {shown(line)}" for line in lines)


class _Rotating(logging.handlers.RotatingFileHandler):
    """Writes into a file of mine only: a link laid in its place is not followed. Lines are lost
    where the disk takes none: the work goes on, and nobody is shown a traceback. What the full disk
    stops is said by who was stopped."""

    def _open(self) -> TextIOWrapper:
        return open(safe_files.append(self.baseFilename), "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        """Do nothing: there is nowhere to say it."""


def open_log(file: Path | None, level: str) -> None:
    """Log to a rotating file, or to stderr.

    Raises:
        EnvironmentProblem: the file, or its folder, is another's or open to others.
        OSError: it cannot be made.
    """
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        private(file.parent)
        with safely():
            handler = _Rotating(file, maxBytes=_SIZE, backupCount=_KEPT, encoding="utf-8")
    formatter = _OneLine(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(process)d %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    for old in _logger.handlers:
        old.close()
    _logger.handlers[:] = [handler]
    _logger.setLevel(level.upper())
    _logger.propagate = False


@contextlib.contextmanager
def aside(file: Path) -> Iterator[None]:
    """Send what is said on stderr into ``file``, or nowhere where it cannot be made. Whoever
    started us listens at stderr until we are up; an exception's last words go there again."""
    before = os.dup(2)
    try:
        into = safe_files.start_anew(file)
    except OSError:
        into = os.open(os.devnull, os.O_WRONLY)
    os.dup2(into, 2)
    os.close(into)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)
