"""A batch of ten thousand songs on a cluster holds little memory, whatever its records say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="VmHWM")]
SONGS = 10_000
MOST_MB = 300

RUN = """
import sys
from cluster import scripted
from voxmend.cluster import driver
driver.main = scripted.writes_much
from voxmend.cli.app import app
app(sys.argv[1:], standalone_mode=False)
for line in open("/proc/self/status"):
    if line.startswith("VmHWM"):
        print(int(line.split()[1]) // 1000, file=sys.stderr)
"""


def test_the_command_holds_less_than_300_mb_for_ten_thousand_songs(tmp_path: Path) -> None:
    songs = tmp_path / "songs"
    songs.mkdir()
    for n in range(SONGS):
        (songs / f"A song whose name is about as long as names are {n:05d}.wav").write_bytes(
            b"RIFF"
        )
    listed = tmp_path / "songs.txt"
    listed.write_text("".join(f"{songs / name}\n" for name in sorted(os.listdir(songs))))
    words = ["batch", str(listed), "--ray", "local", "--out", str(tmp_path / "out"), "--quiet"]
    words += ["--report", str(tmp_path / "songs.json"), "--json"]
    paths = os.pathsep.join(str(Path(__file__).parents[n]) for n in (1,))
    ran = subprocess.run(
        [sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=True,
        env={**os.environ, "VOXMEND_HOME": str(tmp_path / "home"), "PYTHONPATH": paths},
    )  # fmt: skip
    assert ran.stdout.count('"succeeded"') == SONGS
    held = int(ran.stderr.split()[-1])
    print(f"the command held {held} MB for {SONGS} songs")
    assert held < MOST_MB
