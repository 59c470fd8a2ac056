"""The command with which a batch that was stopped goes on."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from .. import typed

if TYPE_CHECKING:
    from ..batch.listing import Listed
    from ..batch.survey import Rule

OPTION = "--since"


def how_to_go_on(rule: Rule, files: Sequence[Listed], began: datetime) -> str:
    """The same command as it was typed, to be said as it stands: a song's name may look like a
    hint. Where files would be done anew, with the moment from which on what was done counts."""
    words = _without(sys.argv[1:], OPTION)
    since = rule.since or began
    if rule.redo or any(file.named for file in files):
        words += [OPTION, since.isoformat(timespec="seconds").replace("+00:00", "Z")]
    return f"To go on: {typed.command()} {quoted(words)}"


def quoted(words: Sequence[str]) -> str:
    """Words as the system's shell reads them."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _without(words: Sequence[str], option: str) -> list[str]:
    """The words less an option and its value."""
    kept: list[str] = []
    passed = False
    for word in words:
        if passed:
            passed = False
        elif word == option:
            passed = True
        elif not word.startswith(f"{option}="):
            kept.append(word)
    return kept
