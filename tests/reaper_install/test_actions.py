"""Command ids: REAPER's own rule, on ids that REAPER itself has written."""

from __future__ import annotations

import pytest
from reaper_install.reaper_folder import SCRIPTS, knowledge

from voxmend.reaper.actions import Action, actions_of, command_id, menu_of

VECTORS = knowledge("reascript_command_id.json")["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["path"])
def test_an_id_is_the_one_that_reaper_writes(vector: dict[str, str]) -> None:
    assert command_id(vector["path"], int(vector["section"])) == vector["id"]


def test_only_ascii_letters_are_raised_and_back_slashes_are_slashes() -> None:
    assert command_id("a\\B ü.lua") == command_id("A/b ü.lua")
    assert command_id("ü.lua") != command_id("Ü.lua")


def test_an_action_lies_where_reapack_would_put_it() -> None:
    action = Action("voxmend_Jobs panel.lua")
    assert action.path == "voxmend/Vocals/voxmend_Jobs panel.lua"
    assert action.command == "_" + command_id(action.path)


def test_libraries_and_the_protocol_are_no_actions() -> None:
    files = [*SCRIPTS, "lib/json.lua", "voxmend_protocol/codec.py", "other.lua", "voxmend_x.txt"]
    assert [action.file for action in actions_of(files)] == sorted(SCRIPTS)


def test_the_menu_has_the_actions_that_are_there_in_the_order_of_use() -> None:
    labels = [label for _, label in menu_of(actions_of(SCRIPTS))]
    assert labels == [
        "Restore vocals", "Restore vocals with preset...", "Mend a vocal with its song...",
        "Diagnose vocals", "Jobs",
    ]  # fmt: skip
    assert menu_of(actions_of(SCRIPTS[:1])) == [
        (Action(SCRIPTS[0]).command, "Diagnose vocals")
    ]  # fmt: skip
