"""The supervisor answers at once because it loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys


def test_the_supervisor_loads_no_sound_library() -> None:
    code = "import sys, voxmend.supervisor.run; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "zmq" in loaded
    assert not loaded & {"torch", "numpy", "soundfile", "soxr", "typer", "rich"}
