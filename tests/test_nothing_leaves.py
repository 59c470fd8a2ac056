"""What voxmend builds on neither reports home nor leaves a number for this machine behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_onnxruntime_keeps_quiet(tmp_path: Path) -> None:
    quiet = ("ORT_DISABLE_TELEMETRY", "CI", "XDG_CACHE_HOME")  # each would hide what is sought
    env = {name: value for name, value in os.environ.items() if name not in quiet}
    script = "import os, voxmend.networks.onnx as o; o._options(False); print(os.environ['HOME'])"
    run = subprocess.run(
        [sys.executable, "-c", script], env={**env, "HOME": str(tmp_path)}, cwd=tmp_path,
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert run.stdout.strip() == str(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == []
