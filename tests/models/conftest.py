"""A depot of one's own, and no proxy of the machine's in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from models.depot import Depot
from models.parcel import Parcel


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


@pytest.fixture
def parcel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parcel:
    """A package that can be installed, and is not yet."""
    made = Parcel(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return made
