"""A laptop and a machine that works for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House
from remote.proxy import Proxy
from remote.studio import Studio


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A machine with the fake engine that listens, once the test starts it."""
    made = Studio(tmp_path / "studio")
    yield made
    made.close()


@pytest.fixture
def laptop(house: House, studio: Studio) -> House:
    """A laptop that is paired with it; neither is started."""
    studio.pair(house.root)
    return house


@pytest.fixture
def proxy(laptop: House, studio: Studio) -> Iterator[Proxy]:
    """The network in between."""
    made = Proxy(studio.port)
    studio.point(laptop.root, made.own)
    yield made
    made.close()
