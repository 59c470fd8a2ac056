"""torch's threads sleep while they wait, and the engine says so before torch is there to hear it. A
process that is told to keep what it frees does so, and one that cannot be told goes on."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from voxmend import manners


def test_whoever_set_something_keeps_it() -> None:
    for name in manners.OWN:
        env = {name: "mine"}
        manners.wait_asleep(env)
        assert env == {name: "mine"}
    env = {}
    manners.wait_asleep(env)
    assert env == dict(manners.ASLEEP)


ITS_OPENMP = """
import ctypes, importlib.util
from pathlib import Path
(file,) = Path(importlib.util.find_spec("torch").origin).parent.glob("lib/libgomp*")
ctypes.CDLL(str(file))
"""
"""torch's own, without torch."""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere torch has another OpenMP")
def test_torch_hears_it() -> None:
    said = _python("from voxmend import manners; manners.wait_asleep(); import torch")
    assert "GOMP_SPINCOUNT = '1000'" in said
    untold = _python(ITS_OPENMP)
    assert "GOMP_SPINCOUNT = '" in untold
    assert "GOMP_SPINCOUNT = '1000'" not in untold


ENGINE = """
import os, sys
from unittest.mock import Mock
from voxmend.engine import loop
def begun(*_):
    assert os.environ["GOMP_SPINCOUNT"] == "1000" and "torch" not in sys.modules
    sys.exit(0)
loop.open_log = begun
loop.main(Mock(), Mock())
"""


def test_the_engine_says_so_before_it_loads_torch() -> None:
    _python(ENGINE)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_glibc_understands() -> None:
    assert manners.keep_memory()


def test_another_system_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert not manners.keep_memory()


def test_a_library_without_it_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    assert not manners.keep_memory()


def _python(code: str) -> str:
    """What it says of OpenMP's settings."""
    env = {name: value for name, value in os.environ.items() if name not in manners.OWN}
    return subprocess.run(
        [sys.executable, "-c", code], env={**env, "OMP_DISPLAY_ENV": "VERBOSE"}, check=True,
        capture_output=True, text=True,
    ).stderr  # fmt: skip


@pytest.mark.parametrize(
    ("threads", "engines", "env", "share"),
    [
        (0, 1, {}, 0), (3, 1, {}, 3), (4, 2, {}, 2), (5, 2, {}, 2), (1, 2, {}, 1),
        (0, 2, {"OMP_NUM_THREADS": "8"}, 4), (6, 2, {"OMP_NUM_THREADS": "8"}, 3),
    ],
)  # fmt: skip
def test_several_engines_share_the_threads(
    threads: int, engines: int, env: dict[str, str], share: int
) -> None:
    assert manners.share(threads, engines, env) == share


def test_without_a_number_several_engines_share_the_cores() -> None:
    assert manners.share(0, 1000, {}) == 1
    assert manners.share(0, 2, {}) == max(1, len(os.sched_getaffinity(0)) // 2)
