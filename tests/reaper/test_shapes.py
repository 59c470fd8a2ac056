"""A table that is not of its shape is red where it is handed on, in a sentence that names shape and
field: the scripts are changed so, and one click tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from reaper.lua_run import HERE, SCRIPTS, run
from reaper.mutations import Mutation

M = Mutation
WRONG = (
    M(
        "a field that another name was meant for",
        "muting.lua",
        "wish.unmute = (ext",
        "wish.unmuted = (ext",
        "restore: Wish has no field 'unmuted'",
    ),
    M(
        "a field left out",
        "import.lua",
        ", others = others,",
        ",",
        "restore: Wish is without its field 'others'",
    ),
    M(
        "a field whose absence nobody notices",
        "selection.lua",
        "fx = R.TakeFX_GetCount(take),",
        "",
        "restore: Take is without its field 'fx'",
    ),
    M(
        "a field of another type",
        "clips.lua",
        "track = pick.track_guid",
        "track = true",
        "restore: Entry: 'track' is true, not string",
    ),
    M(
        "a word that is none of those allowed",
        "clips.lua",
        "uuid.from_guid(options.new_guid()), 'open'",
        "uuid.from_guid(options.new_guid()), 'opened'",
        "restore: Clip: 'state' is opened, not 'open'|'failed'|'inserted'",
    ),
    M(
        "a ticket that lacks its group's name",
        "ticket.lua",
        "group = options.group, created",
        "created",
        "restore: Ticket is without its field 'group'",
    ),
    M(
        "a mark in the project under another name",
        "placing.lua",
        "{ source = source_guid, stem = stem }",
        "{ source = source_guid, stems = stem }",
        "restore: Origin has no field 'stems'",
    ),
    M(
        "a number that is set where a render is whole",
        "render.lua",
        "map.render_rate, map.render_at, map.grid_s =",
        "map.render_rate, map.render_at, map.grid =",
        "print: Mapping has no field 'grid'",
    ),
    M(
        "a name that a diagnosis does not read",
        "targets.lua",
        "now = now, guid = entry.item }",
        "now = now, giud = entry.item }",
        "diagnose: Target has no field 'giud'",
    ),
)


@pytest.mark.parametrize("version", ["5.3", "5.4"])
@pytest.mark.parametrize("way", ["restore", "print", "diagnose"])
def test_a_click_hands_on_what_the_shapes_say(way: str, version: str, tmp_path: Path) -> None:
    ran = run(version, HERE / "scenarios" / "one_click.lua", tmp_path, way)
    assert ran.stdout == "RESULT fine\n", ran.stdout + ran.stderr
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("mutation", WRONG, ids=lambda m: m.name)
def test_a_wrong_table_is_named(mutation: Mutation, tmp_path: Path) -> None:
    way, _, sentence = mutation.caught_by.partition(": ")
    scripts = mutation.apply(tmp_path)
    scenario = HERE / "scenarios" / "one_click.lua"
    ran = run("5.4", scenario, tmp_path / "lua", way, VOXMEND_TEST_SCRIPTS=scripts)
    assert ran.returncode != 0, ran.stdout
    assert sentence in ran.stderr, ran.stderr


def test_the_scripts_never_load_the_shapes() -> None:
    for file in SCRIPTS.rglob("*.lua"):
        text = file.read_text("utf-8")
        assert "require 'shapes" not in text, file.name
        assert "require('shapes" not in text, file.name
