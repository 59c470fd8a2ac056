"""LEDGER.md says of every REAPER function and behaviour the scripts rely on where it is known from
and how a real REAPER proves it. Here: nothing is used without a row, what is not sure is a switch
of the fake, and each step that the table names exists in the self-test."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache

import pytest
from reaper.lua_run import DATA, HERE, SCRIPTS

SURE = ("documented", "measured by others")
GUESS = "inferred"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the ledger."""

    subject: str
    claim: str
    source: str
    confidence: str
    switch: str
    step: str

    @property
    def functions(self) -> list[str]:
        """The REAPER functions it vouches for: words in backticks before any other mark."""
        return re.findall(r"`([A-Za-z_][\w.]*)`", self.subject)


@cache
def ledger() -> tuple[Row, ...]:
    """All rows of all tables."""
    rows = []
    for line in (SCRIPTS / "LEDGER.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if len(cells) == 6 and cells[0] != "what" and not set(cells[0]) <= set("-: "):
            rows.append(Row(*cells))
    return tuple(rows)


def used_functions() -> set[str]:
    """The list in reaper_api.lua."""
    text = (SCRIPTS / "lib" / "reaper_api.lua").read_text("utf-8")
    block = re.search(r"M\.functions = \{(.*?)\n\}", text, re.DOTALL)
    assert block
    return set(re.findall(r"^\s*\[?'?([A-Za-z_]\w*)'?\]? =", block[1], re.MULTILINE))


def python_functions() -> set[str]:
    """What the Python ReaScript calls, by the name Lua gives it."""
    found: set[str] = set()
    for script in SCRIPTS.glob("*.py"):
        found |= set(re.findall(r"\bRPR_(\w+)", script.read_text("utf-8")))
    return found


def switches() -> set[str]:
    """The switches that the fake has."""
    text = "".join(path.read_text("utf-8") for path in sorted((HERE / "stand_in").glob("*.lua")))
    block = re.search(r"switches = \{(.*?)\n\}", text, re.DOTALL)
    assert block, "no table of switches in the fake"
    return set(re.findall(r"^\s*(\w+) =", block[1], re.MULTILINE))


def steps() -> set[str]:
    """The names of the self-test's steps."""
    texts = [path.read_text("utf-8") for path in sorted((SCRIPTS / "lib").glob("self_test*.lua"))]
    return set(re.findall(r"step\(?\s*'([a-z0-9_]+)'", "".join(texts)))


@pytest.mark.parametrize("name", sorted(used_functions() | python_functions()))
def test_no_function_is_used_without_a_row(name: str) -> None:
    assert any(name in row.functions for row in ledger()), f"{name} has no row in LEDGER.md"


@pytest.mark.parametrize("row", ledger(), ids=lambda row: row.subject[:50])
def test_the_row_is_whole(row: Row) -> None:
    assert row.claim
    assert row.source
    assert row.confidence in (*SURE, GUESS)


@pytest.mark.parametrize("row", ledger(), ids=lambda row: row.subject[:50])
def test_what_is_not_sure_is_a_switch_and_a_step(row: Row) -> None:
    named = set(re.findall(r"`(\w+)`", row.switch))
    assert named <= switches(), f"the fake has no switch {named - switches()}"
    asked = set(re.findall(r"`(\w+)`", row.step))
    assert asked <= steps(), f"the self-test has no step {asked - steps()}"
    if row.confidence == GUESS:
        assert named, "an inferred behaviour must be a switch of the fake"
        assert asked, "an inferred behaviour must be a step of the self-test"


def test_every_switch_has_a_row() -> None:
    named = {name for row in ledger() for name in re.findall(r"`(\w+)`", row.switch)}
    assert switches() <= named


def sources() -> dict[str, str]:
    """The scripts' files and what is in them; the list of functions itself aside."""
    found = {path.name: path.read_text("utf-8") for path in sorted((SCRIPTS / "lib").glob("*.lua"))}
    found |= {path.name: path.read_text("utf-8") for path in sorted(SCRIPTS.glob("*.py"))}
    del found["reaper_api.lua"]
    return found


def later_functions() -> dict[str, str]:
    """Functions of the list that came after the oldest REAPER there is support for, and when."""
    text = (SCRIPTS / "lib" / "reaper_api.lua").read_text("utf-8")
    return dict(re.findall(r"^  (\w+) = '([\d.]+)',", text, re.MULTILINE))


def test_every_attribute_is_one_that_reaper_has() -> None:
    listed = json.loads((DATA / "reascript_attributes.json").read_bytes())
    known = {key for keys in listed.values() for key in keys}
    used = {
        (name, key)
        for name, text in sources().items()
        for key in re.findall(r"""['"]([A-Z]{1,2}_[A-Z][A-Z0-9_:]*)['"]""", text)
    }
    assert len(used) > 60
    assert {(name, key) for name, key in used if key not in known} == set()


def test_what_came_later_is_asked_for_before_it_is_called() -> None:
    later = later_functions()
    assert {"set_action_options", "Main_SaveProjectEx", "InsertTrackInProject"} <= later.keys()
    unguarded = {
        (name, function)
        for name, text in sources().items()
        for function in later
        if re.search(rf"\bR\.{function}\(", text) and f"R.has '{function}'" not in text
    }
    assert unguarded == set()
