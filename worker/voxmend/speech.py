"""How voxmend speaks to whoever looks: with lines that are drawn anew, or plain; much, or nothing
but results and errors.

Plain means: no colour, no line that changes, a line for each stage and one every 30 s; a screen
reader and a log can follow it. It is the way off a terminal, on one that cannot move its cursor
(``TERM=dumb``), where ``--plain`` or ``VOXMEND_PLAIN=1`` asks for it, and with the setting
``terminal.plain``. ``--quiet`` leaves out everything but results on stdout and errors on stderr.

What waits says so: on a terminal ``Patience`` tells after a second of silence what is being done.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from .terminal import BEFORE, raw

if TYPE_CHECKING:
    from rich.console import Console

SILENCE_S = 1.0
"""So long nothing is said; then what is being done."""
AGAIN_S = 30.0
"""Plain, the same is said again after so long."""
DRAWN_S = 0.5
"""A line that is drawn anew counts its seconds so often."""
NARROWEST, WIDEST = 20, 200
_DUMB = ("", "dumb", "unknown")


@dataclass(slots=True)
class Manner:
    """What this command was told.

    Attributes:
        plain: ``--plain``.
        quiet: ``--quiet``.
        doing: what is being done, for a silence.
        since: since when that is being done, on the monotonic clock; 0 is since the command began.
        heard: when something was last said, on the same clock.
    """

    plain: bool = False
    quiet: bool = False
    doing: str = "working"
    since: float = 0.0
    heard: float = 0.0


MANNER = Manner()


def _unset(_: Mapping[str, str]) -> bool:
    return False


setting: Callable[[Mapping[str, str]], bool] = _unset
"""What the setting ``terminal.plain`` says; the command line puts it here, so that who draws below
it need not know the settings."""


def plain(env: Mapping[str, str] | None = None) -> bool:
    """Whether the user asked for lines that do not change."""
    env = os.environ if env is None else env
    if MANNER.plain or env.get("VOXMEND_PLAIN", "0").lower() not in ("", "0", "false", "no"):
        return True
    return setting(env)


def redraws(stream: TextIO, env: Mapping[str, str] | None = None, system: str = os.name) -> bool:
    """Whether lines may be drawn anew there: a terminal that can, and a user who may want it."""
    env = os.environ if env is None else env
    # A console of Windows has no TERM.
    able = env.get("TERM", "" if system != "nt" else "console").lower() not in _DUMB
    return able and stream.isatty() and not plain(env)


def width(stream: TextIO) -> int:
    """Columns there; off a terminal those that ``COLUMNS`` names, else the widest."""
    if not stream.isatty():
        named = os.environ.get("COLUMNS", "")
        return max(int(named), NARROWEST) if named.isdecimal() else WIDEST
    with contextlib.suppress(OSError, ValueError):
        columns = os.get_terminal_size(stream.fileno()).columns
        return max(columns or shutil.get_terminal_size().columns, NARROWEST)
    return max(shutil.get_terminal_size().columns, NARROWEST)


def tabular(stream: TextIO, least: int) -> bool:
    """Whether a table of that many columns may be shown: where nobody counts them, or in a
    terminal that is as wide and no screen reader's."""
    if MANNER.plain or not stream.isatty():
        return not MANNER.plain
    return redraws(stream) and width(stream) >= least


def console(stream: TextIO) -> Console:
    """What draws there: without colour and cursor where ``plain`` holds."""
    from rich.console import Console

    if stream.isatty() and not redraws(stream):
        return Console(
            file=raw(stream), force_terminal=False, color_system=None, width=width(stream)
        )
    return Console(file=raw(stream))


def doing(words: str) -> None:
    """Say what is being done, for the case that it takes long: “starting the worker”."""
    if words != MANNER.doing:
        MANNER.doing, MANNER.since = words, time.monotonic()


def begin(words: str) -> None:
    """The same for what surely takes long: it is told at once, where somebody waits for a word."""
    doing(words)
    for patience in _OPEN:
        patience.show()


class Patience:
    """While it is open, a silence is broken on stderr: by a line that counts seconds and goes away
    when something is said, or plain by a line now and one every 30 s."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._drawn = False
        self._held = 0
        self._told = 0.0
        self._words = ""
        self._begun = time.monotonic()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Patience:
        MANNER.heard = self._begun = time.monotonic()
        _OPEN.append(self)
        if not self._stream.isatty() and not MANNER.plain:
            return self  # nobody waits for a word
        self._thread = threading.Thread(target=self._run, name="patience", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.rest()
        _OPEN.remove(self)

    def rest(self) -> None:
        """Break no silence any more: it is wanted from here on."""
        self._end.set()
        self.clear()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within it a silence is left alone: somebody is asked."""
        self._held += 1
        self.clear()
        try:
            yield
        finally:
            self._held -= 1
            MANNER.heard = time.monotonic()

    def clear(self) -> None:
        """Take the drawn line away: something else is to stand there."""
        if self._drawn:
            with self._lock:
                if self._drawn:
                    self._drawn = False
                    self._draw("")

    def show(self) -> None:
        """Tell now what is being done, if it was not told yet."""
        if self._thread is None or self._end.is_set() or MANNER.quiet or self._held:
            return
        now = time.monotonic()
        text = f"{_long(MANNER.doing, now - max(self._begun, MANNER.since))} …"
        if redraws(self._stream):
            with self._lock:
                self._drawn, self._told = True, now
                self._draw(text)
        elif self._words != MANNER.doing or now - self._told >= AGAIN_S:
            self._words, self._told = MANNER.doing, now
            print(text, file=self._stream, flush=True)

    def _run(self) -> None:
        while not self._end.wait(0.1):
            now = time.monotonic()
            if now - MANNER.heard >= SILENCE_S and now - self._told >= DRAWN_S:
                self.show()

    def _draw(self, text: str) -> None:
        if len(text) >= width(self._stream):
            text = text[: width(self._stream) - 2] + "…"
        out = raw(self._stream)
        before = MANNER.heard
        with _drawing():
            out.write(f"\r{text}\x1b[K" if text else "\r\x1b[K")
            out.flush()
        MANNER.heard = before


_OPEN: list[Patience] = []
_OURS = threading.local()


@contextmanager
def _drawing() -> Iterator[None]:
    _OURS.drawing = True
    try:
        yield
    finally:
        _OURS.drawing = False


def _heard() -> None:
    """A stream is about to write: what was drawn in the meantime makes room."""
    if getattr(_OURS, "drawing", False):
        return
    MANNER.heard = time.monotonic()
    for patience in _OPEN:
        patience.clear()


BEFORE.append(_heard)


def rest() -> None:
    """From here on silence is no sign of trouble: it is watched, or waited for, without end."""
    for patience in _OPEN:
        patience.rest()


@contextmanager
def asking() -> Iterator[None]:
    """Within it somebody is asked, and has time."""
    with contextlib.ExitStack() as stack:
        for patience in _OPEN:
            stack.enter_context(patience.held())
        yield


def _long(words: str, seconds: float) -> str:
    said = words[:1].upper() + words[1:]
    return f"{said}, {seconds:.0f} s" if seconds >= SILENCE_S + DRAWN_S else said
