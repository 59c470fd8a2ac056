"""The simulation of an archive says what one can reckon by hand, where one can."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from voxmend_bench.archive import Archive, foretold, plan

PLAIN = Archive(
    songs=1000, minutes=1.0, spread=0.0, engines=10, engines_per_node=1, fixed=1.0, per_second=0.15,
    dispatch=0.0, start=0.0, node_hours=0.0, storage_mb_s=0.0, poison=0.0,
)  # fmt: skip


def seconds(given: Archive) -> float:
    return plan(given, 1000).days * 86_400


def test_songs_that_take_ten_seconds_take_a_hundred_times_that_on_ten_engines() -> None:
    told = plan(PLAIN, 1000)
    assert told.days * 86_400 == pytest.approx(1000.0)
    assert told.busy == pytest.approx(1.0)
    assert told.on_driver == told.on_storage == 0.0
    assert told.engine_hours == pytest.approx(1000 * 10 / 3600)
    assert told.first_limit == "the engines"


def test_a_driver_that_takes_two_seconds_a_song_is_what_breaks_first() -> None:
    slow = replace(PLAIN, dispatch=2.0)
    assert seconds(slow) == pytest.approx(2000.0, rel=0.01)
    assert plan(slow, 1000).first_limit == "the driver"


def test_a_storage_that_moves_one_song_in_two_seconds_is_what_breaks_first() -> None:
    slow = replace(PLAIN, read_mb=50.0, write_mb=150.0, storage_mb_s=100.0)
    assert seconds(slow) == pytest.approx(2000.0, rel=0.02)
    assert plan(slow, 1000).first_limit == "the storage"


def test_most_of_an_archive_is_reckoned_from_a_part_of_it() -> None:
    many = replace(PLAIN, songs=1_000_000, start=100.0)
    told = plan(many, 1000)
    assert told.simulated == 1000
    assert told.days * 86_400 == pytest.approx(100.0 + 1_000_000.0, rel=1e-3)


def test_nodes_that_go_cost_time_and_every_song_still_ends() -> None:
    frail = replace(PLAIN, node_hours=0.05, repair_minutes=1.0)
    told = plan(frail, 1000)
    assert told.nodes_lost > 5
    assert told.again > 5
    assert 1.2 < seconds(frail) / seconds(PLAIN) < 1.7  # 60 of 240 s away, and half a song lost
    poisoned = plan(replace(PLAIN, poison=0.1), 1000)
    assert 60 < poisoned.failed < 140


def test_a_measured_batch_is_foretold_from_its_first_clips() -> None:
    measured = {
        "engines": 2, "clip_s": 1.0, "engine_s": [0.9, 1.1], "gap_s": 0.5, "rest": 100,
        "rest_s": 80.0,
    }  # fmt: skip
    assert foretold(measured) == {
        "foretold_s": 75.0, "measured_s": 80.0, "ratio": pytest.approx(75 / 80),
    }  # fmt: skip


def test_it_runs_as_a_command_with_ones_own_figures(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "voxmend_bench.archive", "--songs", "5000", "--engines", "4"]
    ran = subprocess.run([*command, "--price", "2"], capture_output=True, text=True, check=True)
    told = json.loads(ran.stdout)
    assert told["simulated"] == 5000
    assert told["cost"] == pytest.approx(2 * told["engine_hours"], rel=1e-3)
    helped = subprocess.run([*command[:3], "--help"], capture_output=True, text=True, check=True)
    assert "between two failures of a node" in " ".join(helped.stdout.split())
