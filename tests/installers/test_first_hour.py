"""A musician's first hour, with nothing faked: install, doctor, songs, and all of it gone again."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
import sounds
from installers.newcomer import ROOT, Newcomer, tree

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3000),
    pytest.mark.skipif(sys.platform != "linux", reason="it compares the folders that Linux has"),
]
QUIET = ("--no-models", "--no-autostart", "--device", "cpu")


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    made = Newcomer(tmp_path / "home")
    made.home.mkdir()
    return made


def test_the_first_hour(newcomer: Newcomer) -> None:
    reaper = newcomer.home / ".config" / "REAPER"
    for name in ("Data", "Scripts"):  # as REAPER's first start leaves them
        (reaper / name).mkdir(parents=True)
    (reaper / "reaper.ini").write_text("[REAPER]\nlastproject=\n")
    (reaper / "reaper-kb.ini").write_text("KEY 1 82 1013 0 # Main : R\n")
    before = tree(newcomer.home)
    checkout = {path.name for path in ROOT.iterdir()}

    said = newcomer.install("--yes", *QUIET)
    assert "voxmend is installed." in said
    assert f"REAPER    set up in {reaper}" in said
    assert {path.name for path in ROOT.iterdir()} <= checkout | {"__pycache__"}

    doctor = newcomer.types("doctor", "--json")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    items = {item["id"]: item for item in json.loads(doctor.stdout)["items"]}
    assert {item["health"] for item in items.values()} <= {"ok", "warn"}, items
    assert items["reaper"]["health"] == "ok"
    assert all(item["fix"] for item in items.values() if item["health"] == "warn")
    assert newcomer.types("demo", "--out", "Music/demo").returncode == 0

    folder = newcomer.home / "Music" / "Mend"
    assert newcomer.types("watch", "add", folder, "--sub-folders").returncode == 0
    sounds.write(folder / "quick" / "song.wav", sounds.tone(2.0))
    watched = newcomer.types("watch", "run", "--once")
    assert watched.returncode == 0, watched.stderr
    stems = sorted(path.name for path in folder.rglob("Restored/**/*.wav"))
    assert stems == ["instrumental.wav", "vocals.wav", "vocals_raw.wav"]

    gone = newcomer.types("uninstall", "--yes")
    assert gone.returncode == 0, gone.stderr
    mine = {path for path in tree(newcomer.home) if path.split("/")[0] == "Music"}
    assert any(path.endswith("vocals.wav") for path in mine)
    after = {path: what for path, what in tree(newcomer.home).items() if path not in mine}
    assert after == before


def test_an_install_killed_at_ten_points_leaves_the_old_one_working(newcomer: Newcomer) -> None:
    began = time.monotonic()
    newcomer.install("--yes", "--no-reaper", *QUIET)
    whole_s = time.monotonic() - began
    kept = os.readlink(newcomer.program / "current")
    reached = []
    for point in range(10):
        process = newcomer.start("--yes", "--no-reaper", *QUIET)
        time.sleep(whole_s * (point + 0.5) / 10)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        assert process.stdout is not None
        said = process.communicate()[0]
        steps = [line for line in said.splitlines() if line.startswith("[")]
        reached.append(steps[-1] if steps else "before the first step")
        now = os.readlink(newcomer.program / "current")
        switched = any("switching" in line for line in steps)
        assert switched or now == kept, said
        kept = now
        works = newcomer.types("config", "show", "--json")
        assert works.returncode == 0, works.stderr
    assert len(set(reached)) >= 3, reached  # it was not one point ten times
    assert newcomer.types("demo", "--out", "demo").returncode == 0
    newcomer.types("worker", "stop")
    newcomer.install("--yes", "--no-reaper", *QUIET)
    versions = list((newcomer.program / "versions").iterdir())
    assert [path.name for path in versions] == [
        Path(os.readlink(newcomer.program / "current")).name
    ]
    assert newcomer.types("demo", "--out", "demo").returncode == 0
    assert newcomer.types("uninstall", "--yes").returncode == 0
    assert [path.name for path in newcomer.home.iterdir()] == ["demo"]
