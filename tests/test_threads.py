"""torch's threads sleep while they wait; the engine says so before torch is there to hear it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from voxmend import threads


def test_whoever_set_something_keeps_it() -> None:
    for name in threads.OWN:
        env = {name: "mine"}
        threads.wait_asleep(env)
        assert env == {name: "mine"}
    env = {}
    threads.wait_asleep(env)
    assert env == dict(threads.ASLEEP)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere torch has another OpenMP")
def test_torch_hears_it() -> None:
    said = _python("from voxmend import threads; threads.wait_asleep(); import torch")
    assert "GOMP_SPINCOUNT = '1000'" in said
    assert "GOMP_SPINCOUNT = '1000'" not in _python("import torch")


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


def _python(code: str) -> str:
    """What it says of OpenMP's settings."""
    env = {name: value for name, value in os.environ.items() if name not in threads.OWN}
    return subprocess.run(
        [sys.executable, "-c", code], env={**env, "OMP_DISPLAY_ENV": "VERBOSE"}, check=True,
        capture_output=True, text=True,
    ).stderr  # fmt: skip
