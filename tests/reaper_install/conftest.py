"""One user's REAPER for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from reaper_install.reaper_folder import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with REAPER closed and voxmend not yet in it."""
    return Machine(tmp_path)
