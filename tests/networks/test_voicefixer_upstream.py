"""Upstream's classes come without what importing upstream does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import PATIENCE_S

from voxmend.networks.voicefixer.upstream import Room

BUILT = """
import json, os, socket, sys, warnings
warnings.simplefilter("error", SyntaxWarning)
warnings.simplefilter("error", FutureWarning)
import torch
from voxmend.networks.voicefixer import analysis, vocoder
from voxmend.networks.voicefixer.upstream import Room
def refuse(*_): raise AssertionError("the network was asked")
socket.socket.connect = refuse
before, environment = set(sys.modules), dict(os.environ)
made = [analysis.build(Room()), vocoder.build(Room())]
print(json.dumps({
    "modules": sorted(set(sys.modules) - before),
    "changed": environment != dict(os.environ),
    "weights": [sum(w.numel() for w in half.parameters()) for half in made],
    "training": [half.training for half in made],
}))
"""


def test_nothing_is_fetched_written_set_or_left_behind(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", BUILT], env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True, text=True, check=True, timeout=PATIENCE_S,
    ).stdout  # fmt: skip
    found = json.loads(said)
    loaded = {name.partition(".")[0] for name in found["modules"]}
    assert not loaded & {"voicefixer", "librosa", "matplotlib", "torchlibrosa", "scipy"}
    assert not found["changed"]
    assert [round(count / 1e6) for count in found["weights"]] == [70, 34]
    assert found["training"] == [False, False]
    assert list(tmp_path.iterdir()) == []


def test_two_rooms_share_no_settings() -> None:
    one, other = (Room().module("vocoder.config").Config for _ in range(2))
    one.channels = 3
    assert other.channels != 3


def test_in_a_room_a_module_is_run_once() -> None:
    room = Room()
    assert room.module("vocoder.config") is room.module("vocoder.config")
    modules = room.module("vocoder.model.modules")
    assert modules.Config is room.module("vocoder.config").Config


def test_without_the_package_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from voxmend.networks.voicefixer import upstream
    from voxmend_protocol.errors import EnvironmentProblem

    monkeypatch.setattr(upstream, "PACKAGE", "no_such_package")
    with pytest.raises(EnvironmentProblem, match=r"not installed\. See: voxmend doctor"):
        Room()
