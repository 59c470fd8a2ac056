"""A depot of one's own, and no proxy of the machine's in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from models.depot import Depot


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("VOXMEND_MODEL_MIRROR", "VOXMEND_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def depot() -> Iterator[Depot]:
    made = Depot()
    yield made
    made.close()
