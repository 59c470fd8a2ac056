"""The REAPER action against a real worker with the quick preset: real Lua, a real bridge process,
real LuaSocket. Only REAPER itself is played."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rpp
import soundfile
import sounds
from house import House, run_cli
from rack import song
from reaper.lua_run import HERE, has_sockets, is_real, run
from reaper.test_projects_of_others import flat
from sampled import sampled

from voxmend.damage import NAMES, WORDS

TRACKS = """\
= Lead
  1.250+2.500 muted *song.wav
= Lead - Vocals
  1.250+2.500 *song.wav - Vocals | song.wav - vocals_raw
= Lead - Instrumental
  1.250+2.500 *song.wav - Instrumental"""
RATE = 44_100
LEAST_S = 0.2
"""Of a damaged stretch within an item, so that it is marked."""


@pytest.fixture(scope="module")
def resource(real_house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A REAPER resource folder that ``voxmend reaper install`` has filled."""
    folder = tmp_path_factory.mktemp("Zoë's REAPER") / "REAPER"
    folder.mkdir()
    (folder / "reaper.ini").write_text("[reaper]\n")
    ran = run_cli("reaper", "install", "--resource", folder)
    assert ran.returncode == 0, ran.stderr
    return folder


def need(version: str, transport: str) -> None:
    """Skip where this Lua, or its LuaSocket, is not installed."""
    if not is_real(version):
        pytest.skip(f"Lua {version} is not installed")
    if transport == "socket" and not has_sockets(version):
        pytest.skip(f"LuaSocket is not installed for Lua {version}")


@pytest.mark.parametrize(
    ("version", "transport"),
    sampled(
        [("5.3", "bridge"), ("5.3", "socket"), ("5.4", "bridge"), ("5.4", "socket")],
        [("5.3", "socket"), ("5.4", "bridge")],
    ),
)
def test_the_stems_come_in_aligned_and_one_undo_takes_them_back(
    version: str, transport: str, resource: Path, tmp_path: Path
) -> None:
    need(version, transport)
    source = tmp_path / "song.wav"
    soundfile.write(source, song(6.0, RATE).numpy().T, RATE, subtype="FLOAT")
    arguments = [str(resource), transport, "quick", str(source), "0.75", "2.5", str(tmp_path)]
    scenario = HERE / "scenarios" / "end_to_end.lua"
    ran = run(version, scenario, tmp_path / "lua", *arguments)
    found: dict[str, Any] = json.loads(ran.stdout.partition("RESULT ")[2] or "{}")
    assert found.get("fine"), (ran.stdout, ran.stderr)
    assert found["lua"] == f"Lua {version}"
    assert found["picture"] == TRACKS
    assert found["undo"] == "voxmend: restore 1 item (quick)"
    assert found["added"] == 1
    assert found["violations"] == 0, found
    before, undone = ((tmp_path / f"{name}.rpp").read_text() for name in ("before", "undone"))
    after, redone = ((tmp_path / f"{name}.rpp").read_text() for name in ("after", "redone"))
    assert undone == before
    assert redone == after
    assert after != before


OWN = """\
title = "{title}"
description = "One of my own."

[[block]]
name = "separate.spleeter"
speeds = 1

[[block]]
name = "denoise.gaps"
strength = {strength}
caution = 15.0
"""


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["bridge", "socket"])
@pytest.mark.parametrize("version", ["5.3", "5.4"])
def test_presets_are_tried_one_is_kept_and_all_is_removed_again(
    version: str, transport: str, real_house: House, resource: Path, tmp_path: Path
) -> None:
    need(version, transport)
    titles = ["Mine one", "Mine two", "Mine three"]
    presets = real_house.root / "config" / "presets"
    presets.mkdir(parents=True, exist_ok=True)
    for number, title in enumerate(titles, 1):
        (presets / f"mine{number}.toml").write_text(OWN.format(title=title, strength=number / 4))
    source = tmp_path / "song.wav"
    soundfile.write(source, song(6.0, RATE).numpy().T, RATE, subtype="FLOAT")
    arguments = [str(resource), transport, str(source), str(tmp_path), *titles]
    ran = run(version, HERE / "scenarios" / "try_and_keep.lua", tmp_path / "lua", *arguments)
    found: dict[str, Any] = json.loads(ran.stdout.partition("RESULT ")[2] or "{}")
    steps = found.get("steps", {})
    assert not found.get("said"), (ran.stdout, ran.stderr)
    assert found["violations"] == 0, found
    assert found["lua"] == f"Lua {version}"
    undo = {name: (step["undo"], step["added"]) for name, step in steps.items()}
    assert undo == {
        "area": ("voxmend: restore 1 part (quick)", 1),
        "tried": ("voxmend: try 4 presets", 1),
        "kept": ("voxmend: restore 1 item (mine1)", 2),
        "removed": ("voxmend: remove 4 stems", 1),
    }
    assert "  3.000+1.000 song.wav | *song.wav - Vocals (quick)" in steps["tried"]["picture"]
    for number in (1, 2, 3):
        assert f"song.wav - Vocals (mine{number})" in steps["tried"]["picture"]
    assert "Trial" not in steps["kept"]["picture"]
    assert "  3.000+1.000 *song.wav - Vocals" in steps["kept"]["picture"]
    assert steps["removed"]["picture"] == (
        "= Lead\n  1.000+1.000 *song.wav\n  2.000+1.000 *song.wav\n  3.000+1.000 *song.wav"
    )
    saved = {name: (tmp_path / f"{name}.rpp").read_text() for name in ("full", "removed")}
    assert (tmp_path / "undone.rpp").read_text() == saved["full"]
    assert (tmp_path / "redone.rpp").read_text() == saved["removed"]


