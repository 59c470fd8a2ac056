"""A watched folder with a worker beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House
from watch.watcher import Watching


@pytest.fixture
def watching(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watching]:
    """A folder, and the fake engine's worker, started. Nobody is notified."""
    monkeypatch.setenv("VOXMEND_WATCH_NOTIFY", "false")
    house.start()
    made = Watching(tmp_path / "Mend", tmp_path)
    yield made
    made.close()
