"""Alignment, heard: random projects before and after the action, mixed by a renderer that shares
no code with the scripts nor with the stand-in. The stems are shares of the sound whose sum is the
original, so whatever is set one sample wrong, twice, inverted or not at all does not null.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reaper import mixdown, random_projects
from reaper.lua_run import HERE, run
from reaper.mixdown_project import read_project

SEEDS = range(10)
QUICK = 0, 2
"""Two of them, one under Lua 5.3 and one under 5.4, in the fast suite; together they hold every
feature of even seeds."""

PER_PROJECT = 52

LIMITS = {"rate1": -100.0, "varispeed": -60.0}


def restored(
    version: str, made: random_projects.Made, folder: Path, *settings: str, **env: str
) -> Path:
    """The project after the action."""
    out = made.rpp.with_name(f"{made.rpp.stem}_restored_{version}.RPP")
    scenario = HERE / "scenarios" / "null.lua"
    ran = run(version, scenario, folder, str(made.rpp), str(out), *settings, **env)
    found: dict[str, Any] = json.loads(ran.stdout.partition("RESULT ")[2] or "{}")
    assert found.get("fine"), ran.stdout + ran.stderr
    assert found["violations"] == 0
    return out


def depths(
    made: random_projects.Made, after: Path, kinds: set[str], stretcher: Any = "linear"
) -> dict[str, float]:
    """For each item of these classes: what is left of it when its stems are taken away."""
    items = made.manifest["items"]
    originals = set(items)
    wanted = {guid: item for guid, item in items.items() if item["class"] in kinds}
    regions = [(item["position"], item["position"] + item["length"]) for item in wanted.values()]
    end = max(stop for _, stop in regions) + 0.1
    sounding = {guid for guid, item in items.items() if item["class"] != "refused"}
    before = mixdown.render(
        made.rpp, mixdown.Options(want=mixdown.only_items(sounding), stretcher=stretcher), end
    )
    project = read_project(after)
    stems = mixdown.render(
        project,
        mixdown.Options(
            want=mixdown.without_items(originals),
            choose=mixdown.take_named("vocals_raw"),
            stretcher=stretcher,
        ),
        end,
    )
    assert np.abs(stems).max() > 0.01
    found = mixdown.depth_db(before, stems, project.rate, regions)
    return dict(zip(wanted, found, strict=True))


@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in SEEDS]
)
def test_the_stems_sum_to_the_original(seed: int, tmp_path: Path) -> None:
    made = random_projects.make(tmp_path, seed, PER_PROJECT)
    after = restored("5.4" if seed % 3 else "5.3", made, tmp_path / "lua")
    found = depths(made, after, set(LIMITS))
    items = made.manifest["items"]
    for kind in LIMITS:
        of_kind = [depth for guid, depth in found.items() if items[guid]["class"] == kind]
        if of_kind:
            print(f"\nseed {seed}: {len(of_kind)} items {kind}, worst {max(of_kind):.1f} dB")
    worst = {
        guid: (depth, items[guid]["class"], items[guid]["features"])
        for guid, depth in found.items()
        if not depth <= LIMITS[items[guid]["class"]]
    }
    assert worst == {}


def with_sends(rpp: Path) -> None:
    """The first track and the last go out by sends alone, to a bus of their own and to an output;
    a third has a send beside its way to its parent."""
    head, *tracks = rpp.read_text("utf-8").split("\n  <TRACK ")
    for at in (0, len(tracks) - 1):
        tracks[at] = tracks[at].replace("MAINSEND 1 0", "MAINSEND 0 0")
    tracks[-1] = tracks[-1].replace("MAINSEND 0 0", "MAINSEND 0 0\n    HWOUT 0 0 0.8 0 0 0 0 -1 -1")
    tracks[-1] = tracks[-1].removesuffix("\n>\n")
    bus = (
        '{B}\n    NAME "Bus"\n    VOLPAN 0.7 0.2 -1 -1 1\n    MUTESOLO 0 0 0\n    ISBUS 0 0\n'
        "    NCHAN 2\n    TRACKID {B}\n    AUXRECV 0 0 0.5 -0.3 0 0 0 0 0 -1:U 0 -1 ''\n"
        "    AUXRECV 2 3 0.9 0 0 0 1 0 0 -1:U 0 -1 ''\n"
        f"    AUXRECV {len(tracks) - 1} 0 0.6 0 0 0 0 0 0 -1:U 0 -1 ''\n    MAINSEND 1 0\n  >\n>\n"
    )
    rpp.write_text("\n  <TRACK ".join([head, *tracks, bus]), "utf-8")


@pytest.mark.parametrize("seed", [0, pytest.param(5, marks=pytest.mark.slow)])
def test_stems_of_tracks_with_sends_sum_to_the_original(seed: int, tmp_path: Path) -> None:
    made = random_projects.make(tmp_path, seed, 24)
    with_sends(made.rpp)
    found = depths(made, restored("5.4", made, tmp_path / "lua"), {"rate1"})
    print(f"\nseed {seed}: {len(found)} items with sends, worst {max(found.values()):.1f} dB")
    assert {guid: depth for guid, depth in found.items() if not depth <= LIMITS["rate1"]} == {}


def test_the_projects_hold_what_is_to_be_proved(tmp_path: Path) -> None:
    count, features = 0, set()
    for seed in SEEDS:
        made = random_projects.make(tmp_path / str(seed), seed, PER_PROJECT)
        count += len(made.manifest["items"])
        for item in made.manifest["items"].values():
            features |= set(item["features"])
    assert count >= 500
    assert len(features) > 30


@pytest.mark.slow
def test_only_printed_stems_null_where_the_stretcher_hears_the_sound(tmp_path: Path) -> None:
    made = random_projects.make(tmp_path, 1, 24)
    linked = restored("5.4", made, tmp_path / "lua", "listens=true")
    loose = depths(made, linked, {"stretched"}, "signal-dependent")
    print(f"\nlinked: {len(loose)} stretched items, worst {max(loose.values()):.1f} dB")
    assert max(loose.values()) > -40
    printed = restored("5.4", made, tmp_path / "lua2", "listens=true", "print_stretch=true")
    exact = depths(made, printed, {"stretched"}, "signal-dependent")
    print(f"printed: worst {max(exact.values()):.1f} dB")
    assert max(exact.values()) < -60