@pytest.mark.slow
@pytest.mark.parametrize(("version", "transport"), [("5.3", "socket"), ("5.4", "bridge")])
def test_the_findings_of_a_real_worker_become_markers_and_the_report_opens(
    version: str, transport: str, resource: Path, tmp_path: Path
) -> None:
    need(version, transport)
    voice, backing = sounds.song(8.0)
    source = sounds.write(tmp_path / "voice.wav", (voice + 0.3 * backing).astype(np.float32))
    opener, seen = tmp_path / "bin" / "xdg-open", tmp_path / "opened"
    opener.parent.mkdir()
    opener.write_text(f"#!/bin/sh\nprintf '%s' \"$1\" > '{seen}'\n")
    opener.chmod(0o755)
    offset, length = 0.5, 6.0
    arguments = [str(resource), transport, str(source), str(offset), str(length), str(tmp_path)]
    scenario = HERE / "scenarios" / "diagnose.lua"
    path = f"{opener.parent}:{os.environ['PATH']}"
    ran = run(version, scenario, tmp_path / "lua", *arguments, PATH=path)
    found: dict[str, Any] = json.loads(ran.stdout.partition("RESULT ")[2] or "{}")
    assert found.get("fine"), (ran.stdout, ran.stderr)
    told = json.loads(run_cli("diagnose", source, "--json").stdout)["found"]
    expected = sorted(
        (max(region["start_s"], offset), f"{WORDS[kind]}, {region['size']}")
        for kind in NAMES
        for region in told[kind]["regions"]
        if min(region["end_s"], offset + length) - max(region["start_s"], offset) >= LEAST_S
    )
    assert expected, "the voice is not damaged enough to prove anything"
    assert [(round(m["at"], 6), m["name"]) for m in found["markers"]] == expected
    assert found["undo"] == "voxmend: diagnose 1 item"
    assert (found["added"], found["violations"]) == (1, 0)
    before, after, undone = (
        rpp.loads((tmp_path / f"{name}.rpp").read_text())
        for name in ("before", "after", "undone")
    )  # fmt: skip
    assert flat(undone) == flat(before)
    lines = [line for line in after.find("TRACK").find("ITEM").children if line[0] == "TKM"]
    assert [(float(at), name) for _, at, name, _ in lines] == expected
    assert found["reported"], found["panel"]
    page = Path(seen.read_text())
    assert page.name == "report.html"
    assert page.read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.slow
@pytest.mark.parametrize(("version", "transport"), [("5.3", "socket"), ("5.4", "bridge")])
def test_a_worker_is_started_and_one_that_is_killed_in_the_middle_loses_nothing(
    version: str, transport: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(version, transport)
    home, resource = tmp_path / "home", tmp_path / "REAPER"
    monkeypatch.setenv("VOXMEND_HOME", str(home))
    resource.mkdir()
    (resource / "reaper.ini").write_text("[reaper]\n")
    assert run_cli("reaper", "install", "--resource", resource).returncode == 0
    source = tmp_path / "song.wav"
    soundfile.write(source, song(20.0, RATE).numpy().T, RATE, subtype="FLOAT")
    scenario = HERE / "scenarios" / "killed_worker.lua"
    try:
        ran = run(
            version, scenario, tmp_path / "lua", str(resource), transport, str(source), str(home)
        )
    finally:
        run_cli("worker", "stop")
    found: dict[str, Any] = json.loads(ran.stdout.partition("RESULT ")[2] or "{}")
    assert found.get("working"), (ran.stdout, ran.stderr)
    assert not found["before"], "the job was over before the kill"
    assert found["fine"], found["said"]
    assert found["second"] not in (None, found["first"])
    assert found["picture"].count("Instrumental") == 2, found["picture"]
