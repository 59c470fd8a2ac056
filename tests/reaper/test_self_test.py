"""The self-test that runs in a real REAPER, run here on the stand-in: with every switch the other
way round, the step that LEDGER.md names for it must see the difference. That proves the steps; what
a real REAPER does, only a real REAPER can say: its trace is replayed on the stand-in, and every
result that differs is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from reaper import replay
from reaper.lua_run import HERE, VERSIONS, run

FLIPPED = {
    "accessor_hears_edits=false": "accessor_hears_spectral_edits",
    "envelope_chunk_is_item_time=true": "envelope_points_count_as_the_take_plays",
    "split_copies_ext=false": "p_ext_copied_by_split",
    "split_overlaps=true": "split_parts_meet",
    "split_turns_loops=true": "split_of_a_loop_goes_on",
    "set_source_duplicates=false": "source_set_twice",
    "offline_type=WAVE": "offline_type_is_known",
    "offline_rate_zero=false": "rate_after_offline",
    "exec_detached_returns=0": "exec_gives_nothing_back",
    "insert_track_selects=true": "insert_track_leaves_the_selection",
    "menu_hash_exists=false": "menu_has_a_hash",
    "take_marker_in_take_source=false": "take_marker_in_take_source",
    "state_count_on_playback=true": "count_stands_still_while_playing",
    "delete_track_ends_folder=true": "track_goes_and_its_folder_ends_above",
    "windows=true": "rename_onto_a_file",
}


def trace(version: str, tmp_path: Path, switch: str = "") -> dict[str, Any]:
    """What the steps found: true where it is as expected."""
    scenario = HERE / "scenarios" / "self_test.lua"
    ran = run(version, scenario, tmp_path, switch, str(tmp_path / "trace.json"))
    assert "RESULT " in ran.stdout, ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.partition("RESULT ")[2])
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_all_steps_find_what_the_scripts_expect(version: str, tmp_path: Path) -> None:
    found = trace(version, tmp_path)
    assert len(found) >= 19
    assert {name: seen for name, seen in found.items() if seen is not True} == {}


@pytest.mark.parametrize(("switch", "step"), FLIPPED.items())
def test_a_step_sees_a_reaper_that_does_otherwise(switch: str, step: str, tmp_path: Path) -> None:
    found = trace("5.4", tmp_path, switch)
    assert [name for name, seen in found.items() if seen is not True] == [step]


def differences(trace: Path, switch: str = "") -> list[dict[str, Any]]:
    """Where the stand-in answers otherwise than the trace says."""
    found = replay.held(trace, trace.parent / "replay", switch)
    assert found["calls"] >= 19
    rows: list[dict[str, Any]] = found["differences"]
    return rows


def test_a_trace_replays_on_the_stand_in_without_a_difference(tmp_path: Path) -> None:
    trace("5.3", tmp_path)
    assert differences(tmp_path / "trace.json") == []


@pytest.mark.parametrize("switch", ["split_copies_ext=false", "insert_track_selects=true"])
def test_a_trace_of_another_reaper_shows_where_it_differs(switch: str, tmp_path: Path) -> None:
    trace("5.4", tmp_path, switch)
    found = differences(tmp_path / "trace.json")
    assert {row["step"] for row in found} == {FLIPPED[switch]}
    assert differences(tmp_path / "trace.json", switch) == []


def test_the_command_names_each_difference_and_says_so_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace("5.4", tmp_path, "split_copies_ext=false")
    assert replay.main([str(tmp_path / "trace.json"), "split_copies_ext=false"]) == 0
    assert "the stand-in answers as it did in every call" in capsys.readouterr().out
    assert replay.main([str(tmp_path / "trace.json")]) == 1
    said = capsys.readouterr().out
    assert "p_ext_copied_by_split: GetSetMediaItemInfo_String gave" in said
    assert replay.main([str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().out
