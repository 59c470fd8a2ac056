"""The Python ReaScript, end to end: its own face of REAPER, a real worker, and the Lua action that
it hands over to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import soundfile
from house import House, run_cli
from rack import song
from reaper.face import Face
from reaper.lua_run import literal
from reaper.test_end_to_end import TRACKS

RATE = 44_100
NAME = "voxmend_Restore vocals of selected items (Python).py"


@pytest.fixture
def face(real_house: House, tmp_path: Path) -> Face:
    """A REAPER with one item of a song in a saved project, voxmend installed in it."""
    resource = tmp_path / "REAPER"
    resource.mkdir()
    (resource / "reaper.ini").write_text("[reaper]\n")
    ran = run_cli("reaper", "install", "--resource", resource)
    assert ran.returncode == 0, ran.stderr
    source = tmp_path / "song.wav"
    soundfile.write(source, song(6.0, RATE).numpy().T, RATE, subtype="FLOAT")
    made = Face(tmp_path / "lua")
    made.lua.execute(f"""
        Stage = dofile(HERE .. 'stage.lua')
        stage = Stage.new {{ real = {literal(str(resource))}, settings = {{ preset = 'quick' }} }}
        track = stage.track 'Lead'
        item = stage.item(track, {literal(str(source))}, {{ position = 1.25, length = 2.5,
          take = {{ D_STARTOFFS = 0.75 }} }})
        stage.fake:save(0, TMP .. 'song.rpp')
        steps = #stage.fake.undo_list
    """)
    made.space["script"] = resource / "Scripts" / "voxmend" / "Vocals" / NAME
    return made


def follow(face: Face, ticks: int = 4500) -> None:
    """Tick both faces until the stems are in, or so often that they never will be: a tick takes a
    thirtieth of a second, and longer where the machine is slow."""
    for _ in range(ticks):
        if face.lua.eval("Stage.imported()"):
            return
        face.tick()
        face.lua.execute("stage:tick(1)")


def said(face: Face) -> str:
    text: Any = face.lua.eval("stage:screen_text()")
    return str(text)


def test_the_python_script_restores_in_one_undo_step(face: Face) -> None:
    face.run(face.space["script"])
    follow(face)
    assert face.lua.eval("Stage.picture()") == TRACKS, said(face)
    assert face.lua.eval("Stage.undo_text()") == "voxmend: restore 1 item (quick)"
    assert face.lua.eval("#stage.fake.undo_list - steps") == 1
    face.lua.execute("stage.fake:undo()")
    assert face.lua.eval("reaper.CountTracks(0)") == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("reaper.SetMediaItemTakeInfo_Value(take, 'D_PITCH', 2)", "stretched or pitched"),
        ("table.insert(made.raw, 'SPECTRAL_EDIT 0.8 0.4 0 0 0 0 22050 0')", "spectral or sample"),
        ("table.insert(made.source.raw, 'SAMPLEEDITS 1')", "spectral or sample"),
        (
            "reaper.SetMediaItemInfo_Value(item, 'B_ALLTAKESPLAY', 1);"
            "reaper.AddTakeToMediaItem(item)",
            "plays all its takes at once",
        ),
        (
            "reaper.SetMediaTrackInfo_Value(track, 'I_FREEMODE', 2);"
            "reaper.SetMediaTrackInfo_Value(track, 'C_LANEPLAYS:1', 1)",
            "on a lane that does not play",
        ),
    ],
)
def test_what_it_does_not_take_is_refused_by_name(face: Face, change: str, words: str) -> None:
    face.lua.execute(
        "local take = reaper.GetActiveTake(item);"
        "local made = stage.fake.handles.by_handle[take];"
        f"reaper.Undo_BeginBlock2(0); {change}; reaper.Undo_EndBlock2(0, 'user', -1)"
    )
    face.run(face.space["script"])
    assert "song.wav" in said(face)
    assert words in said(face)
    assert not face.deferred


def test_the_settings_of_the_folder_and_the_device_hold_here_too(face: Face) -> None:
    face.lua.execute("stage:settings { preset = 'quick', folder = true, device = 'cpu' }")
    face.run(face.space["script"])
    follow(face)
    assert face.lua.eval("Stage.picture()") == TRACKS, said(face)
    assert face.lua.eval("reaper.GetMediaTrackInfo_Value(track, 'I_FOLDERDEPTH')") == 1
    (done,) = Path(face.lua.eval("stage.data")).glob("tickets/done/*.json")
    assert json.loads(done.read_bytes())["device"] == "cpu"


def test_without_a_word_from_reaper_it_finds_its_folder_on_the_path(face: Face) -> None:
    face.run(face.space["script"], context=False)
    follow(face)
    assert face.lua.eval("Stage.picture()") == TRACKS, said(face)
