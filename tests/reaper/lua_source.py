"""The scripts' files as text, taken apart: literals with their lines, and code without comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reaper.lua_run import SCRIPTS

TOKEN = re.compile(
    r"--\[(=*)\[.*?\]\1\]|--[^\n]*"
    r"|\[(=*)\[.*?\]\2\]"
    r"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A string of a file; ``before`` is the code of its line that stands left of it."""

    file: str
    line: int
    text: str
    before: str


def files() -> dict[str, str]:
    """Every Lua file of the scripts by name."""
    paths = [*SCRIPTS.glob("*.lua"), *(SCRIPTS / "lib").glob("*.lua")]
    return {path.name: path.read_text("utf-8") for path in sorted(paths, key=lambda p: p.name)}


def literals(file: str, text: str) -> Iterator[Literal]:
    """All strings of a file, in order."""
    for found in TOKEN.finditer(text):
        if not found[0].startswith("--"):
            start = text.rfind("\n", 0, found.start()) + 1
            line = text.count("\n", 0, found.start()) + 1
            inner = found[0][1:-1]
            yield Literal(file, line, inner, text[start : found.start()])


def code(text: str) -> str:
    """The file without its comments; lines stay where they are."""
    return TOKEN.sub(
        lambda m: "\n" * m[0].count("\n") if m[0].startswith("--") else m[0],
        text,
    )


def python_scripts() -> dict[str, str]:
    """The ReaScripts in Python by name."""
    return {path.name: path.read_text("utf-8") for path in sorted(Path(SCRIPTS).glob("*.py"))}
