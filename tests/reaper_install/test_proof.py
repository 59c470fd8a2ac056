"""What ``reaper status`` says of the self-test: one line, whatever lies there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reaper.test_self_test import trace
from reaper_install.reaper_folder import Machine
from reaper_install.test_install import put

from voxmend.reaper import proof


def told(machine: Machine, **changes: Any) -> str:
    steps = [
        {"step": "guid_format", "ok": True},
        {"step": "source_set_twice", "ok": False, "found": "refused"},
        {"step": "menu_has_a_hash", "ok": False, "untried": True},
    ]
    found = {"schema": 1, "reaper": "7.30/win64", "lua": "Lua 5.4", "steps": steps, **changes}
    data = machine.folder / "Data" / "voxmend"
    data.mkdir(parents=True, exist_ok=True)
    (data / proof.NAME).write_text(json.dumps(found))
    return proof.line(data)


def test_what_was_proved_is_counted_and_what_was_not_is_named(machine: Machine) -> None:
    assert told(machine) == (
        "1 of 3 steps as expected, in REAPER 7.30/win64, Lua 5.4; "
        "otherwise: source_set_twice; not tried: menu_has_a_hash"
    )


def test_before_it_was_run_the_action_is_named(machine: Machine) -> None:
    assert proof.line(machine.folder / "Data" / "voxmend") == proof.NOT_RUN


@pytest.mark.parametrize(
    "changes",
    [{"steps": 7}, {"steps": [7]}, {"steps": [{"step": "a"}]}, {"schema": 2}, {"reaper": None}],
)
def test_a_trace_that_is_none_is_said_to_be_run_again(
    machine: Machine, changes: dict[str, Any]
) -> None:
    words = told(machine, **changes)
    assert "again" in words or words.startswith("1 of 3")


def test_control_characters_of_a_trace_reach_no_terminal(machine: Machine) -> None:
    assert "\x1b" not in told(machine, reaper="7\x1b[31m")


def test_a_trace_of_the_stand_in_proves_all(machine: Machine) -> None:
    data = machine.folder / "Data" / "voxmend"
    data.mkdir(parents=True)
    found = trace("5.4", machine.root / "lua")
    (data / proof.NAME).write_bytes((machine.root / "lua" / "trace.json").read_bytes())
    assert proof.line(data).startswith(
        f"{len(found)} of {len(found)} steps as expected, in REAPER "
    )


def test_status_says_it(machine: Machine, typed: Any) -> None:
    put(machine)
    told(machine)
    assert "proved   1 of 3 steps as expected" in typed("status").stdout
