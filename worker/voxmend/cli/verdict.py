"""A job's verdict on the screen: four short lines, and the numbers behind them."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator

from voxmend_protocol.values import Verdict

from ..disk import shown

NAMED = 8
"""Columns of a line's name."""


def lines(name: str, verdict: Verdict, width: int | None = None) -> Iterator[str]:
    """The verdict on a file, line by line.

    Args:
        width: columns to keep to; None where nobody counts them, as in a file.
    """
    yield f"{name}: {shown(verdict.headline)}"
    told = {
        "found": verdict.found,
        "done": verdict.done,
        "left": verdict.left,
        "next": verdict.next,
        "counts": verdict.counts,
    }
    for word, text in told.items():
        if text and text != verdict.headline:
            yield from _wrapped(f"  {word:{NAMED}}", shown(text), width)


def columns() -> int | None:
    """The width of the terminal that a person reads stderr on, if there is one."""
    return shutil.get_terminal_size().columns if sys.stderr.isatty() else None


def _wrapped(head: str, text: str, width: int | None) -> Iterator[str]:
    if width is None:
        yield head + text
        return
    yield from textwrap.wrap(
        text, max(width - 1, 24), initial_indent=head, subsequent_indent=" " * len(head)
    )
