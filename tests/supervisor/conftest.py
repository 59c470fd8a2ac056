"""A worker that can fetch models from a depot of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from house import House
from models.depot import Depot
from pulling import Pulling


@pytest.fixture
def depot() -> Iterator[Depot]:
    """A server of files."""
    made = Depot()
    yield made
    made.close()


@pytest.fixture
def pulling(house: House, depot: Depot, monkeypatch: pytest.MonkeyPatch) -> Pulling:
    """A house that is not started yet; no proxy or mirror of this machine is in between."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("VOXMEND_MODEL_MIRROR", "VOXMEND_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return Pulling(house, depot)
