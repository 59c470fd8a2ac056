"""REAPER's side has words for every stage that the engine can say, and for no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from reaper.lua_run import SCRIPTS

import voxmend
from voxmend import presets

PACKAGE = Path(voxmend.__file__).parent
TEXT = (SCRIPTS / "lib" / "english.lua").read_text("utf-8")


def said_by_the_engine() -> set[str]:
    """The stages of a job beside its blocks: what ``progress`` is called with by name, by an engine
    or by what stands in its place."""
    found = set()
    for file in (
        *(PACKAGE / "engine").glob("*.py"),
        *(PACKAGE / "supervisor" / "errands").glob("*.py"),
    ):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "progress"
                and isinstance(call.args[0], ast.Constant)
            ):
                found.add(str(call.args[0].value))
    return found


def families(nobodys: Path) -> set[str]:
    """The stages that are blocks: the families of all there are, and of what the presets name."""
    registered = {
        file.parent.name
        for file in (PACKAGE / "blocks").glob("*/*.py")
        if "@register" in file.read_text("utf-8")
    }
    named = {step.stage for preset in presets.all_of(nobodys) for step in preset.steps}
    return registered | named


def words() -> dict[str, str]:
    """Those of the table, less the one for a worker that says no stage."""
    found = dict(re.findall(r"stage_(\w+) = '([^']*)'", TEXT))
    del found["working"]
    return found


def test_every_stage_that_can_be_said_has_words(tmp_path: Path) -> None:
    assert {"read", "diagnose", "write"} <= said_by_the_engine()
    assert {"separate", "denoise", "phase", "bandwidth"} <= families(tmp_path)
    assert words().keys() == said_by_the_engine() | families(tmp_path)


def test_the_words_are_words_and_each_stage_has_its_own() -> None:
    assert all(re.fullmatch(r"[a-z]+( [a-z]+)*", word) for word in words().values())
    assert len(set(words().values())) == len(words())
