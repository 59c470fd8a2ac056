"""REAPER's side says of damage what ``voxmend diagnose`` says, word for word, and no more."""

from __future__ import annotations

import re

from reaper.lua_run import SCRIPTS

from voxmend.damage import NAMES, WORDS
from voxmend.report.words import ALONE_BLEED, WHY

TEXT = (SCRIPTS / "lib" / "damage.lua").read_text("utf-8")
ENGLISH = dict(
    re.findall(r"(\w+) = '([^']*)'", (SCRIPTS / "lib" / "english.lua").read_text("utf-8"))
)


def test_the_words_are_those_of_the_command_line() -> None:
    assert {name: ENGLISH[f"damage_{name}"] for name in WORDS} == dict(WORDS)
    assert {name: ENGLISH[f"why_{name}"] for name in WHY} == dict(WHY)
    assert ENGLISH["alone_bleed"] == ALONE_BLEED


def test_the_kinds_stand_in_the_same_order() -> None:
    block = re.search(r"M\.names = \{(.*?)\}", TEXT)
    assert block
    assert tuple(re.findall(r"'(\w+)'", block[1])) == NAMES
