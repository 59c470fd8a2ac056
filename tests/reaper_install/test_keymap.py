"""SCR lines: ours come and go, and no other byte of reaper-kb.ini moves."""

from __future__ import annotations

import re

import pytest
from reaper_install.reaper_folder import KEYMAP, SCRIPTS

from voxmend.reaper.actions import actions_of
from voxmend.reaper.keymap import add, bound, registered, remove, scr_line

ACTIONS = actions_of(SCRIPTS)
IDS = {action.id for action in ACTIONS}
FILES = {
    "crlf": KEYMAP,
    "lf": KEYMAP.replace(b"\r\n", b"\n"),
    "without a last line end": KEYMAP.rstrip(b"\r\n"),
    "none": b"",
    "blank lines": KEYMAP + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", FILES)
def test_what_was_there_stays_to_the_byte_and_ours_follow(name: str) -> None:
    old = FILES[name]
    new = add(old, ACTIONS)
    assert new.startswith(old)
    end = b"\n" if name == "lf" else b"\r\n"
    assert new[len(old) :].strip() == end.join(scr_line(action) for action in ACTIONS)
    assert new.endswith(end)
    assert b"\r\n" not in new if name == "lf" else b"\n" not in new.replace(b"\r\n", b"")
    assert registered(new) == registered(old) | IDS


@pytest.mark.parametrize("name", FILES)
def test_removed_lines_leave_the_file_as_it_was(name: str) -> None:
    old = FILES[name]
    left = remove(add(old, ACTIONS), IDS)
    assert left in (old, old + b"\r\n")  # a missing last line end comes back with the whole bytes


def test_a_line_is_as_reaper_writes_it() -> None:
    line = scr_line(ACTIONS[0]).decode()
    assert re.fullmatch(
        r'SCR 516 0 RS[0-9a-f]{40} "Script: (voxmend_[^"]+)" "voxmend/Vocals/\1"', line
    )


def test_a_second_click_starts_anew_and_closes_the_jobs_panel_without_a_question() -> None:
    flags = {action.file: scr_line(action).split()[1] for action in ACTIONS}
    assert flags.pop("voxmend_Jobs panel.lua") == b"260"
    assert set(flags.values()) == {b"516"}


def test_only_absent_ids_are_added() -> None:
    once = add(KEYMAP, ACTIONS[:2])
    assert add(once, ACTIONS[:2]) == once
    assert add(once, ACTIONS).count(b"SCR ") == KEYMAP.count(b"SCR ") + len(ACTIONS)


def test_an_id_of_another_section_is_not_the_action() -> None:
    editor = f'SCR 4 32060 {ACTIONS[0].id} "x" "y"\r\n'.encode()
    assert registered(editor) == set()
    assert remove(editor, IDS) == editor


def test_a_script_that_reaper_registered_itself_is_known_whatever_its_flags() -> None:
    line = f'SCR 516 0 {ACTIONS[0].id} "Script: x" "y"\r\n'.encode()
    assert registered(line) == {ACTIONS[0].id}
    assert remove(KEYMAP + line, IDS) == KEYMAP


def test_shortcuts_and_custom_actions_of_the_user_are_counted_and_stay() -> None:
    keys = f"KEY 1 65 {ACTIONS[0].command} 0\t # Main : A\r\n".encode()
    keys += f'ACT 1 0 "ab" "Custom: x" {ACTIONS[1].command} 40001\r\n'.encode()
    data = add(KEYMAP + keys, ACTIONS)
    assert bound(data, IDS) == 2
    assert remove(data, IDS) == KEYMAP + keys


@pytest.mark.parametrize("broken", [b"SCR", b"SCR 4", b"SCR a b c", b"\xff\xfe\x00SCR 4 0", b"=\0"])
def test_a_broken_line_is_somebody_elses_and_stays(broken: bytes) -> None:
    data = broken + b"\r\n"
    assert add(data, ACTIONS).startswith(data)
    assert remove(data, IDS) == data
