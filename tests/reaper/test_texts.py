"""Every sentence that a script shows stands in the table of texts: lib/english*.lua."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from reaper.lua_run import HERE, run
from reaper.lua_source import Literal, files, literals

TABLE = tuple(name for name in files() if name.startswith("english"))

WORDY = re.compile(
    r"[A-Za-z]{2,}[,.:;!?]? [A-Za-z]"  # two words
    r"|^[A-Z][a-z]{2,}…?$"  # a label
    r"|[“”’]"
    r"|^[,.:;]? [a-z]+|[a-z]+:? $"  # a part of a sentence
)

WHOLE = {
    "json.lua": "what is wrong with a file, as the parser says it",
    "self_test_steps.lua": "what the trace holds, for the makers",
    "zmtp.lua": "for the log: what the other end of a socket did",
}
"""Files that say nothing to the user in their own words."""

LOGGED = re.compile(r"(\blog|\berror|\bassert|R\.has|require)\W*(\([^)]*)?$")
"""What stands before a text that is for the log, for a programmer, or names a function."""

NAMES = {
    "bridge_link.lua": {
        "No space",
        "not enough space",
        "answer: its type is no string",
        "its type is no string",
    },
    "clips.lua": {"alone "},
    "envelope.lua": {"password of voxmend/2 at "},
    "files.lua": {"not a file", "not an object"},
    "link.lua": {" is no object", " is no ", " is no list", "message_unreadable "},
    "menu_file.lua": {"Media item context"},
    "relaunch.lua": {"following "},
    "reaper_api.lua": {" is not in the list"},
    "self_test.lua": {" bytes)", "error: "},
    "session_rendering.lua": {"rendering "},
    "socket_link.lua": {"it is no JSON object", "its type is no string"},
    "wav_writer.lua": {"WAVEfmt "},
    "gfx_drawing.lua": {"Arial"},
    "texts.lua": {" is no text", " has no forms"},
    "window_imgui.lua": {"Attach", "Begin", "Button", "End", "Selectable", "Spacing"},
}
"""Names of REAPER's, of files and of formats, keys of our own, and the reason in brackets behind a
sentence, which is the parser's or the system's own word and goes to the log as it is."""


def shown(file: str, text: str) -> list[Literal]:
    """Literals that look like something a user reads."""
    return [
        one
        for one in literals(file, text)
        if WORDY.search(one.text)
        and not LOGGED.search(one.before)
        and not one.text.endswith(".lua")
        and not one.text.endswith(".py")
        and one.text not in NAMES.get(file, set())
    ]


def table(folder: Path) -> dict[str, str | dict[str, str]]:
    """The table as Lua reads it: key, and the text or its forms."""
    ran = run("5.4", HERE / "scenarios" / "texts.lua", folder)
    assert "RESULT " in ran.stdout, ran.stdout + ran.stderr
    found: dict[str, str | dict[str, str]] = json.loads(ran.stdout.partition("RESULT ")[2])
    return found


@pytest.mark.parametrize("file", sorted(set(files()) - set(TABLE) - set(WHOLE)))
def test_no_sentence_stands_outside_the_table(file: str) -> None:
    assert [f"{one.line}: {one.text}" for one in shown(file, files()[file])] == []


@pytest.mark.parametrize(
    "planted",
    [
        "app.tell('REAPER could not do it. Try again.')",
        "lines[#lines + 1] = name .. ' is gone.'",
        "{ id = 'close', label = 'Close' }",
        "R.ShowMessageBox('“' .. name .. '”', '', 0)",
        "local REFUSED = 'which are left out'",
    ],
)
def test_a_sentence_that_is_planted_is_found(planted: str) -> None:
    assert shown("app.lua", planted)


def test_what_is_let_through_is_there() -> None:
    for file, names in NAMES.items():
        there = {one.text for one in literals(file, files()[file])}
        assert names <= there, file


def test_each_text_is_said_somewhere_and_each_that_is_said_is_there(tmp_path: Path) -> None:
    keys = set(table(tmp_path))
    assert len(keys) > 200
    said, begun = set(), set()
    for file, text in files().items():
        if file in TABLE:
            continue
        for one in literals(file, text):
            said.add(one.text)
            if re.search(r"texts\.(say|many|say_english)[ (][^\n{]*$", one.before):
                if one.text.endswith("_"):
                    begun.add(one.text)
                elif re.fullmatch(r"[a-z]+(_\w+)+", one.text):
                    assert one.text in keys, f"{file}:{one.line}: {one.text}"
        begun |= set(re.findall(r"texts\.say\('([a-z_]+_)' \.\.", text))
        for word in re.findall(r"texts\.count\([^\n]*, '(\w+)'\)", text):
            said.add(f"count_{word}")
            assert f"count_{word}" in keys, f"{file}: count_{word}"
        if re.search(r"texts\.count\([^\n]*, [a-z_]+\)", text):  # of a kind that is named elsewhere
            said |= {f"count_{one.text}" for one in literals(file, text)}
    begun |= {"button_", "stage_", "state_", "track_", "waits_", "setting_", "item_", "why_"}
    idle = {key for key in keys - said if not any(key.startswith(start) for start in begun)}
    assert idle == set()


def test_a_text_that_counts_has_both_forms_of_english(tmp_path: Path) -> None:
    for key, text in table(tmp_path).items():
        if isinstance(text, dict):
            assert set(text) == {"one", "other"}, key
            assert "{count}" in text["other"], key
