"""The REAPER action where another machine does the work: real Lua, a real bridge, two real workers
over the network. Only REAPER itself is played."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from house import REAL_WORKER, House, run_cli
from rack import song
from reaper.lua_run import HERE, run
from reaper.test_end_to_end import RATE, TRACKS, need
from remote.asking import begun
from remote.studio import Studio


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A laptop whose setting names another machine, which is there."""
    studio = Studio(tmp_path / "studio", REAL_WORKER)
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    laptop = House(tmp_path / "home", REAL_WORKER)
    (laptop.root / "config" / "voxmend.toml").write_text('[worker]\ndevice = "studio-box"\n')
    studio.pair(laptop.root)
    studio.start()
    laptop.start()
    yield laptop
    laptop.close()
    studio.close()


def test_an_item_is_restored_by_another_machine(far: House, tmp_path: Path) -> None:
    need("5.4", "bridge")
    resource = tmp_path / "REAPER"
    resource.mkdir()
    (resource / "reaper.ini").write_text("[reaper]\n")
    ran = run_cli("reaper", "install", "--resource", resource)
    assert ran.returncode == 0, ran.stderr
    source = tmp_path / "song.wav"
    soundfile.write(source, song(6.0, RATE).numpy().T, RATE, subtype="FLOAT")
    arguments = [str(resource), "bridge", "quick", str(source), "0.75", "2.5", str(tmp_path)]
    scenario = HERE / "scenarios" / "end_to_end.lua"
    lua = run("5.4", scenario, tmp_path / "lua", *arguments)
    found: dict[str, Any] = json.loads(lua.stdout.partition("RESULT ")[2] or "{}")
    assert found.get("fine"), (lua.stdout, lua.stderr, far.log())
    assert found["picture"] == TRACKS
    assert found["violations"] == 0, found
    (made,) = tmp_path.glob("**/job.json")
    told = json.loads(made.read_text())
    assert told["remote"]["name"] == "studio-box"
    assert begun(far) == [0]
