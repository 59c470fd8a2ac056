"""The client alone, as docs/python.md installs it: no torch, and the worker of another Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sounds
from house import run_cli
from installers.newcomer import ROOT

from voxmend.installation.bundle import find_uv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

USES = """
import importlib.util, sys, soundfile, voxmend
assert importlib.util.find_spec("torch") is None
print(voxmend.restore("song.wav").vocals)
samples = voxmend.restore(soundfile.read("song.wav")).vocals
print(samples.shape, samples.dtype)
print(voxmend.diagnose("song.wav")["phase"].size)
"""


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A Python of its own with the client."""
    uv, made = find_uv(), tmp_path / "client"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, made], check=True)
    subprocess.run(
        [uv, "pip", "install", "-q", "."], cwd=ROOT, check=True,
        env={**os.environ, "VIRTUAL_ENV": str(made)},
    )  # fmt: skip
    return made / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def test_the_client_alone_is_enough_where_a_worker_is_on_the_path(
    client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VOXMEND_PROGRAM", str(tmp_path / "none"))
    sounds.write(tmp_path / "song.wav", sounds.tone(2.0))

    def uses(path: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [client, "-c", USES], cwd=tmp_path, env={**os.environ, "PATH": path}, text=True,
            capture_output=True, check=False,
        )  # fmt: skip

    alone = uses("/usr/bin:/bin")
    assert "There is no worker: this Python has voxmend without torch" in alone.stderr
    try:
        beside = uses(str(Path(sys.executable).parent))
        assert beside.returncode == 0, beside.stderr
    finally:
        run_cli("worker", "stop")
    path, samples, phase = beside.stdout.splitlines()
    assert Path(path) == tmp_path / "voxmend" / "song_quick" / "vocals.wav"
    assert samples == "(88200, 2) float32"
    assert phase in ("none", "some", "strong", "unknown")
