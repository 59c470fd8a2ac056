"""One user's REAPER for each test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reaper_install.reaper_folder import Machine
from typer.testing import CliRunner

from voxmend.cli import reaper as command
from voxmend.reaper import running, scripts


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with REAPER closed and voxmend not yet in it."""
    return Machine(tmp_path)


@pytest.fixture
def typed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Type a command on the machine; what came of it."""
    monkeypatch.setenv("VOXMEND_HOME", str(machine.root / "home"))
    monkeypatch.setenv("HOME", str(machine.root))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(scripts, "source", lambda: machine.source)
    monkeypatch.setattr(running, "look", lambda: machine.seen[0])
    runner = CliRunner()
    return lambda *words: runner.invoke(command.app, [*words, "--resource", str(machine.folder)])
