"""The command as it was typed, so that a hint can be typed in the same way.

Sentences all over voxmend name commands as ``voxmend models pull``; some were written by a worker,
or long ago. Where they are shown, ``rewritten`` puts in place of ``voxmend`` what this user typed:
``sh installers/run.sh``, ``python -m voxmend``, a path. A wrapper says what it was by
``VOXMEND_TYPED``.
"""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

VARIABLE = "VOXMEND_TYPED"
NAME = "voxmend"
COMMANDS = (
    "batch", "bench", "bundle", "cache", "compare", "completion", "config", "demo", "diagnose",
    "doctor", "jobs", "models", "presets", "reaper", "remote", "report", "restore", "service",
    "support-bundle", "uninstall", "update", "watch", "worker",
)  # fmt: skip
"""What may follow ``voxmend`` in a hint: other sentences have the name in them too."""

_HINT = re.compile(
    rf"(?<![\w/\\.@-]){NAME} (?=(?:{'|'.join(COMMANDS)})(?![\w/\\-])(?!\.\w))", re.ASCII
)


@functools.cache
def command() -> str:
    """The words that were typed before the first argument."""
    # Children of ours are started in another way.
    wrapper = os.environ.pop(VARIABLE, "")
    return wrapper or found(sys.argv[0], sys.orig_argv[0], os.environ)


def found(program: str, python: str, env: Mapping[str, str], system: str = os.name) -> str:
    """The words for a program that was started so.

    Args:
        program: ``sys.argv[0]``: a path of voxmend's script, or of its ``__main__.py``.
        python: the interpreter as it was typed.
    """
    path = Path(program)
    if path.name == "__main__.py" and path.parent.name == NAME:
        return f"{_quoted((python or 'python',), system)} -m {NAME}"
    if path.name.removesuffix(".exe") != NAME or path.name == program:
        return NAME
    on_path = shutil.which(NAME, path=env.get("PATH"))
    if on_path is not None and os.path.abspath(on_path) == os.path.abspath(program):
        return NAME
    return _quoted((program,), system)


def rewritten(text: str, typed: str | None = None) -> str:
    """A text of ours with its hints as they would be typed here."""
    words = command() if typed is None else typed
    return text if words == NAME else _HINT.sub(lambda _: f"{words} ", text)


def _quoted(words: Sequence[str], system: str) -> str:
    if system != "nt":
        return shlex.join(words)
    return " ".join(f'"{word}"' if " " in word else word for word in words)
